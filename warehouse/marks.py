"""The mark `vanished_at` of core.lists: the source of a list does not tell it any more. The list stays."""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from transforms.schemas import DATED_BY
from warehouse import sql, touched
from warehouse.window import LOOK_BACK, Window, extents

_KEY = ("flow", "ebc_code", "order_no")


def open_marks(zone: str, lake: str = "wh", moment: datetime | None = None) -> str:
    """(flow, ebc_code, order_no, vanished_at) of lists with a record that vanished and did not reappear, a subquery.

    `moment`: as it stood then, from the ledger of the lake attached under another name.
    """
    then = sql.literal(moment)
    open_then = f"found_at <= {then} AND (reappeared_at IS NULL OR reappeared_at > {then})"
    return (
        f"(SELECT {sql.names(_KEY)}, min(found_at) AS vanished_at FROM {lake}.ledger.vanished "
        f"WHERE zone = {sql.literal(zone)} AND flow IS NOT NULL "
        f"AND {'reappeared_at IS NULL' if moment is None else open_then} GROUP BY ALL)"
    )


def with_marks(scan: str, table: str, zone: str, lake: str = "wh", moment: datetime | None = None) -> str:
    """Rows of a core table on their way in; lists bear their mark, as `open_marks` tells it."""
    if table != "lists":
        return scan
    marks = f"LEFT JOIN {open_marks(zone, lake, moment)} o USING ({sql.names(_KEY)})"
    return f"(SELECT s.* EXCLUDE vanished_at, o.vanished_at FROM {scan} s {marks})"


def mark_lists(con: duckdb.DuckDBPyConnection, zone: str, run_id: str, at: datetime) -> None:
    """Set and clear the marks of stored lists as this commit found them, and have their dates looked at again.

    A list that is linked later gets its mark when it is stored (warehouse.relist). Dates of vanished, reappeared
    and rewritten records are looked at again too: a record that reappeared is stored nowhere anew.
    """
    here, of_run = f"zone = {sql.literal(zone)}", f"run_id = {sql.literal(run_id)}"
    of_now = {"vanished": f"({of_run} OR reappeared_at = {sql.literal(at)})", "rewritten": of_run}
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE spoken_of AS SELECT {sql.names(_KEY)}, min(business_date) AS first, "
        f"max(business_date) AS last FROM wh.ledger.vanished WHERE {here} AND flow IS NOT NULL "
        f"AND {of_now['vanished']} GROUP BY ALL"
    )
    days = _lists(con, zone)
    records = " UNION ALL ".join(
        f"SELECT business_date AS day, 0 AS lists, 1 AS documents FROM wh.ledger.{table} WHERE {here} AND {found}"
        for table, found in of_now.items()
    )
    dated = "".join(f" UNION ALL SELECT CAST({name} AS DATE), 1, 0 FROM marked" for name in DATED_BY if days)
    touched.note(
        con,
        zone,
        run_id,
        "SELECT day AS business_date, sum(lists)::BIGINT AS lists, sum(documents)::BIGINT AS documents "
        f"FROM ({records}{dated}) GROUP BY 1",
    )
    for day in days:
        place = "business_date IS NULL" if day is None else f"business_date = {sql.literal(day)}"
        con.execute(
            f"UPDATE wh.core.lists SET vanished_at = m.mark FROM (SELECT * FROM marked WHERE {place}) m WHERE {here} "
            f"AND lists.{place} AND " + " AND ".join(f"lists.{name} = m.{name}" for name in _KEY)
        )


def _lists(con: duckdb.DuckDBPyConnection, zone: str) -> list[date | None]:
    """Fill `marked`: stored lists whose mark is to change; returns their business dates."""
    row = con.execute("SELECT min(first), max(last), count(*) FROM spoken_of").fetchone()
    if row is None or not row[2]:
        return []
    # A later version of a list bears a later date than the list, whose date is that of its first version.
    window = Window(zone, row[0] and row[0] - LOOK_BACK, row[1] and row[1] + LOOK_BACK)
    stored = window.over("wh.core.lists", extents(con, zone).get("core"))
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE marked AS SELECT l.business_date, {sql.names(_KEY, 'l.')}, "
        f"CAST(o.vanished_at AS TIMESTAMP) AS mark, {sql.names(DATED_BY, 'l.')} FROM {stored} l "
        f"SEMI JOIN spoken_of s USING ({sql.names(_KEY)}) LEFT JOIN {open_marks(zone)} o USING ({sql.names(_KEY)}) "
        "WHERE l.vanished_at IS DISTINCT FROM o.vanished_at"
    )
    return [day for (day,) in con.execute("SELECT DISTINCT business_date FROM marked ORDER BY 1").fetchall()]
