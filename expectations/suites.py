"""Great Expectations suites, built from the contracts and the rules. Importing this module takes seconds.

Three kinds of expectation, each counting rows by a predicate of `predicates.py` or `relations.py`:

- `ExpectColumnValuesToNotBeNull` on each key field;
- `ExpectNoRowsWhere`, one a rule: its metric is an aggregate, so that Great Expectations bundles all
  rules of a kind into ONE statement and the staged rows are read once;
- `ExpectNoRowsFrom`, for rules that look at more than one row: a query for failing rows, of which only
  the count is fetched (the stock `UnexpectedRowsExpectation` would fetch the rows as well).
"""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.compatibility.pydantic import PrivateAttr
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

_METRIC = "tongguan.rows_where"


class RowsWhere(TableMetricProvider):
    """Number of rows for which a SQL predicate is true; 0 on an empty batch."""

    metric_name = _METRIC
    value_keys = ("predicate",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,  # noqa: N805 - Great Expectations calls the class
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        text = metric_value_kwargs["predicate"]
        return (
            sa.literal_column(f"count(*) filter (where {text})", sa.BigInteger()),
            metric_domain_kwargs,
            {},
        )


class _Unchanging(BatchExpectation):
    """An expectation whose configuration is built once.

    Great Expectations asks for it some forty times a check and builds it anew from the model each time:
    4 s of a day's 6 s where the data are few. Callers get a copy, so that none sees another's changes.
    """

    _built: Any = PrivateAttr(default=None)

    @property
    def configuration(self) -> Any:
        """A copy of the one configuration."""
        if self._built is None:
            self._built = super().configuration
        copied = copy(self._built)
        copied._kwargs = dict(self._built.kwargs)
        return copied


class ExpectNoRowsWhere(_Unchanging):
    """No row of the batch satisfies `predicate`."""

    predicate: str

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.row_count", _METRIC)
    success_keys: ClassVar[tuple[str, ...]] = ("predicate",)
    args_keys: ClassVar[tuple[str, ...]] = ("predicate",)

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        found = metrics[_METRIC]
        return {
            "success": found == 0,
            "result": {"element_count": metrics["table.row_count"], "unexpected_count": found},
        }


class ExpectNoRowsFrom(_Unchanging, UnexpectedRowsExpectation):
    """The query for failing rows finds none; only their number is fetched."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.row_count", "unexpected_rows_query.row_count")

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        found = metrics["unexpected_rows_query.row_count"]
        return {
            "success": found == 0,
            "result": {
                "element_count": metrics["table.row_count"],
                "unexpected_count": found,
                "observed_value": found,
            },
        }
