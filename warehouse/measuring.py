"""Which dates to publish, and the lists their figures are computed from."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from sources.contracts import CONTRACTS
from transforms.corrections import Correction, corrected, selecting
from transforms.families import FAMILIES, Inputs, Read
from transforms.schemas import DATED_BY
from transforms.stated import Stated
from warehouse import engines, sql
from warehouse.connection import Lake
from warehouse.corrections import in_force
from warehouse.handover import lazy_frame
from warehouse.observed import lists_by_day
from warehouse.openness import LEFT_AT
from warehouse.touched import pending

#: Acceptance cohorts are looked at again on these days after their own (design section 6).
COHORT_AGES = (1, 7, 30, 60)
#: Lists of the dates whose figures are computed together: so many take some 4 GB, less than linking does (decision 0015).
TOGETHER = 5_000_000
#: What customs answers a list with.
LIST_RECEIPTS = tuple(kind for kind, each in CONTRACTS.items() if each.answers in ("CEB621", "CEB603"))


def restated_since(business_date: date, look_back_days: int) -> date:
    """The first date that a run for `business_date` restates by itself."""
    return business_date - timedelta(days=look_back_days)


def dates_to_publish(
    lake: Lake, zone: str, business_date: date, since: date | None = None, held: Collection[date] = ()
) -> list[date]:
    """The date asked for, published dates that new documents touch, and cohorts due again, in order.

    A date nobody asked for is not published, whatever dates the documents bear. Touched dates before
    `since` are left out; publishing lists them. So are those in `held`, which wait for a later run.
    """
    published = _dates(lake, "wh.vintages.published", zone)
    touched = {day for day in pending(lake.con, zone) if since is None or day >= since}
    due = {business_date - timedelta(days=age) for age in COHORT_AGES}
    return sorted({business_date} | (published & (touched | due) - set(held)))


def portions(lake: Lake, zone: str, dates: Sequence[date]) -> list[list[date]]:
    """The dates in order, cut into runs of at most TOGETHER lists (one date at least): what fits in memory at once.

    A figure is of one date, so where the cuts fall changes none.
    """
    lists = lists_by_day(lake.con, zone, min(dates), max(dates))
    found: list[list[date]] = []
    held = 0
    for day in sorted(dates):
        more = lists.get(day, 0)
        if not found or held + more > TOGETHER:
            found.append([])
            held = 0
        found[-1].append(day)
        held += more
    return found


def observed_until(lake: Lake, zone: str, business_date: date, provisional: bool = False) -> datetime:
    """End (exclusive) of the last business date loaded, at least of the date asked for.

    The last date on which customs answered a list: receipts bear the clock of the e-port and customs, so
    an enterprise's broken clock moves nothing, and neither does the clock of this machine. Of a day that is
    still going on (`provisional`) nothing is known after the last answer given in it.
    """
    answers = (
        f"FROM wh.ledger.coverage WHERE zone = {sql.literal(zone)} "
        f"AND kind IN ({sql.literals(LIST_RECEIPTS)[1:-1]})"
    )
    if provisional:
        last = lake.con.execute(
            f"SELECT max(last_document_at) {answers} AND business_date = {sql.literal(business_date)}"
        ).fetchone()
        start = datetime.combine(business_date, time())
        return last[0] + timedelta(milliseconds=1) if last and last[0] else start
    row = lake.con.execute(f"SELECT max(business_date) {answers}").fetchone()
    newest = max(business_date, row[0]) if row and row[0] else business_date
    return datetime.combine(newest + timedelta(days=1), time())


@contextmanager
def inputs(
    lake: Lake,
    zone: str,
    business_date: date,
    dates: Sequence[date],
    rates: pl.LazyFrame,
    stated: Stated,
    provisional: bool = False,
) -> Iterator[Inputs]:
    """Everything the families of figures read for these dates, with the corrections in force applied.

    Observed until the end of what is loaded for a run of `business_date` (see observed_until). The rows lie in
    files of the scratch folder until the block is left, so that every family reads the columns it needs.
    """
    corrections = in_force(lake, zone)
    with tempfile.TemporaryDirectory(prefix="measure-", dir=lake.home.scratch) as folder:
        yield Inputs(
            zone=zone,
            dates=tuple(dates),
            observed_until=observed_until(lake, zone, business_date, provisional),
            lists=lists_for(lake, zone, dates, Path(folder)),
            rates=rates,
            stated=stated,
            rows={
                table: rows_for(lake, zone, dates, reads, Path(folder), corrections)
                for table, reads in _reads_by_table().items()
            },
        )


def _reads_by_table() -> dict[str, list[Read]]:
    """What all families read, each table once."""
    found: dict[str, list[Read]] = {}
    for family in FAMILIES:
        for each in family.reads:
            found.setdefault(each.table, []).append(each)
    return found


def rows_for(
    lake: Lake,
    zone: str,
    dates: Sequence[date],
    reads: Sequence[Read],
    folder: Path,
    corrections: Sequence[Correction] = (),
) -> pl.LazyFrame:
    """Rows of one table whose business date lies in or near the dates, with the columns asked for; a file in `folder`.

    Documents are corrected first; one whose business time is mended counts on its mended date.
    """
    wanted = {
        day + timedelta(days=more)
        for day in dates
        for each in reads
        for more in range(-each.before, each.after + 1)
    }
    columns = dict.fromkeys(["zone", "business_date", *(name for each in reads for name in each.columns)])
    schema, _, name = reads[0].table.partition(".")
    own = [each for each in corrections if schema == "documents" and each.table == name]
    read = dict.fromkeys([*columns, *selecting(own).get(name, ())])
    places = [f"business_date IN ({', '.join(sql.literal(day) for day in sorted(wanted))})"]
    for each in own:
        if each.moved_to in wanted:
            places.append(f"business_date BETWEEN {sql.literal(each.first)} AND {sql.literal(each.last)}")
            places += ["business_date IS NULL"] if each.undated else []
    rows = lazy_frame(
        lake.con,
        f"SELECT {sql.names(read)} FROM wh.{sql.qualified(reads[0].table)} WHERE zone = {sql.literal(zone)} "
        f"AND ({' OR '.join(places)})",
        folder / f"{reads[0].table}.parquet",
    )
    if not own:
        return rows
    return corrected({name: rows}, own)[name].filter(pl.col("business_date").is_in(wanted)).select(*columns)


def lists_for(lake: Lake, zone: str, dates: Sequence[date], folder: Path) -> pl.LazyFrame:
    """Lists with a time (schemas.DATED_BY, figure_dates) on any of the dates, or open at the end of one.

    Partitions that are closed and lie before the dates are not opened (core.partitions).
    """
    days = ", ".join(sql.literal(day) for day in sorted(dates))
    first = sql.literal(datetime.combine(min(dates), time()))
    end = sql.literal(datetime.combine(max(dates) + timedelta(days=1), time()))
    rows = lake.con.execute(
        f"SELECT business_date, lists FROM wh.core.partitions WHERE zone = {sql.literal(zone)} "
        f"AND first_at < {end} AND (last_at >= {first} OR open > 0) ORDER BY 1"
    ).fetchall()
    engines.fit(lake.con, sum(lists for _, lists in rows))
    dated = [sql.literal(day) for day, _ in rows if day is not None]
    places = [f"business_date IN ({', '.join(dated)})"] if dated else []
    if len(dated) < len(rows):
        places.append("business_date IS NULL")
    milestones = " OR ".join(
        [*(f"CAST({each} AS DATE) IN ({days})" for each in DATED_BY), f"list_has_any(figure_dates, [{days}])"]
    )
    scans = [
        f"SELECT * FROM wh.core.lists WHERE zone = {sql.literal(zone)} AND {place} AND ({milestones} "
        f"OR (accepted_at < {end} AND coalesce({LEFT_AT} >= {first}, true)))"
        for place in places or ["false"]
    ]
    return lazy_frame(lake.con, " UNION ALL ".join(scans), folder / "core.lists.parquet")


def _dates(lake: Lake, table: str, zone: str) -> set[date]:
    rows = lake.con.execute(f"SELECT DISTINCT business_date FROM {table} WHERE zone = {sql.literal(zone)}")
    return {day for (day,) in rows.fetchall() if day is not None}
