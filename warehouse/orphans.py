"""Documents without a list in core.reconciliation: those looked at again are replaced, with what follows."""

from __future__ import annotations

import duckdb
import polars as pl

from transforms.inputs import Documents
from transforms.reconciliation import looked_at, with_purchases
from transforms.schemas import RECONCILIATION
from warehouse import sql, touched
from warehouse.connection import Lake
from warehouse.handover import temporary_table
from warehouse.schema import core_columns
from warehouse.window import Extent, Window

_KEY = ("subject", "flow", "business_key")
_COLUMNS = list(RECONCILIATION)
_TABLE = "wh.core.reconciliation"


def replace(
    con: duckdb.DuckDBPyConnection,
    lake: Lake,
    window: Window,
    run_id: str,
    documents: Documents,
    found: pl.DataFrame,
    reason: str,
) -> int:
    """Store `found`, the documents given that no list claims; returns how many rows came, went or changed.

    A stored row whose document is among those given is replaced by what was found, so a document that a list
    came to claim is gone, and one that lost its list is back. What the purchases of these documents have is
    then told anew from the rows there are: the result does not depend on the order in which documents came.
    """
    stored = _stored(con, window, "true")
    if not (stored.height or found.height):
        return 0
    again = stored.join(looked_at(stored.lazy(), documents).select(_KEY).collect(), on=list(_KEY), how="semi")
    mates = _mates(con, lake, window, pl.concat([again, _typed(found)]))
    before = pl.concat([mates, again.join(mates, on=list(_KEY), how="anti")])
    new = _unclaimed(con, lake, window, found.join(stored, on=list(_KEY), how="anti"))
    known = found.join(stored, on=list(_KEY), how="semi")
    kept = before.join(again, on=list(_KEY), how="anti")
    wanted = (
        pl.concat([_typed(each) for each in (kept.join(known, on=list(_KEY), how="anti"), known, new)])
        .lazy()
        .pipe(with_purchases)
        .collect()
    )
    gone = before.join(wanted, on=_COLUMNS, how="anti", nulls_equal=True)
    come = wanted.join(before, on=_COLUMNS, how="anti", nulls_equal=True)
    _delete(con, lake, window.zone, gone)
    if come.height:
        temporary_table(con, "orphans", come.sort("business_date", *_KEY), lake.home.scratch)
        columns = sql.names(core_columns("reconciliation"))
        con.execute(f"INSERT INTO {_TABLE} ({columns}) SELECT {columns} FROM orphans")
    days = pl.concat([gone["business_date"], come["business_date"]]).drop_nulls()
    if days.len():
        values = ", ".join(f"({sql.literal(day)}, {rows})" for day, rows in days.value_counts().rows())
        touched.note(
            con,
            window.zone,
            run_id,
            "SELECT business_date, 0 AS lists, documents "
            f"FROM (VALUES {values}) changed (business_date, documents)",
            reason,
        )
    return gone.height + come.height


def _stored(con: duckdb.DuckDBPyConnection, window: Window, condition: str) -> pl.DataFrame:
    everywhere = Extent(window.first, window.last, undated=True)
    rows = window.over(_TABLE, everywhere, f"subject <> 'list' AND {condition}")
    return _typed(con.sql(f"SELECT {sql.names(_COLUMNS)} FROM {rows}").pl())


def _mates(con: duckdb.DuckDBPyConnection, lake: Lake, window: Window, rows: pl.DataFrame) -> pl.DataFrame:
    """Stored rows that bear an order number of these rows, each with the look-back around it.

    Only purchases with a row that was looked at are told anew: at the edge of the window others would lose
    what lies just outside.
    """
    ordered = rows.select("flow", "order_no").drop_nulls().unique()
    temporary_table(con, "ordered", ordered, lake.home.scratch)
    while True:
        mates = _stored(con, window, "(flow || order_no) IN (SELECT flow || order_no FROM ordered)")
        dates = mates.select(first=pl.col("business_date").min(), last=pl.col("business_date").max())
        reach = window.joined(Window.around(window.zone, *dates.row(0)))
        if reach == window:
            return mates
        window = reach


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in RECONCILIATION.items())


#: What may name a list that was not looked at, and by which columns: a payment may have moved to another order,
#: and a detail of many parcels is looked at for the sake of one.
_MAY_NAME_OTHERS = (
    (
        ("payments", "export_payments"),
        "order_no",
        "CASE WHEN p.flow = 'I' THEN p.ebp_code = l.ebp_code ELSE p.ebc_code = l.ebc_code END",
    ),
    (("inbound_details",), "logistics_no", "p.logistics_code = l.logistics_code"),
    (("export_arrivals",), "logistics_no", "true"),
)


def _unclaimed(
    con: duckdb.DuckDBPyConnection, lake: Lake, window: Window, found: pl.DataFrame
) -> pl.DataFrame:
    """Rows that no stored list claims either; the lists given are only those that were looked at."""
    everywhere = Extent(window.first, window.last, undated=True)
    for subjects, number, agrees in _MAY_NAME_OTHERS:
        rows = found.filter(pl.col("subject").is_in(subjects))
        if rows.is_empty():
            continue
        temporary_table(con, "naming", rows, lake.home.scratch)
        lists = window.over("wh.core.lists", everywhere, f"{number} IN (SELECT {number} FROM naming)")
        claimed = con.sql(
            f"SELECT DISTINCT p.subject, p.flow, p.business_key FROM naming p JOIN {lists} l "
            f"ON p.flow = l.flow AND p.{number} = l.{number} AND {agrees}"
        ).pl()
        found = found.join(claimed, on=list(_KEY), how="anti")
    return found


def _delete(con: duckdb.DuckDBPyConnection, lake: Lake, zone: str, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        return
    temporary_table(con, "gone", rows.select("business_date", *_KEY), lake.home.scratch)
    dates = rows["business_date"].unique()
    dated = [sql.literal(day) for day in dates.drop_nulls().sort().to_list()]
    places = [f"business_date IN ({', '.join(dated)})"] if dated else []
    places += ["business_date IS NULL"] if dates.has_nulls() else []
    for place in places:
        con.execute(
            f"DELETE FROM {_TABLE} WHERE zone = {sql.literal(zone)} AND {place} AND subject <> 'list' "
            f"AND (subject || flow || business_key) IN (SELECT subject || flow || business_key FROM gone)"
        )
