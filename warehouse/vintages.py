"""Publishing: a day whose figures changed gets a new vintage; nothing published is ever altered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from transforms.definitions import DEFINITION_VERSION, METRIC_TABLES, definitions_frame
from transforms.metric_model import MetricTable
from transforms.revisions import IGNORED, revised
from warehouse import sql, touched
from warehouse.connection import Lake
from warehouse.handover import temporary_table
from warehouse.schema import VINTAGE_COLUMNS
from warehouse.tables import PUBLISHED, REVISIONS


@dataclass(frozen=True)
class Newest:
    """The newest vintage of a date and the version of the definitions it was made with."""

    vintage: int
    definition_version: str
    provisional: bool


@dataclass(frozen=True)
class Due:
    """A vintage to append."""

    day: date
    vintage: int
    reason: str
    provisional: bool


def publish(
    lake: Lake,
    zone: str,
    run_id: str,
    clock: Callable[[], datetime],
    tables: Mapping[str, pl.DataFrame],
    dates: Sequence[date],
    since: date | None = None,
    check: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
    final: Collection[date] | None = None,
    anew: Collection[date] = (),
) -> list[tuple[date, int]]:
    """Append the figures of the dates on which any figure changed; returns (date, vintage) of those.

    `tables` by name hold the rows of exactly these dates. Why a date has its vintage: see touched.reason.
    Touched dates before `since` that are not among `dates` are listed in ledger.out_of_window. `clock`
    gives local Beijing time; it is read once, when everything is ready to be written, since from the
    commit on readers see the figures. One transaction; where nothing changed there is no snapshot.
    The dates in `final` (default: all) are final from now on, which makes a vintage even where no figure changed;
    any other keeps the mark of its newest vintage, and is provisional if it has none. What was final stays final.
    On a date in `anew`, made anew by today's rates and formulas, a change that nothing noted is told as method.
    `check` runs first, in the transaction: what it raises leaves nothing published (warehouse.conservation).
    Raises ValueError for a table or date that does not belong.
    """
    frames = {name: _checked(METRIC_TABLES[name], frame, zone, dates) for name, frame in tables.items()}
    if missing := METRIC_TABLES.keys() - frames.keys():
        raise ValueError(f"figures are missing: {', '.join(sorted(missing))}")

    # Definitions are of all zones: two that publish at once for the first time must not both add the same version.
    alone = not _definitions_told(lake.con)

    def work(con: duckdb.DuckDBPyConnection) -> list[tuple[date, int]]:
        if check:
            check(con)
        newest = _newest(con, zone)
        changes = _changes(con, zone, frames, {day: newest[day] for day in dates if day in newest})
        noted = {**dict.fromkeys(anew, touched.METHOD), **touched.reasons(con, zone)}
        ends = set(dates if final is None else final)
        vintages = (
            _next(day, newest.get(day), day in changes.days, day in ends, noted) for day in sorted(set(dates))
        )
        due = [each for each in vintages if each]
        published_at = _moment(con, clock)
        if due:
            _append(con, lake.home.scratch, zone, run_id, published_at, frames, due)
            _append_revisions(con, lake.home.scratch, published_at, changes, due)
        if alone and not _definitions_told(con):
            _keep_definitions(con, lake.home.scratch, published_at)
        touched.settle(con, zone, dates, since, published_at)
        return [(each.day, each.vintage) for each in due]

    days = ", ".join(f"{day}" for day in sorted(set(dates)))
    return lake.commit("tongguan", f"{zone}: figures of {days}", run_id, work, alone=alone)


def _next(
    day: date, newest: Newest | None, changed: bool, final: bool, noted: Mapping[date, str]
) -> Due | None:
    """The vintage that a date gets; None where neither a figure nor the mark changes."""
    if newest is None:
        return Due(day, 1, touched.FIRST if final else touched.PROVISIONAL, not final)
    vintage = newest.vintage + 1
    if newest.provisional and final:
        return Due(day, vintage, touched.FINAL, provisional=False)
    if not changed:
        return None
    if newest.provisional:
        return Due(day, vintage, touched.PROVISIONAL, provisional=True)
    return Due(day, vintage, touched.reason(day, newest.definition_version, noted), provisional=False)


def _moment(con: duckdb.DuckDBPyConnection, clock: Callable[[], datetime]) -> datetime:
    """Now, but later than everything published: a clock set back must not put a vintage before another."""
    row = con.execute(
        "SELECT greatest((SELECT max(published_at) FROM wh.vintages.published), "
        "(SELECT max(published_at) FROM wh.vintages.definitions))"
    ).fetchone()
    now, last = clock(), row[0] if row else None
    return now if last is None or now > last else last + timedelta(microseconds=1)


def _checked(table: MetricTable, frame: pl.DataFrame, zone: str, dates: Sequence[date]) -> pl.DataFrame:
    cast = frame.select(pl.col(name).cast(dtype) for name, dtype in table.schema.items())
    foreign = cast.filter((pl.col("zone") != zone) | ~pl.col("business_date").is_in(list(dates)))
    if foreign.height:
        raise ValueError(f"{table.name} holds {foreign.height} rows of another zone or date")
    return cast.sort(table.grain_ids)


def _newest(con: duckdb.DuckDBPyConnection, zone: str) -> dict[date, Newest]:
    rows = con.execute(
        "SELECT business_date, max(vintage), arg_max(definition_version, vintage), "
        "arg_max(coalesce(provisional, false), vintage) FROM wh.vintages.published "
        f"WHERE zone = {sql.literal(zone)} GROUP BY 1"
    ).fetchall()
    return {day: Newest(*found) for day, *found in rows}


@dataclass
class Changes:
    """Published dates on which any figure differs from its newest vintage, and the figures that do."""

    days: set[date]
    figures: list[pl.DataFrame]  # as transforms.revisions.REVISED


def _changes(
    con: duckdb.DuckDBPyConnection,
    zone: str,
    frames: Mapping[str, pl.DataFrame],
    newest: Mapping[date, Newest],
) -> Changes:
    found = Changes(set(), [])
    if not newest:
        return found
    chosen = ", ".join(f"({sql.literal(day)}, {each.vintage})" for day, each in newest.items())
    days = ", ".join(sql.literal(day) for day in newest)
    for name, frame in frames.items():
        table = METRIC_TABLES[name]
        stored = con.sql(
            f"SELECT {sql.names(table.schema)} FROM wh.vintages.{name} WHERE zone = {sql.literal(zone)} "
            f"AND business_date IN ({days}) AND (business_date, vintage) IN (VALUES {chosen})"
        ).pl()
        before = _checked(table, stored, zone, list(newest)).drop(IGNORED, strict=False)
        after = frame.filter(pl.col("business_date").is_in(list(newest))).drop(IGNORED, strict=False)
        if before.equals(after):
            continue
        found.figures.append(revised(table, before, after))
        for day in newest:
            of_day = pl.col("business_date") == day
            if not before.filter(of_day).equals(after.filter(of_day)):
                found.days.add(day)
    return found


def _append(
    con: duckdb.DuckDBPyConnection,
    scratch: Path,
    zone: str,
    run_id: str,
    published_at: datetime,
    frames: Mapping[str, pl.DataFrame],
    due: Sequence[Due],
) -> None:
    vintages = pl.DataFrame(
        [(each.day, each.vintage) for each in due],
        schema={"business_date": pl.Date(), "vintage": pl.Int64()},
        orient="row",
    )
    stamped = {
        "published_at": pl.lit(published_at, dtype=pl.Datetime("us")),
        "run_id": pl.lit(run_id),
        "definition_version": pl.lit(DEFINITION_VERSION),
    }
    for name, frame in frames.items():
        rows = frame.join(vintages, on="business_date", how="inner", maintain_order="left").with_columns(
            **stamped
        )
        if rows.is_empty():
            continue
        columns = (*METRIC_TABLES[name].schema, *VINTAGE_COLUMNS)
        temporary_table(con, "figures", rows.select(columns), scratch)
        con.execute(f"INSERT INTO wh.vintages.{name} BY NAME SELECT * FROM figures")
    values = ", ".join(
        f"({sql.literal(zone)}, {sql.literal(each.day)}, {each.vintage}, {sql.literal(published_at)}, "
        f"{sql.literal(run_id)}, {sql.literal(each.reason)}, {sql.literal(DEFINITION_VERSION)}, "
        f"{str(each.provisional).lower()})"
        for each in due
    )
    book = sql.names(name for name, _, _ in PUBLISHED.columns)
    con.execute(f"INSERT INTO wh.vintages.published ({book}) VALUES {values}")


def _append_revisions(
    con: duckdb.DuckDBPyConnection,
    scratch: Path,
    published_at: datetime,
    changes: Changes,
    due: Sequence[Due],
) -> None:
    """Keep every figure that differs from the vintage before, so that nobody has to compare them all.

    Not those between two provisional vintages: a day filling up hour by hour is not revised.
    """
    told = [(each.day, each.vintage) for each in due if not each.provisional]
    if not changes.figures or not told:
        return
    vintages = pl.DataFrame(
        told,
        schema={"business_date": pl.Date(), "vintage": pl.Int64()},
        orient="row",
    )
    rows = pl.concat(changes.figures).join(vintages, on="business_date", how="inner", maintain_order="left")
    stamped = rows.with_columns(published_at=pl.lit(published_at, dtype=pl.Datetime("us")))
    temporary_table(con, "revised", stamped.select(name for name, _, _ in REVISIONS.columns), scratch)
    con.execute("INSERT INTO wh.vintages.revisions BY NAME SELECT * FROM revised")


def _definitions_told(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether metrics.definitions says what the code says."""
    wanted = definitions_frame()
    there = con.sql(f"SELECT {sql.names(wanted.columns)} FROM wh.metrics.definitions").pl()
    return sorted(there.rows()) == sorted(wanted.rows())


def _keep_definitions(con: duckdb.DuckDBPyConnection, scratch: Path, published_at: datetime) -> None:
    """Add what the code says as a version."""
    version = definitions_frame().with_columns(published_at=pl.lit(published_at, dtype=pl.Datetime("us")))
    temporary_table(con, "wanted", version, scratch)
    con.execute("INSERT INTO wh.vintages.definitions BY NAME SELECT * FROM wanted")
