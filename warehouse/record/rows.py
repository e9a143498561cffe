"""How many rows every table has, noted at each seal: a data file cannot leave the catalog without being missed.

Merging and rewriting files leave these numbers alone, at every commit: a merged file bears the number of its commit
in each row. So what the catalog tells of a commit today can be held against what was noted when it was sealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from warehouse import catalogs, sql
from warehouse.connection import Lake
from warehouse.errors import RecordError

#: Schemas of which no row is ever taken out or put anew.
_ADDED_SCHEMAS = ("documents", "vintages")
#: Tables besides of which none is.
_ADDED_TABLES = tuple(
    f"ledger.{name}"
    for name in (
        *(
            "backfill_days",
            "checkpoints",
            "corrections",
            "deliveries",
            "file_names",
            "findings",
            "maintenance",
        ),
        *("migrations", "numbers", "places", "pulled", "redeliveries", "repeated_rows", "rewritten", "runs"),
        *("validations", "waiting"),
    )
)
#: Tables of which rows are put anew (a state, an answer) and none is taken out.
_NEVER_FEWER = (
    *("ledger.batches", "ledger.backfills", "ledger.files", "ledger.out_of_window", "ledger.vanished"),
    *("quarantine.rows", "quarantine.releases", "alerts.alerts"),
)
#: Which rows of a file that answers for several commits are of which.
_COMMIT = "_ducklake_internal_snapshot_id"

Rows = dict[str, int]


def never_fewer(table: str) -> bool:
    """Whether a table (`schema.table`) has at least as many rows at a seal as at the one before."""
    return table.split(".")[0] in _ADDED_SCHEMAS or table in (*_ADDED_TABLES, *_NEVER_FEWER)


def differing(noted: Mapping[str, int], found: Mapping[str, int]) -> dict[str, list[int]]:
    """Tables with other rows than were noted: table -> [noted, found]; a table without rows may be left out."""
    pairs = {table: [noted.get(table, 0), found.get(table, 0)] for table in sorted({*noted, *found})}
    return {table: pair for table, pair in pairs.items() if pair[0] != pair[1]}


def in_force(lake: Lake, commits: Iterable[int], until: int, surely: int) -> dict[int, Rows]:
    """Rows by table as of each of these commits, as the catalog tells them now; commits that expired are left out.

    Of a table that is only added to these are the rows of then that are in force at commit `until` too. `surely`:
    this commit and later ones are counted although the catalog may have lost them. Files themselves are read only
    where one answers for a commit and for later ones: the number of the commit in each row. Raises RecordError.
    """
    rows = lake.con.execute(_counting(lake, commits, until, surely)).fetchall()
    found: dict[int, Rows] = {commit: {} for commit, *_ in rows}
    read: dict[str, list[tuple[int, int]]] = {}
    for commit, table, whole, parts in rows:
        total = whole or 0
        for part in parts or ():
            path = part["path"]
            read[path] = read.get(path) or _by_commit(lake, path)
            total += part["sign"] * sum(count for number, count in read[path] if number <= part["bound"])
        if total:
            found[commit][table] = total
    return found


def noted(lake: Lake, commit: int, last: dict[str, Any] | None) -> dict[str, Any]:
    """What a seal up to a commit notes: rows by table, and what the catalog no longer tells as the seal before did.

    `last`: the entry that seal ended with. The difference is noted for good, since the state as of `last` may have
    expired by the time anyone verifies.
    """
    before = last["snapshot"] if last and "in_force" in last else commit
    found = in_force(lake, {before, commit}, commit, before)
    altered = differing(last["in_force"], found[before]) if last and before < commit else {}
    return {"in_force": found[commit], "altered": altered}


def beside_files(lake: Lake) -> list[str]:
    """Tables of the catalog with rows, or deletions of rows, that are in no data file: this warehouse makes none."""
    catalog = catalogs.of(lake.home)
    if catalog.shared:
        asking = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = "
        tables = (
            f"postgres_query('__ducklake_metadata_wh', {sql.literal(asking + sql.literal(catalog.schema))})"
        )
    else:
        tables = "sqlite_query('__ducklake_metadata_wh', 'SELECT name FROM sqlite_master')"
    rows = lake.con.execute(
        f"SELECT name FROM {tables} WHERE name LIKE 'ducklake_inlined%' "
        "AND name <> 'ducklake_inlined_data_tables' ORDER BY 1"
    ).fetchall()
    return [name for (name,) in rows]


def _by_commit(lake: Lake, path: str) -> list[tuple[int, int]]:
    """Rows of a file by the number of the commit they came with. Raises RecordError."""
    file = sql.parquet([f"{lake.home.storage.url}{path}"])
    try:
        return lake.con.execute(f"SELECT {_COMMIT}, count(*) FROM {file} GROUP BY 1").fetchall()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise RecordError(
            f"data file {path} cannot be read, to count the rows of each commit: {reason}"
        ) from error


def _counting(lake: Lake, commits: Iterable[int], until: int, surely: int) -> str:
    """Query of commit, table, rows of files that count whole, and the files that do not: one look at the catalog.

    A delete file is taken to delete something, whatever it is said to: it never deletes nothing. Where a table that is
    only added to has one, from a migration of long ago, its rows need not stay: rewriting puts them anew.
    """
    meta = catalogs.metadata(lake.home, "wh")
    asked = ", ".join(f"({commit})" for commit in sorted(commits))
    only_added = (
        f"s.schema_name IN ({sql.literals(_ADDED_SCHEMAS)[1:-1]}) OR "
        f"s.schema_name || '.' || t.table_name IN ({sql.literals(_ADDED_TABLES)[1:-1]})"
    )
    return f"""
        WITH asked AS (
            SELECT number FROM (VALUES {asked}) v(number)
            WHERE number >= {surely} OR number IN (SELECT snapshot_id FROM {meta}.ducklake_snapshot)
        ), named AS (
            SELECT number, t.table_id, s.schema_name || '.' || t.table_name AS name, s.path || t.path AS folder,
                CASE WHEN ({only_added}) AND NOT EXISTS (
                    SELECT 1 FROM {meta}.ducklake_delete_file d WHERE d.table_id = t.table_id
                    AND d.begin_snapshot <= number AND coalesce(d.end_snapshot > number, true)
                ) THEN {until} ELSE number END AS stays
            FROM asked, {meta}.ducklake_table t JOIN {meta}.ducklake_schema s USING (schema_id)
            WHERE t.begin_snapshot <= stays AND coalesce(t.end_snapshot > stays, true)
            AND s.begin_snapshot <= stays AND coalesce(s.end_snapshot > stays, true)
        ), pieces AS (
            SELECT table_id, 1 AS sign, begin_snapshot AS begins, end_snapshot AS ends, partial_max,
                record_count AS rows, path, path_is_relative
            FROM {meta}.ducklake_data_file
            UNION ALL
            SELECT d.table_id, -1, greatest(d.begin_snapshot, f.begin_snapshot), least(d.end_snapshot, f.end_snapshot),
                d.partial_max, greatest(d.delete_count, 1), d.path, d.path_is_relative
            FROM {meta}.ducklake_delete_file d JOIN {meta}.ducklake_data_file f USING (table_id, data_file_id)
        ), counting AS (
            SELECT number, name, sign, rows, CASE WHEN sign = 1 THEN number ELSE stays END AS bound,
                coalesce(partial_max > bound, false) AS parted,
                CASE WHEN path_is_relative THEN folder || path ELSE path END AS path
            FROM named JOIN pieces USING (table_id)
            WHERE begins <= bound AND coalesce(ends > stays, true)
        )
        SELECT number, name, CAST(sum(sign * rows) FILTER (NOT parted) AS BIGINT),
            list({{'path': path, 'sign': sign, 'bound': bound}}) FILTER (parted)
        FROM asked LEFT JOIN counting USING (number) GROUP BY ALL ORDER BY ALL
    """
