"""The predicates as plain SQL: which rows are rejected, and every finding with its field and detail."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import duckdb

from expectations.clauses import Clause, broken, detail, listed, literal, predicate
from expectations.relations import Relation
from expectations.rules import CRITICAL, RULES
from expectations.stage import Staged, key_of, table

REJECTED_COLUMNS = "kind VARCHAR, file_hash VARCHAR, row_no BIGINT, rules VARCHAR[]"
FINDING_COLUMNS = (
    "kind VARCHAR, rule VARCHAR, severity VARCHAR, file_hash VARCHAR, row_no BIGINT, line_no BIGINT, "
    "business_key VARCHAR, field VARCHAR, detail VARCHAR"
)
#: Rules of the reader: their fields and details stand in the column `findings`.
NOTICED = tuple(each.id for each in RULES.values() if each.source == "reader")


def reject(con: duckdb.DuckDBPyConnection, staged: Staged, clauses: Sequence[Clause]) -> None:
    """Add the kind's failing rows to `stage.rejected`, each once, with all critical rules it breaks."""
    critical = [rule for rule in CRITICAL if any(each.rule == rule for each in clauses)]
    tests = {rule: predicate([each for each in clauses if each.rule == rule]) for rule in critical}
    rules = ", ".join(f"case when {test} then {literal(rule)} end" for rule, test in tests.items())
    anything = " or ".join(f"({test})" for test in tests.values())
    con.execute(
        f"insert into {table(con, 'rejected')} select {literal(staged.contract.kind)}, file_hash, row_no, "
        f"list_filter([{rules}], lambda r: r is not null) from {staged.view} where {anything}"
    )


def start_rejecting(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty table of rejected rows."""
    con.execute(f"create table {table(con, 'rejected')} ({REJECTED_COLUMNS})")


def rejected_by_rule(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    """(kind, rule) -> rejected rows."""
    rows = con.execute(
        "select kind, rule, count(*) from "
        f"(select kind, unnest(rules) as rule from {table(con, 'rejected')}) group by all"
    ).fetchall()
    return {(kind, rule): int(count) for kind, rule, count in rows}


def rejected_rows(con: duckdb.DuckDBPyConnection, kinds: Iterable[str]) -> dict[str, int]:
    """Kind -> rejected rows, each counted once."""
    rows = con.execute(f"select kind, count(*) from {table(con, 'rejected')} group by kind").fetchall()
    return {**dict.fromkeys(kinds, 0), **{str(kind): int(count) for kind, count in rows}}


def write_rejected(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write rejected.parquet."""
    con.execute(
        f"copy (from {table(con, 'rejected')} order by kind, file_hash, row_no) to {literal(str(path))} "
        "(format parquet, compression zstd)"
    )


def findings_of(
    staged: Staged, clauses: Sequence[Clause], relations: Iterable[Relation], rules: Collection[str]
) -> list[str]:
    """SELECTs giving the kind's findings of the named rules, columns as FINDING_COLUMNS."""
    kind, key = literal(staged.contract.kind), key_of(staged.contract)
    place = f"file_hash, row_no, line_no, {key} as business_key"
    selects = []
    if staged.noticed:
        selects.append(
            f"select {kind} as kind, f.rule as rule, file_hash, row_no, line_no, business_key, "
            f"f.field as field, f.detail as detail from "
            f"(select {place}, unnest(findings) as f from {staged.view} where len(findings) > 0)"
        )
    wanted = [each for each in clauses if each.rule in rules and each.rule not in NOTICED]
    if wanted:
        hits = ", ".join(
            f"case when {broken(each)} then struct_pack(rule := {literal(each.rule)}, "
            f"field := {literal(each.field)}, detail := {detail(each)}) end"
            for each in wanted
        )
        selects.append(
            f"select {kind}, h.rule, file_hash, row_no, line_no, business_key, h.field, h.detail from "
            f"(select {place}, unnest(list_filter([{hits}], lambda h: h is not null)) as h "
            f"from {staged.view} where {predicate(wanted)})"
        )
    selects += [
        f"select {kind}, {literal(each.rule)}, file_hash, row_no, line_no, business_key, "
        f"found_field, found_detail from ({each.rows})"
        for each in relations
        if each.rule in rules
    ]
    return selects


def write_findings(con: duckdb.DuckDBPyConnection, selects: Sequence[str], path: Path) -> None:
    """Write findings.parquet: the selects together, severities added, in a stable order."""
    severity = " ".join(f"when {literal(each.id)} then {literal(each.severity)}" for each in RULES.values())
    empty = "select * from (select null::varchar as kind, null::varchar as rule, null::varchar as file_hash, "
    empty += "null::bigint as row_no, null::bigint as line_no, null::varchar as business_key, "
    empty += "null::varchar as field, null::varchar as detail) where false"
    union = " union all ".join([empty, *selects])
    con.execute(
        f"copy (select kind, rule, (case rule {severity} end)::varchar as severity, file_hash, row_no, "
        f"line_no, business_key, field, detail from ({union}) order by kind, file_hash, row_no, rule, field) "
        f"to {literal(str(path))} (format parquet, compression zstd)"
    )


def found_by_rule(
    con: duckdb.DuckDBPyConnection, path: Path
) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str, str], int]]:
    """Rows with findings: by (kind, rule) and by (kind, rule, field)."""
    source = f"read_parquet({literal(str(path))})"
    rows = con.execute(
        f"select kind, rule, field, grouping(field), count(distinct (file_hash, row_no)) from {source} "
        "group by grouping sets ((kind, rule), (kind, rule, field))"
    ).fetchall()
    by_rule = {(kind, rule): int(n) for kind, rule, _, whole, n in rows if whole}
    by_field = {(kind, rule, field): int(n) for kind, rule, field, whole, n in rows if not whole}
    return by_rule, by_field


def samples(con: duckdb.DuckDBPyConnection, path: Path, size: int = 5) -> dict[tuple[str, str], list[str]]:
    """Some business keys by (kind, rule): the first in order of file and row."""
    rows = con.execute(
        "select kind, rule, business_key from (select distinct on (kind, rule, file_hash, row_no) * "
        f"from read_parquet({literal(str(path))})) "
        f"qualify row_number() over (partition by kind, rule order by file_hash, row_no) <= {size} "
        "order by kind, rule, file_hash, row_no"
    ).fetchall()
    found: dict[tuple[str, str], list[str]] = {}
    for kind, rule, key in rows:
        found.setdefault((str(kind), str(rule)), []).append(str(key))
    return found


def unknown_rules(con: duckdb.DuckDBPyConnection, staged: Staged) -> list[str]:
    """Rules the reader names that the registry does not have."""
    if not staged.noticed:
        return []
    rows = con.execute(
        f"select distinct f.rule from (select unnest(findings) as f from {staged.view} "
        f"where len(findings) > 0) where not list_contains({listed(NOTICED)}, coalesce(f.rule, '')) "
        "order by 1"
    ).fetchall()
    return [str(row[0]) for row in rows]
