"""The staged parts of a run as views over Parquet, and what the predicates must know about them.

The views live in the schema `stage` of the connection's own database (the first one, where the lake, if
attached, is a second): they are committed, so that Great Expectations sees them through its own cursor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from expectations.amounts import Days
from expectations.clauses import listed, literal, quoted
from expectations.predicates import Context, has_finding
from sources.contracts import CONTRACTS, Contract
from sources.staging import ReadOutcome

SCHEMA = "stage"


@dataclass(frozen=True)
class Staged:
    """One kind that is present in the run: its contract and its view."""

    contract: Contract
    view: str  # database.schema.name, quoted
    rows: int
    noticed: int  # rows with findings of the reader
    days: Days  # first and last business date of the rows


def own_database(con: duckdb.DuckDBPyConnection) -> str:
    """The database the views are made in."""
    (name,) = con.execute("select current_database()").fetchall()[0]
    return str(name)


def table(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """Full name of a table or view in the schema `stage`."""
    return f"{quoted(own_database(con))}.{SCHEMA}.{quoted(name)}"


def stage(
    con: duckdb.DuckDBPyConnection, run_dir: Path, outcomes: Iterable[ReadOutcome]
) -> dict[str, Staged]:
    """Create `stage.<table>` for each kind with staged rows; kinds in the order of the contracts."""
    parts: dict[str, list[str]] = defaultdict(list)
    for each in outcomes:
        if each.part and each.kind and each.rows:
            path = Path(each.part)
            parts[each.kind].append(str(path if path.is_absolute() else run_dir / path))
    # Without this a part that is written again within a moment may be answered from the cache (seen).
    con.execute("set enable_external_file_cache = false")
    schema = f"{quoted(own_database(con))}.{SCHEMA}"
    con.execute(f"drop schema if exists {schema} cascade")
    con.execute(f"create schema {schema}")
    staged = {}
    for kind, contract in CONTRACTS.items():
        if kind not in parts:
            continue
        view = f"{schema}.{quoted(contract.table)}"
        con.execute(f"create view {view} as select * from read_parquet({listed(sorted(parts[kind]))})")
        rows, noticed, first, last = con.execute(
            "select count(*), count(*) filter (where len(findings) > 0), min(business_date), "
            f"max(business_date) from {view}"
        ).fetchall()[0]
        days = (first, last) if first and last else None
        staged[kind] = Staged(contract, view, int(rows), int(noticed), days)
    return staged


def context(con: duckdb.DuckDBPyConnection, staged: Staged, zone_offices: Iterable[str]) -> Context:
    """What the kind's predicates must know: the zone's offices, and which fields its templates fill."""
    hashes: list[str] = []
    unparsed = False
    if staged.noticed:
        unparsed = bool(
            con.execute(f"select 1 from {staged.view} where {has_finding('P1')} limit 1").fetchall()
        )
        sql = f"select distinct file_hash from {staged.view} where {has_finding('T0')} order by 1"
        hashes = [str(row[0]) for row in con.execute(sql).fetchall()]
    return Context(
        zone_offices=frozenset(zone_offices),
        days=staged.days,
        template_fields=_filled(con, staged, hashes) if hashes else {},
        templates=bool(hashes),
        unparsed=unparsed,
    )


def _filled(
    con: duckdb.DuckDBPyConnection, staged: Staged, hashes: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    contract = staged.contract
    tests = {each.name: f"{quoted(each.column)} is not null" for each in contract.fields}
    for each in contract.items:
        test = f"len(list_filter(items, lambda i: i.{quoted(each.column)} is not null)) > 0"
        tests[f"items.{each.name}"] = test
    columns = ", ".join(f"coalesce(bool_or({test}), false)" for test in tests.values())
    rows = con.execute(
        f"select file_hash, {columns} from {staged.view} where list_contains({listed(hashes)}, file_hash) "
        "group by file_hash order by file_hash"
    ).fetchall()
    return {name: tuple(row[0] for row in rows if row[at]) for at, name in enumerate(tests, start=1)}


def key_of(contract: Contract) -> str:
    """SQL: the business key of a row as one text, empty parts shown as nothing between the bars."""
    parts = ", ".join(f"coalesce({quoted(column)}::varchar, '')" for column in contract.key_columns)
    return f"concat_ws({literal('|')}, {parts})"
