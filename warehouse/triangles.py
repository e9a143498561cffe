"""How the published figures of a zone were revised: what transforms.revisions makes of the vintages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase

import polars as pl

from transforms.definitions import METRIC_TABLES
from transforms.measures import ALL
from transforms.metric_model import MetricTable
from transforms.revisions import adding, cells, metrics, triangle
from warehouse import sql
from warehouse.connection import Lake
from warehouse.errors import QueryFailedError
from warehouse.schema import PROVISIONAL


def triangles(lake: Lake, zone: str, patterns: Sequence[str], until: datetime) -> pl.DataFrame:
    """Triangles (transforms.revisions.triangle) of every published date of a zone, 'all' cells only.

    `patterns` choose metrics: a table (`volume_daily`), a metric (`volume_daily.lists`), `*` stands for
    anything; none: all. Raises QueryFailedError where nothing fits.
    """
    chosen = choose(patterns)
    book = lake.con.sql(
        "SELECT business_date, vintage, published_at FROM wh.vintages.published "
        f"WHERE zone = {sql.literal(zone)} AND {PROVISIONAL} IS NOT true"
    ).pl()
    found = [
        triangle(
            cells(METRIC_TABLES[name], _rolled_up(lake, METRIC_TABLES[name], zone), columns),
            book,
            until,
            adding(METRIC_TABLES[name]),
        )
        for name, columns in chosen.items()
    ]
    return pl.concat(found)


def choose(patterns: Sequence[str]) -> dict[str, list[str]]:
    """The columns by table that the patterns mean. Raises QueryFailedError for one that fits nothing."""
    known = [(name, each) for name, table in METRIC_TABLES.items() for each in metrics(table)]
    for pattern in patterns:
        if not any(_fits(name, each, pattern) for name, each in known):
            raise QueryFailedError(
                f"no metric {pattern!r}: write a table or table.column, e.g. volume_daily.lists; "
                f"tables: {', '.join(sorted({name for name, _ in known}))}"
            )
    chosen: dict[str, list[str]] = {}
    for name, each in known:
        if not patterns or any(_fits(name, each, pattern) for pattern in patterns):
            chosen.setdefault(name, []).append(each)
    return chosen


def _fits(table: str, column: str, pattern: str) -> bool:
    return fnmatchcase(f"{table}.{column}", pattern) or fnmatchcase(table, pattern)


def _rolled_up(lake: Lake, table: MetricTable, zone: str) -> pl.DataFrame:
    """Every vintage of the table's rows in which each breakdown that has 'all' is 'all'."""
    texts = [
        name for name, dtype in table.schema.items() if name in table.grain_ids[2:] and dtype == pl.String
    ]
    stored, here = f"wh.vintages.{table.name}", f"zone = {sql.literal(zone)}"
    rolled: list[str] = []
    if texts:
        said = ", ".join(f"coalesce(bool_or({sql.name(each)} = {sql.literal(ALL)}), false)" for each in texts)
        row = lake.con.execute(f"SELECT {said} FROM {stored} WHERE {here}").fetchone() or ()
        rolled = [name for name, has_all in zip(texts, row, strict=True) if has_all]
    whole = "".join(f" AND {sql.name(each)} = {sql.literal(ALL)}" for each in rolled)
    return lake.con.sql(f"SELECT {sql.names(table.schema)}, vintage FROM {stored} WHERE {here}{whole}").pl()
