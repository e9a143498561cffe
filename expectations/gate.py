"""The gate between reading and committing: rejects unusable rows, records findings, stops on a broken check.

Grain of every count: one document (a row of a staged part). Two independent evaluations of the same
predicates must agree on the number of rows of every rule: Great Expectations inside the database, and the
queries that write rejected.parquet and findings.parquet. Where they differ, or where a check raises or
gives no count, the check broke: that is never reported as bad data.
"""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from expectations import evaluate
from expectations.clauses import Clause
from expectations.outcome import BROKEN, CheckBroke, GateReport, Record
from expectations.predicates import clauses
from expectations.relations import Relation, relations
from expectations.rules import CRITICAL, RULE_SET_VERSION, Severity
from expectations.stage import Staged, context, stage
from sources.staging import load_outcomes

__all__ = ["CheckBroke", "GateReport", "Record", "check"]


#: Great Expectations keeps the context in use for the whole process: threads take turns.
_one_at_a_time = threading.Lock()


def check(
    con: duckdb.DuckDBPyConnection,
    run_dir: Path,
    zone_offices: Iterable[str] = (),
    *,
    zone: str | None = None,
) -> GateReport:
    """Check the staged parts of a run.

    Reads `outcomes.json` and the parts in `run_dir`; writes `rejected.parquet` (kind, file_hash, row_no,
    rules), `findings.parquet` and `validations.json` there. `con` may have the lake attached as `wh`;
    then orders, payments and lists are also compared with the stored ones. Views are made in the schema
    `stage` of the connection's own database.

    Raises CheckBroke (with the report) if any check broke; the three files are written all the same.
    """
    staged = stage(con, run_dir, load_outcomes(run_dir / "outcomes.json"))
    checks = Checks(con, staged)
    checks.reject(frozenset(zone_offices), run_dir / "rejected.parquet")
    checks.relate(zone)
    checks.validate()
    checks.find(run_dir / "findings.parquet")
    report = checks.report()
    write_validations(report, run_dir / "validations.json")
    if report.broken:
        raise CheckBroke(report)
    return report


def preload() -> None:
    """Import Great Expectations (seconds), for a caller that can do so while something else runs."""
    importlib.import_module("expectations.checkpoint")


class Checks:
    """The steps of one check; what a step cannot carry out becomes a broken record."""

    #: SELECTs of findings that stand besides those of the rules asked (see expectations.again).
    more: Sequence[str] = ()

    def __init__(self, con: duckdb.DuckDBPyConnection, staged: dict[str, Staged]) -> None:
        self.con = con
        self.staged = staged
        self.rules: dict[str, list[Clause]] = {kind: [] for kind in staged}
        self.across: dict[str, list[Relation]] = {kind: [] for kind in staged}
        self.records: list[Record] = []
        self.found: dict[tuple[str, str], int] = {}
        self.rejected: dict[tuple[str, str], int] = {}

    @contextmanager
    def _noting(self, kind: str, what: str, *errors: type[Exception]) -> Iterator[None]:
        try:
            yield
        except errors as error:
            self._broke(kind, what, str(error).split("LINE ")[0].strip())

    def _broke(self, kind: str, what: str, reason: str) -> None:
        """Note a check that broke outside of any one expectation."""
        self.records.append(Record(kind, "", Severity.CRITICAL, None, what, BROKEN, reason, None, None, None))

    def reject(self, offices: frozenset[str], path: Path) -> None:
        """Evaluate the critical predicates and write rejected.parquet."""
        evaluate.start_rejecting(self.con)
        for kind, each in self.staged.items():
            self.rules[kind] = clauses(each.contract, context(self.con, each, offices))
            for rule in evaluate.unknown_rules(self.con, each):
                reason = f"the reader names rule {rule!r}, which expectations/rules.py does not have"
                self._broke(kind, "findings of the reader", reason)
            with self._noting(kind, "quarantine query", duckdb.Error):
                evaluate.reject(self.con, each, self.rules[kind])
        evaluate.write_rejected(self.con, path)
        self.rejected = evaluate.rejected_by_rule(self.con)

    def relate(self, zone: str | None) -> None:
        """Make the views of current versions and the queries across rows."""
        with self._noting("", "comparison of documents", duckdb.Error):
            self.across = relations(self.con, self.staged, zone)

    def validate(self) -> None:
        """Run Great Expectations over every kind."""
        if not self.staged:
            return
        # Whatever Great Expectations raises, import included, is a check that could not be carried out.
        with self._noting("", "Great Expectations", Exception), _one_at_a_time:
            preload()
            from expectations.checkpoint import Checkpoint, expectations_of

            checkpoint = Checkpoint(self.con)
            for kind, each in self.staged.items():
                suite = expectations_of(each, self.rules[kind], self.across[kind])
                self.records += checkpoint.run(each, suite)

    def find(self, path: Path) -> None:
        """Write findings.parquet and compare its counts, and the quarantine's, with Great Expectations'."""
        selects = list(self.more)
        for kind, each in self.staged.items():
            wanted = {record.rule for record in self.records if record.kind == kind and record.failed}
            wanted |= {rule for place, rule in self.rejected if place == kind}
            selects += evaluate.findings_of(each, self.rules[kind], self.across[kind], wanted)
        try:
            evaluate.write_findings(self.con, selects, path)
        except duckdb.Error as error:
            self._broke("", "findings query", str(error))
            evaluate.write_findings(self.con, [], path)
        self.found, by_field = evaluate.found_by_rule(self.con, path)
        self.records = [_compared(each, self.rejected, self.found, by_field) for each in self.records]
        keys = evaluate.samples(self.con, path) if self.found else {}
        self.records = [
            replace(each, sample=tuple(keys.get((each.kind, each.rule), ()))) if each.failed else each
            for each in self.records
        ]

    def report(self) -> GateReport:
        """What came of it all."""
        return GateReport(
            rule_set=RULE_SET_VERSION,
            rows={kind: each.rows for kind, each in self.staged.items()},
            rejected=evaluate.rejected_rows(self.con, self.staged),
            found=self.found,
            records=tuple(self.records),
            broken=tuple(each.sentence for each in self.records if each.outcome == BROKEN),
        )


def _compared(
    record: Record,
    rejected: dict[tuple[str, str], int],
    by_rule: dict[tuple[str, str], int],
    by_field: dict[tuple[str, str, str], int],
) -> Record:
    """The record, broken if the other evaluation counts other rows."""
    if record.outcome == BROKEN:
        return record
    place = (record.kind, record.rule)
    if record.field is None:
        others = {"findings": by_rule.get(place, 0)}
        if record.rule in CRITICAL:
            others["quarantine"] = rejected.get(place, 0)
    else:
        others = {"findings": by_field.get((*place, record.field), 0)}
    reasons = [
        f"Great Expectations counts {record.failed} rows, the {name} query {count}"
        for name, count in others.items()
        if count != record.failed
    ]
    if not reasons:
        return record
    return replace(record, outcome=BROKEN, broken_reason="; ".join(reasons), failed=None)


def write_validations(report: GateReport, path: Path) -> None:
    """Write validations.json: a record an expectation, as ledger.validations takes them."""
    records = [{**each.as_dict(), "rule_set": report.rule_set} for each in report.records]
    path.write_text(json.dumps(records, ensure_ascii=False, indent=1), encoding="utf-8")
