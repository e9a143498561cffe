"""Publishing: a day whose figures changed gets a new vintage; nothing published is ever altered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl

from transforms.definitions import DEFINITION_VERSION, METRIC_TABLES, definitions_frame
from transforms.metric_model import MetricTable
from warehouse import sql
from warehouse.connection import Lake
from warehouse.handover import temporary_table
from warehouse.schema import VINTAGE_COLUMNS

#: That an unchanged figure has been observed longer is no change.
IGNORED = ("observed_until",)
FIRST = "publication"


def publish(
    lake: Lake,
    zone: str,
    run_id: str,
    published_at: datetime,
    tables: Mapping[str, pl.DataFrame],
    dates: Sequence[date],
    reason: str = "revision",
) -> list[tuple[date, int]]:
    """Append the figures of the dates on which any figure changed; returns (date, vintage) of those.

    `tables` by name hold the rows of exactly these dates. The first vintage of a day is its publication,
    a later one bears `reason`: revision (new data) or correction (a mended error). One transaction; where
    nothing changed there is no snapshot. Raises ValueError for a table or date that does not belong.
    """
    frames = {name: _checked(METRIC_TABLES[name], frame, zone, dates) for name, frame in tables.items()}
    if missing := METRIC_TABLES.keys() - frames.keys():
        raise ValueError(f"figures are missing: {', '.join(sorted(missing))}")

    def work(con: duckdb.DuckDBPyConnection) -> list[tuple[date, int]]:
        newest = _newest(con, zone)
        due = [
            (day, newest.get(day, 0) + 1)
            for day in sorted(set(dates))
            if _differs(con, zone, day, frames, newest)
        ]
        if due:
            _append(con, lake.home.scratch, zone, run_id, published_at, frames, due, reason)
        _keep_definitions(con, lake.home.scratch)
        con.execute(f"DELETE FROM wh.ledger.touched_dates WHERE zone = {sql.literal(zone)}")
        return due

    days = ", ".join(f"{day}" for day in sorted(set(dates)))
    return lake.commit("tongguan", f"{zone}: figures of {days}", run_id, work)


def _checked(table: MetricTable, frame: pl.DataFrame, zone: str, dates: Sequence[date]) -> pl.DataFrame:
    cast = frame.select(pl.col(name).cast(dtype) for name, dtype in table.schema.items())
    foreign = cast.filter((pl.col("zone") != zone) | ~pl.col("business_date").is_in(list(dates)))
    if foreign.height:
        raise ValueError(f"{table.name} holds {foreign.height} rows of another zone or date")
    return cast.sort(table.grain_ids)


def _newest(con: duckdb.DuckDBPyConnection, zone: str) -> dict[date, int]:
    rows = con.execute(
        f"SELECT business_date, max(vintage) FROM wh.vintages.published WHERE zone = {sql.literal(zone)} GROUP BY 1"
    ).fetchall()
    return dict(rows)


def _differs(
    con: duckdb.DuckDBPyConnection,
    zone: str,
    day: date,
    frames: Mapping[str, pl.DataFrame],
    newest: Mapping[date, int],
) -> bool:
    """Whether any figure of the day differs from its newest vintage, or there is none."""
    if day not in newest:
        return True
    for name, frame in frames.items():
        table = METRIC_TABLES[name]
        stored = con.sql(
            f"SELECT {sql.names(table.schema)} FROM wh.vintages.{name} WHERE zone = {sql.literal(zone)} "
            f"AND business_date = {sql.literal(day)} AND vintage = {newest[day]}"
        ).pl()
        before = _checked(table, stored, zone, [day]).drop(IGNORED, strict=False)
        if not before.equals(frame.filter(pl.col("business_date") == day).drop(IGNORED, strict=False)):
            return True
    return False


def _append(
    con: duckdb.DuckDBPyConnection,
    scratch: Path,
    zone: str,
    run_id: str,
    published_at: datetime,
    frames: Mapping[str, pl.DataFrame],
    due: Sequence[tuple[date, int]],
    reason: str,
) -> None:
    vintages = pl.DataFrame(due, schema={"business_date": pl.Date(), "vintage": pl.Int64()}, orient="row")
    stamped = {
        "published_at": pl.lit(published_at, dtype=pl.Datetime("us")),
        "run_id": pl.lit(run_id),
        "definition_version": pl.lit(DEFINITION_VERSION),
    }
    for name, frame in frames.items():
        rows = frame.join(vintages, on="business_date", how="inner", maintain_order="left").with_columns(
            **stamped
        )
        columns = (*METRIC_TABLES[name].schema, *VINTAGE_COLUMNS)
        temporary_table(con, "figures", rows.select(columns), scratch)
        con.execute(f"INSERT INTO wh.vintages.{name} SELECT * FROM figures")
    values = ", ".join(
        f"({sql.literal(zone)}, {sql.literal(day)}, {vintage}, {sql.literal(published_at)}, {sql.literal(run_id)}, "
        f"{sql.literal(FIRST if vintage == 1 else reason)}, {sql.literal(DEFINITION_VERSION)})"
        for day, vintage in due
    )
    con.execute(f"INSERT INTO wh.vintages.published VALUES {values}")


def _keep_definitions(con: duckdb.DuckDBPyConnection, scratch: Path) -> None:
    """metrics.definitions says what the code says; written only where it does not."""
    wanted = definitions_frame()
    if con.sql("FROM wh.metrics.definitions").pl().rows() == wanted.rows():
        return
    con.execute("DELETE FROM wh.metrics.definitions")
    temporary_table(con, "wanted", wanted, scratch)
    con.execute("INSERT INTO wh.metrics.definitions SELECT * FROM wanted")
