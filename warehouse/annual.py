"""The yearly limit of the buyers whose lists were just stored, over all their stored lists of the year."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import polars as pl

from sources.contracts.tax_rates import ANNUAL_LIMITS
from transforms.reconciliation.annual import OVER, with_annual
from transforms.schemas import RECONCILIATION
from warehouse import sql, touched
from warehouse.connection import Lake
from warehouse.handover import temporary_table
from warehouse.window import LOOK_BACK

_TABLE = "wh.core.reconciliation"
_KEY = ("flow", "business_key")
#: The least limit there ever was: below it nobody's lists need a closer look.
_LEAST = min(value for _, value in ANNUAL_LIMITS)


def apply(con: duckdb.DuckDBPyConnection, lake: Lake, zone: str, run_id: str, reason: str) -> int:
    """Set or take back the yearly limit on stored lists; returns how many changed.

    To be called after `relist.replace`, in its transaction: the buyers of the lists it changed are looked at.
    One scan of three numbers a list over the calendar year says who may be above the limit; only their
    lists are read. A list released late can so bring lists of other days over the limit.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE buyers AS SELECT DISTINCT buyer, year(counted_at) AS year FROM "
        "(SELECT k, buyer, counted_at FROM old_reconciliation UNION ALL "
        "SELECT k, buyer, counted_at FROM new_reconciliation) SEMI JOIN changed USING (k) "
        "WHERE buyer IS NOT NULL AND counted_at IS NOT NULL"
    )
    years = con.execute("SELECT min(year), max(year) FROM buyers").fetchone()
    if years is None or years[0] is None:
        return 0
    first, last = date(years[0], 1, 1) - LOOK_BACK, date(years[1], 12, 31) + timedelta(days=1)
    here = (
        f"zone = {sql.literal(zone)} AND (business_date IS NULL OR business_date BETWEEN {sql.literal(first)} "
        f"AND {sql.literal(last)})"
    )
    theirs = (
        f"{here} AND counted_at IS NOT NULL AND (buyer, year(counted_at)) IN (SELECT (buyer, year) FROM {{}})"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE over AS SELECT buyer, year(counted_at) AS year "
        f"FROM {_TABLE} WHERE {theirs.format('buyers')} GROUP BY ALL "
        f"HAVING sum(dutiable_cny) > {_LEAST} OR bool_or(list_contains(reasons, {sql.literal(OVER)}))"
    )
    stored = con.sql(f"SELECT {sql.names(RECONCILIATION)} FROM {_TABLE} WHERE {theirs.format('over')}").pl()
    if stored.is_empty():
        return 0
    typed = stored.select(pl.col(name).cast(dtype) for name, dtype in RECONCILIATION.items())
    before = typed.select(*_KEY, pl.col("reasons").alias("_before"))
    judged = with_annual(typed.lazy()).collect().join(before, on=list(_KEY))
    changed = judged.filter(pl.col("reasons") != pl.col("_before")).drop("_before")
    if changed.is_empty():
        return 0
    temporary_table(con, "judged", changed.sort("business_date", *_KEY), lake.home.scratch)
    con.execute(
        f"DELETE FROM {_TABLE} WHERE {here} AND subject = 'list' "
        "AND (flow || business_key) IN (SELECT flow || business_key FROM judged)"
    )
    con.execute(f"INSERT INTO {_TABLE} SELECT {sql.names(RECONCILIATION)} FROM judged")
    touched.note(
        con,
        zone,
        run_id,
        "SELECT business_date, count(*) AS lists, 0 AS documents FROM judged GROUP BY business_date",
        reason,
    )
    return changed.height
