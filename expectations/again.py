"""The comparisons with stored documents once more, for a run that was checked before others were stored.

Rules over single rows say the same whenever they are asked. Those that compare a row with stored ones
(relations.RELATIONAL) do not: days that are checked side by side do not see each other yet. Before such a day
is committed only these are asked again, so that its findings are those of a day checked on its own.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from expectations import evaluate
from expectations.clauses import listed, literal
from expectations.gate import CheckBroke, Checks, GateReport, write_validations
from expectations.outcome import BROKEN, Record
from expectations.relations import RELATIONAL
from expectations.stage import stage, table
from sources.staging import load_outcomes


def compare_again(con: duckdb.DuckDBPyConnection, run_dir: Path, *, zone: str) -> GateReport:
    """Ask the comparisons of a checked run again; its findings.parquet and validations.json are brought up to date.

    `con` has the lake attached as `wh`. Raises CheckBroke as `gate.check` does; both files are written all
    the same.
    """
    staged = stage(con, run_dir, load_outcomes(run_dir / "outcomes.json"))
    # What the reader noticed is among the findings that stand.
    checks = _Again(con, {kind: replace(each, noticed=0) for kind, each in staged.items()})
    path, records = run_dir / "findings.parquet", run_dir / "validations.json"
    checks.take_up(run_dir / "rejected.parquet", path, json.loads(records.read_text(encoding="utf-8")))
    checks.relate(zone)
    checks.validate()
    checks.keep_relational()
    checks.find(path)
    report = checks.report()
    write_validations(report, records)
    if report.broken:
        raise CheckBroke(report)
    return report


class _Again(Checks):
    """Checks of the comparisons only; everything else stands as it was found."""

    def take_up(self, rejected: Path, findings: Path, records: list[dict[str, Any]]) -> None:
        """What the first check found: rejected rows, findings and records of the other rules."""
        evaluate.start_rejecting(self.con)
        self.con.execute(
            f"insert into {table(self.con, 'rejected')} from read_parquet({literal(str(rejected))})"
        )
        self.rejected = evaluate.rejected_by_rule(self.con)
        kept = table(self.con, "found_before")
        self.con.execute(
            f"create table {kept} as select * exclude (severity) from read_parquet({literal(str(findings))}) "
            f"where not list_contains({listed(RELATIONAL)}, rule)"
        )
        self.more = [f"select * from {kept}"]
        self.before = [
            Record(
                **{
                    **{name: each[name] for name in each if name != "rule_set"},
                    "sample": tuple(each["sample"]),
                }
            )
            for each in records
            if each["rule"] not in RELATIONAL
        ]

    def validate(self) -> None:
        """Run Great Expectations over the kinds that are compared."""
        whole = self.staged
        self.staged = {kind: each for kind, each in whole.items() if self.across[kind]}
        super().validate()
        self.staged = whole

    def keep_relational(self) -> None:
        """Drop what the suites say besides (key fields), which stands already; add the records that stand."""
        asked = [each for each in self.records if each.rule in RELATIONAL or each.outcome == BROKEN]
        self.records = [*self.before, *asked]
