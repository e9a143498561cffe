"""Great Expectations suites, built from the contracts and the rules. Importing this module takes seconds.

Three kinds of expectation, each counting rows, the latter two by a predicate of `predicates.py` or `relations.py`:

- `ExpectKeyNotNull` on each key field, the stock `ExpectColumnValuesToNotBeNull` short of its query for the
  failing values, which of a null are nulls;
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
from great_expectations.core.id_dict import IDDict
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.core.expect_column_values_to_not_be_null import (
    ExpectColumnValuesToNotBeNull,
)
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import parse_result_format
from great_expectations.expectations.metrics.metric_provider import metric_partial
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.expectations.registry import get_metric_kwargs
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

_ROWS = "table.row_count"
_METRIC = "tongguan.rows_where"
_NULLS = "column_values.nonnull.unexpected_count"
_FOUND = "unexpected_rows_query.row_count"


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


class _Counting(BatchExpectation):
    """An expectation whose configuration is built once, and which asks for its counts and nothing else.

    Great Expectations asks for the configuration some forty times a check and builds it anew from the model
    each time, and makes the whole expectation anew for every metric it asks for: 4 s of a day's 6 s where the
    data are few. Callers get a copy of the configuration, so that none sees another's changes.
    """

    #: Metrics to ask for; each is told what the expectation was given under the metric's own names.
    counted: ClassVar[tuple[str, ...]]
    _built: Any = PrivateAttr(default=None)

    @property
    def configuration(self) -> Any:
        """A copy of the one configuration."""
        copied = copy(self._once)
        copied._kwargs = dict(self._once.kwargs)
        return copied

    @property
    def _once(self) -> Any:
        if self._built is None:
            self._built = super().configuration
        return self._built

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None, **kwargs: Any
    ) -> Any:
        """The metrics to compute, and the format of the result."""
        given = self._once.kwargs
        wanted = ValidationDependencies(
            metric_configurations={},
            result_format=parse_result_format(runtime_configuration["result_format"]),
        )
        for name in self.counted:
            keys = get_metric_kwargs(name)
            configuration = MetricConfiguration(
                metric_name=name,
                metric_domain_kwargs=IDDict({key: given.get(key) for key in keys["metric_domain_keys"]}),
                metric_value_kwargs=IDDict({key: given.get(key) for key in keys["metric_value_keys"]}),
            )
            wanted.set_metric_configuration(name, configuration)
        return wanted


class ExpectKeyNotNull(_Counting, ExpectColumnValuesToNotBeNull):
    """No row of the batch lacks this column."""

    counted: ClassVar[tuple[str, ...]] = (_ROWS, _NULLS)

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        return _outcome(metrics, _NULLS)


class ExpectNoRowsWhere(_Counting):
    """No row of the batch satisfies `predicate`."""

    predicate: str

    metric_dependencies: ClassVar[tuple[str, ...]] = (_ROWS, _METRIC)
    success_keys: ClassVar[tuple[str, ...]] = ("predicate",)
    args_keys: ClassVar[tuple[str, ...]] = ("predicate",)
    counted: ClassVar[tuple[str, ...]] = (_ROWS, _METRIC)

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        return _outcome(metrics, _METRIC)


class ExpectNoRowsFrom(_Counting, UnexpectedRowsExpectation):
    """The query for failing rows finds none; only their number is fetched."""

    metric_dependencies: ClassVar[tuple[str, ...]] = (_ROWS, _FOUND)
    counted: ClassVar[tuple[str, ...]] = (_ROWS, _FOUND)

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        outcome = _outcome(metrics, _FOUND)
        outcome["result"]["observed_value"] = metrics[_FOUND]
        return outcome


def _outcome(metrics: dict[str, Any], name: str) -> dict[str, Any]:
    """Success where nothing was counted, with both counts."""
    found = metrics[name]
    return {
        "success": not found,
        "result": {"element_count": metrics[_ROWS], "unexpected_count": found},
    }
