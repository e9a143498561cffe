"""The gate between reading and committing: rejects unusable rows, records findings, stops on a broken check.

Grain of every count: one document (a row of a staged part). Two independent evaluations of the same
predicates must agree on the number of rows of every rule: Great Expectations inside the database, and the
queries that write rejected.parquet and findings.parquet. Where they differ, or where a check raises or
gives no count, the check broke: that is never reported as bad data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from expectations import evaluate
from expectations.clauses import Clause
from expectations.outcome import BROKEN, CheckBroke, GateReport, Record
from expectations.predicates import clauses
from expectations.relations import Relation, relations
from expectations.rules import CRITICAL, RULE_SET_VERSION
from expectations.stage import Staged, context, stage, table
from sources.staging import load_outcomes

__all__ = ["CheckBroke", "GateReport", "Record", "check"]


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
    offices = frozenset(zone_offices)
    staged = stage(con, run_dir, load_outcomes(run_dir / "outcomes.json"))
    broken: list[str] = []
    rules: dict[str, list[Clause]] = {}
    evaluate.start_rejecting(con)
    for kind, each in staged.items():
        rules[kind] = clauses(each.contract, context(con, each, offices))
        broken += [
            f"{kind}: the reader names rule {rule!r}, which expectations/rules.py does not have"
            for rule in evaluate.unknown_rules(con, each)
        ]
        evaluate.reject(con, each, rules[kind])
    evaluate.write_rejected(con, run_dir / "rejected.parquet")

    across = relations(con, staged, zone)
    records = _validate(con, staged, rules, across)
    broken += [
        f"{each.kind} {each.rule}{f' {each.field}' if each.field else ''}: {each.broken_reason}"
        for each in records
        if each.outcome == BROKEN
    ]
    rejected = evaluate.rejected_by_rule(con)
    selects = []
    for kind, each in staged.items():
        wanted = {r.rule for r in records if r.kind == kind and r.failed}
        wanted |= set(evaluate.as_counts(rejected, kind))
        selects += evaluate.findings_of(each, rules[kind], across[kind], wanted)
    findings = run_dir / "findings.parquet"
    evaluate.write_findings(con, selects, findings)

    by_rule, by_field = evaluate.found_by_rule(con, findings)
    broken += _differences(records, rejected, by_rule, by_field)
    report = GateReport(
        rule_set=RULE_SET_VERSION,
        rows={kind: each.rows for kind, each in staged.items()},
        rejected=_rejected(con, staged),
        found=by_rule,
        records=tuple(records),
        broken=tuple(broken),
    )
    _write_validations(report, run_dir / "validations.json")
    if broken:
        raise CheckBroke(report)
    return report


def _validate(
    con: duckdb.DuckDBPyConnection,
    staged: dict[str, Staged],
    rules: dict[str, list[Clause]],
    across: dict[str, list[Relation]],
) -> list[Record]:
    if not staged:
        return []
    from expectations.checkpoint import Checkpoint, expectations_of  # Great Expectations: seconds to import

    checkpoint = Checkpoint(con)
    records: list[Record] = []
    for kind, each in staged.items():
        records += checkpoint.run(each, expectations_of(each, rules[kind], across[kind]))
    return records


def _differences(
    records: Sequence[Record],
    rejected: dict[tuple[str, str], int],
    by_rule: dict[tuple[str, str], int],
    by_field: dict[tuple[str, str, str], int],
) -> list[str]:
    """Sentences for each rule that the two evaluations count differently."""
    found = []
    for each in records:
        if each.outcome == BROKEN:
            continue
        place = (each.kind, each.rule)
        if each.field is None:
            others = {"findings": by_rule.get(place, 0)}
            if each.rule in CRITICAL:
                others["quarantine"] = rejected.get(place, 0)
        else:
            others = {"findings": by_field.get((*place, each.field), 0)}
        found += [
            f"{each.kind} {each.rule}: Great Expectations counts {each.failed} rows, the {name} query {count}"
            for name, count in others.items()
            if count != each.failed
        ]
    return found


def _rejected(con: duckdb.DuckDBPyConnection, staged: Iterable[str]) -> dict[str, int]:
    rows = con.execute(f"select kind, count(*) from {table(con, 'rejected')} group by kind").fetchall()
    counts = {str(kind): int(count) for kind, count in rows}
    return {kind: counts.get(kind, 0) for kind in staged}


def _write_validations(report: GateReport, path: Path) -> None:
    records = [{**each.as_dict(), "rule_set": report.rule_set} for each in report.records]
    path.write_text(json.dumps(records, ensure_ascii=False, indent=1), encoding="utf-8")
