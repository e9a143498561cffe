"""Replacing lists in core: exactly those whose content changed, with events, reconciliation, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from transforms.schemas import DATED_BY, QUIET
from warehouse import sql, touched
from warehouse.marks import with_marks
from warehouse.openness import LEFT_AT, OPEN_BY, differently_open
from warehouse.schema import core_columns
from warehouse.window import Window, extents

_NUMBER = "hash(flow, ebc_code, order_no)"
#: Every time that can bring a list into a figure.
_FIRST_AT = f"least({', '.join(DATED_BY)}, CAST(list_min(figure_dates) AS TIMESTAMP))"
_LAST_AT = f"greatest({', '.join(DATED_BY)}, {LEFT_AT}, CAST(list_max(figure_dates) AS TIMESTAMP))"
#: The days of them, one row each, of a table of lists.
_DAYS = (*(f"CAST({column} AS DATE)" for column in DATED_BY), "unnest(figure_dates)")
#: Name of the file of lists that declared corrections left no document of.
GONE = "gone"
#: What the notes below, and the yearly limits of buyers, read of the rows as they were, besides their dates.
_KEPT: dict[str, tuple[str, ...]] = {
    "lists": (*DATED_BY, "figure_dates", *QUIET, *OPEN_BY),
    "list_events": (),
    "reconciliation": ("buyer", "counted_at"),
}
_TABLES = tuple(_KEPT)
#: Rows of a table that belong to lists; core.reconciliation holds documents without a list besides.
_OF_LISTS = {"reconciliation": " AND subject = 'list'"}


#: Lists of which any row came, went or differs, and whether loudly.
_DIFFERING = (
    "SELECT k, sum(side * loud::HUGEINT) <> 0 AS loud FROM ("
    + " UNION ALL ".join(
        f"SELECT k, {side} AS side, content, loud FROM {of}_{table}"
        for table in _TABLES
        for of, side in (("old", -1), ("new", 1))
    )
    + ") GROUP BY k HAVING sum(side * content::HUGEINT) <> 0"
)


def replace(
    con: duckdb.DuckDBPyConnection,
    window: Window,
    run_id: str,
    paths: Mapping[str, Path],
    reason: str = touched.LATE_DATA,
) -> int:
    """Store the rows of these files for their lists; returns how many lists changed.

    Rows that are stored already as they are stay untouched, so the cost follows what changed. Stored
    lists that the files do not hold are kept: only a list named in the file GONE is taken out. Dates whose
    figures may differ are noted for `reason`.
    """
    given = "SELECT k FROM new_lists"
    if GONE in paths:
        given += f" UNION SELECT {_NUMBER} FROM {sql.parquet([paths[GONE]])}"
    extent = extents(con, window.zone).get("core")
    old = window.reaches(extent)  # a first load has nothing to compare
    for table, kept in _KEPT.items():
        columns = core_columns(table)
        cast = ", ".join(
            f"CAST({sql.name(name)} AS {kind}) AS {sql.name(name)}" for name, kind in columns.items()
        )
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW new_{table} AS SELECT *, {_NUMBER} AS k, {_contents(table)} "
            f"FROM (SELECT {cast} FROM {with_marks(sql.parquet([paths[table]]), table, window.zone)})"
        )
        stored = window.over(f"wh.core.{table}", extent, f"{_NUMBER} IN ({given}){_OF_LISTS.get(table, '')}")
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE old_{table} AS SELECT {sql.names(('business_date', *kept))}, "
            f"{_NUMBER} AS k, {_contents(table)} FROM {stored}"
        )
    found = _DIFFERING if old else "SELECT k, true AS loud FROM new_lists"
    con.execute(f"CREATE OR REPLACE TEMP TABLE changed AS {found}")
    for table in _TABLES:
        if old:
            _delete(con, window, table)
        con.execute(
            f"INSERT INTO wh.core.{table} BY NAME SELECT {sql.names(core_columns(table))} FROM new_{table} "
            + ("SEMI JOIN changed USING (k)" if old else "")
        )
    _note_dates(con, window.zone, run_id, reason)
    _note_partitions(con, window)
    row = con.execute("SELECT count(*) FROM changed").fetchone()
    return int(row[0]) if row else 0


def _contents(table: str) -> str:
    """`content` tells a row from any other of these tables, `loud` from those that differ in more than QUIET columns."""
    return ", ".join(
        f"hash({sql.literal(table)}, {sql.names(each for each in core_columns(table) if each not in besides)}) AS {name}"
        for name, besides in (("content", ()), ("loud", (*QUIET, "figure_dates")))
    )


def _delete(con: duckdb.DuckDBPyConnection, window: Window, table: str) -> None:
    dates = con.execute(
        f"SELECT DISTINCT business_date FROM old_{table} SEMI JOIN changed USING (k) ORDER BY 1"
    ).fetchall()
    dated = [day for (day,) in dates if day is not None]
    conditions = [f"business_date IN ({', '.join(sql.literal(day) for day in dated)})"] if dated else []
    if len(dated) < len(dates):
        conditions.append("business_date IS NULL")
    for condition in conditions:
        con.execute(
            f"DELETE FROM wh.core.{table} WHERE zone = {sql.literal(window.zone)} AND {condition} "
            f"AND {_NUMBER} IN (SELECT k FROM changed){_OF_LISTS.get(table, '')}"
        )


def _note_dates(con: duckdb.DuckDBPyConnection, zone: str, run_id: str, reason: str) -> None:
    """Dates whose figures may differ: those of the milestones, and those at whose end openness differs."""
    loud = "(FROM changed WHERE loud)"
    dated = [(day, "lists", loud) for day in _DAYS]
    dated.append(("business_date", "reconciliation", loud))  # counted on the day of the list itself
    dated += [
        (f"CAST(unnest(list_transform({column}, lambda each: each.at)) AS DATE)", "lists", "changed")
        for column in QUIET
    ]
    milestones = " UNION ALL ".join(
        [
            f"SELECT k, {day} AS day FROM {side}_{table} SEMI JOIN {which} USING (k)"
            for side in ("old", "new")
            for day, table, which in dated
        ]
    )
    before, after = (f"(FROM {side}_lists SEMI JOIN {loud} USING (k))" for side in ("old", "new"))
    days = f"""
        WITH published AS MATERIALIZED (
            SELECT DISTINCT business_date FROM wh.vintages.published WHERE zone = {sql.literal(zone)}
        )
        SELECT day AS business_date, count(k) AS lists, 0 AS documents FROM (
            SELECT k, day FROM ({milestones}) WHERE day IS NOT NULL
            UNION
            SELECT NULL AS k, business_date FROM published p
            SEMI JOIN ({differently_open(before, after, "published")}) o
            ON p.business_date >= o.since AND p.business_date < o.until
        ) GROUP BY day
    """
    touched.note(con, zone, run_id, days, reason)


def _note_partitions(con: duckdb.DuckDBPyConnection, window: Window) -> None:
    zone = sql.literal(window.zone)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE affected AS SELECT DISTINCT business_date FROM "
        "(SELECT k, business_date FROM old_lists UNION ALL SELECT k, business_date FROM new_lists) "
        "SEMI JOIN changed USING (k)"
    )
    same = "IS NOT DISTINCT FROM"
    dates = {day for (day,) in con.execute("SELECT business_date FROM affected").fetchall()}
    con.execute(
        f"DELETE FROM wh.core.partitions WHERE zone = {zone} "
        f"AND EXISTS (SELECT 1 FROM affected a WHERE a.business_date {same} partitions.business_date)"
    )
    con.execute(
        f"INSERT INTO wh.core.partitions BY NAME SELECT {zone} AS zone, business_date, count(*) AS lists, "
        f"count(*) FILTER (accepted_at IS NOT NULL AND {LEFT_AT} IS NULL) AS open, "
        f"min({_FIRST_AT}) AS first_at, max({_LAST_AT}) AS last_at "
        f"FROM {window.only(dates).over('wh.core.lists', None)} l SEMI JOIN affected a ON l.business_date {same} a.business_date "
        "GROUP BY business_date ORDER BY business_date"
    )
