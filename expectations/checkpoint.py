"""Runs the suites of a day. Importing this module imports Great Expectations (seconds): do it late."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from expectations.clauses import Clause, predicate, quoted
from expectations.duckdb_dialect import SharedConnection, install
from expectations.outcome import BROKEN, FAILED, PASSED, Record
from expectations.relations import Relation
from expectations.rules import RULES, Severity
from expectations.stage import SCHEMA, Staged, own_database

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations

from expectations.suites import ExpectKeyNotNull, ExpectNoRowsFrom, ExpectNoRowsWhere

_gx: Any = great_expectations  # its own annotations do not cover what is documented
_key_not_null: Any = ExpectKeyNotNull
_no_rows_where: Any = ExpectNoRowsWhere
_no_rows_from: Any = ExpectNoRowsFrom
for _chatty in ("great_expectations", "great_expectations.data_context.types.base"):
    logging.getLogger(_chatty).setLevel(logging.CRITICAL)

#: Great Expectations knows critical, warning and info.
_SEVERITIES = {Severity.CRITICAL: "critical", Severity.WARNING: "warning", Severity.INFO: "info"}


def expectations_of(staged: Staged, clauses: Sequence[Clause], relations: Iterable[Relation]) -> list[Any]:
    """The suite of one kind: key fields not null, one predicate a rule, one query a relation."""
    found: list[Any] = [
        _key_not_null(
            column=staged.contract[name].column, severity="critical", meta={"rule": "K1", "field": name}
        )
        for name in staged.contract.key
    ]
    for rule in dict.fromkeys(each.rule for each in clauses):
        found.append(
            _no_rows_where(
                predicate=predicate([each for each in clauses if each.rule == rule]),
                severity=_SEVERITIES[RULES[rule].severity],
                meta={"rule": rule, "field": None},
            )
        )
    for each in relations:
        found.append(
            _no_rows_from(
                unexpected_rows_query=f"{each.rows} /* {{batch}} */",
                severity=_SEVERITIES[RULES[each.rule].severity],
                meta={"rule": each.rule, "field": None},
            )
        )
    return found


class Checkpoint:
    """One ephemeral Great Expectations context over a cursor of the pipeline's connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        install()
        self._context = _gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = {"globally": False}
        # An ephemeral context is kept nowhere, yet it writes itself down as YAML at every asset: 1.5 s a day.
        self._context._save_project_config = lambda: None
        self._source = self._context.data_sources.add_sql(
            "stage",
            connection_string="duckdb://",
            kwargs={"creator": lambda: SharedConnection(_in_stage(con))},
        )

    def run(self, staged: Staged, expectations: Sequence[Any]) -> list[Record]:
        """Validate one kind; a record an expectation, in the suite's order."""
        kind = staged.contract.kind
        # A table asset: a query asset would run its query, and the shim fetch every row of it.
        asset = self._source.add_table_asset(kind, table_name=staged.contract.table)
        suite = _gx.ExpectationSuite(name=kind, expectations=list(expectations))
        batch = asset.get_batch(asset.build_batch_request())
        result = batch.validate(
            suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0}
        )
        by_identity = {_identity(each.expectation_config): each for each in result.results}
        return [
            _record(staged, each, by_identity.get(_identity(each.configuration)))
            for each in suite.expectations
        ]


def _in_stage(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A cursor whose own default schema is that of the staged views."""
    cursor = con.cursor()
    cursor.execute(f"use {quoted(own_database(con))}.{SCHEMA}")
    return cursor


def _identity(config: Any) -> tuple[str, str, str | None]:
    return (config.type, config.meta["rule"], config.meta["field"])


def _record(staged: Staged, expectation: Any, result: Any) -> Record:
    """What came of one expectation; anything short of a plain count of rows is a broken check."""
    config = expectation.configuration
    rule, field = config.meta["rule"], config.meta["field"]
    values = dict(result.result) if result is not None and result.result else {}
    count, elements = values.get("unexpected_count"), values.get("element_count")
    reason = None
    if result is None:
        reason = "Great Expectations gave no result for this expectation"
    elif raised := _raised(result.exception_info):
        reason = raised
    elif elements is None or (elements > 0 and count is None):
        reason = "Great Expectations gave no count"
    elif elements != staged.rows:
        reason = f"Great Expectations saw {elements} rows, {staged.rows} are staged"
    elif bool(result.success) != (not count):
        reason = f"success is {result.success} with {count} rows found"
    outcome = BROKEN if reason else FAILED if count else PASSED
    return Record(
        kind=staged.contract.kind,
        rule=rule,
        severity=RULES[rule].severity.value,
        field=field,
        expectation=config.type,
        outcome=outcome,
        broken_reason=reason,
        checked=elements,
        failed=None if reason else int(count or 0),
        observed_value=values.get("observed_value"),
    )


def _raised(info: Any) -> str | None:
    """The exception of a result: `exception_info` is flat, or keyed by metric where one was raised."""
    if not info:
        return None
    entries = [info] if "raised_exception" in info else list(info.values())
    for each in entries:
        if each.get("raised_exception"):
            message = str(each.get("exception_message") or "an exception without a message")
            return message.split("[SQL:")[0].strip()[:1000]  # the statement is long and stands in the suite
    return None
