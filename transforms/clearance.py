"""Daily clearance time: how long the lists released, or accepted, on a day took.

The method is design section 6 and docs/method-clearance-time.md. Durations are whole milliseconds up to the
last division, sums are integers and everything is sorted, so the same lists give the same figures to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from transforms import durations, kaplan_meier
from transforms.clearance_tables import CLEARANCE_DAILY, EXCLUSIONS_DAILY
from transforms.exclusions import cut_total, spread, united
from transforms.measures import CLEARANCE_BASES, MEASURES, QUANTILES, WITHIN_MS, Measure
from transforms.metric_model import MetricTable
from transforms.quantiles import HOUR_MS, in_hours, ladders, linear_quantiles
from transforms.rollup import BREAKDOWN, Cells, with_cells

_TIMES = tuple(
    dict.fromkeys(
        (
            "accepted_at",
            "released_at",
            "cancelled_at",
            "returned_at",
            "closed_at",
            *(name for each in MEASURES for name in (each.start, each.end)),
        )
    )
)
#: Columns of core.lists that clearance_daily and exclusions_daily read.
NEEDED = ("zone", *BREAKDOWN, *_TIMES, "exclusions")
_SPAN_COLUMNS = ("base", "duration", "censored", "excluded")
_LABELS = {
    "group": pl.UInt32(),
    "business_date": pl.Date(),
    "basis": pl.String(),
    "measure": pl.String(),
    "excluded": pl.Boolean(),
}
#: Rows taken together; with the eight subsets of the breakdown some 100 MB.
_BATCH_ROWS = 200_000
_KM_QUANTILES = {**QUANTILES, "max_h": (1, 1)}


def clearance_daily(lists: pl.LazyFrame, dates: Sequence[date], observed_until: datetime) -> pl.LazyFrame:
    """metrics.clearance_daily of the dates: rows for every cell with a list concerned, sorted by grain.

    `lists` are rows of core.lists: at least those released or accepted on the dates or open at their ends;
    `observed_until` is the end (exclusive midnight) of the last business date loaded for the zone.
    """
    inputs = _prepared(lists, observed_until)
    figures = [_figures(inputs, batch) for batch in _batches(_spans(inputs, dates))]
    return _table(CLEARANCE_DAILY, figures, inputs)


def exclusions_daily(lists: pl.LazyFrame, dates: Sequence[date], observed_until: datetime) -> pl.LazyFrame:
    """metrics.exclusions_daily of the dates; arguments as `clearance_daily`.

    Rows for the measures with hours excluded, the gross and the net one, which exclude the same.
    """
    inputs = _prepared(lists, observed_until)
    by_reason = united(inputs.intervals.lazy(), ("row", "reason")).collect().lazy()
    figures = [_by_reason(inputs, spans, by_reason) for spans in _spans(inputs, dates, excluded_only=True)]
    return _table(EXCLUSIONS_DAILY, figures, inputs)


@dataclass(frozen=True)
class _Inputs:
    lists: pl.DataFrame  # milestones as integers, row, base
    intervals: pl.DataFrame  # row, reason, start, end
    blocks: pl.DataFrame  # the same united over reasons: row, start, end
    cells: Cells
    observed_until: datetime


@dataclass(frozen=True)
class _Spans:
    day: date
    basis: str
    measure: Measure
    rows: pl.DataFrame  # row, base, from, until, censored, open_age, duration, excluded
    open: pl.DataFrame  # base, open, max_age: lists open at the end of the day, or at observed_until


def _prepared(lists: pl.LazyFrame, observed_until: datetime) -> _Inputs:
    known = (
        lists.select(
            "zone",
            *BREAKDOWN,
            *(pl.col(name).cast(pl.Datetime("ms")).to_physical() for name in _TIMES),
            "exclusions",
        )
        .with_row_index("row")
        .collect(engine="in-memory")
    )
    intervals = spread(known.lazy(), "row").collect()
    blocks = united(intervals.lazy(), ("row",)).collect()
    numbered, cells = with_cells(known.drop("exclusions"))
    return _Inputs(numbered, intervals, blocks, cells, observed_until)


def _spans(inputs: _Inputs, dates: Sequence[date], excluded_only: bool = False) -> Iterator[_Spans]:
    """Every measure of every date on both bases."""
    measures = [each for each in MEASURES if each.excluded or not excluded_only]
    until = durations.milliseconds(inputs.observed_until)
    observed = durations.with_repair(inputs.lists, inputs.intervals, until)
    for day in dates:
        end_of_day = durations.milliseconds(day + timedelta(days=1))
        by_then = durations.with_repair(inputs.lists, inputs.intervals, end_of_day)
        open_then = _open(durations.still_open(by_then, end_of_day))
        released = inputs.lists.filter(durations.within_day("released_at", day))
        accepted = observed.filter(durations.within_day("accepted_at", day))
        for several in _same_span(measures):
            released_rows = durations.with_durations(
                durations.release_spans(released, several[0]), several[0], inputs.blocks
            )
            accepted_rows = durations.with_durations(
                durations.acceptance_spans(accepted, several[0], until), several[0], inputs.blocks
            )
            open_later = _open(accepted_rows.select("base", pl.col("open_age").alias("age")).drop_nulls())
            for measure in several:
                of_measure = durations.net if measure.net else pl.DataFrame.clone
                yield _Spans(day, "release", measure, of_measure(released_rows), open_then)
                yield _Spans(day, "acceptance", measure, of_measure(accepted_rows), open_later)


def _same_span(measures: Sequence[Measure]) -> list[list[Measure]]:
    """Measures in groups from the same start to the same end of the same lists: gross and net of one duration."""
    groups: dict[tuple[object, ...], list[Measure]] = {}
    for each in measures:
        same = (each.start, each.end, each.hold, each.flow, each.modes)
        groups.setdefault(same, []).append(each)
    return list(groups.values())


def _open(lists: pl.DataFrame) -> pl.DataFrame:
    return lists.group_by("base").agg(
        pl.len().cast(pl.Int64).alias("open"), pl.col("age").max().alias("max_age")
    )


def _batches(found: Iterable[_Spans]) -> Iterator[list[_Spans]]:
    """Spans of one basis, taken together until they are many rows: small ones cost next to nothing."""
    pending: dict[str, list[_Spans]] = {basis: [] for basis in CLEARANCE_BASES}
    for each in found:
        batch = pending[each.basis]
        batch.append(each)
        if sum(spans.rows.height for spans in batch) >= _BATCH_ROWS:
            yield batch
            pending[each.basis] = []
    yield from (batch for batch in pending.values() if batch)


def _figures(inputs: _Inputs, batch: Sequence[_Spans]) -> pl.LazyFrame:
    """Rows of clearance_daily by cell; the spans of a batch are told apart by their number, `group`."""
    rows = pl.concat(
        each.rows.select(pl.lit(group, dtype=pl.UInt32).alias("group"), *_SPAN_COLUMNS)
        for group, each in enumerate(batch)
    )
    used = rows.filter(pl.col("duration") >= 0)
    counts = _counts(inputs.cells, batch, rows, used).lazy()
    estimate = _estimated if batch[0].basis == "acceptance" else _measured
    labels = pl.LazyFrame(
        [
            (group, each.day, each.basis, each.measure.id, each.measure.excluded)
            for group, each in enumerate(batch)
        ],
        schema=_LABELS,
        orient="row",
    )
    figures = (
        estimate(counts, ladders(used, inputs.cells))
        .join(labels, on="group", how="left")
        .with_columns(
            in_hours(pl.col("max_age")).alias("oldest_open_h"),
            pl.when("excluded").then(in_hours(pl.col("excluded_ms"))).alias("excluded_h"),
        )
    )
    # Computed here: kept lazy, it would hold the sorted durations of every batch until the end.
    return figures.select("cell", *_wanted(CLEARANCE_DAILY)).collect(engine="in-memory").lazy()


def _counts(cells: Cells, batch: Sequence[_Spans], rows: pl.DataFrame, used: pl.DataFrame) -> pl.DataFrame:
    """By group and cell: everything that adds up, and the maxima, where any list is concerned."""
    by = ["group", "base"]
    ended = ~pl.col("censored")
    measured = (
        used.lazy()
        .group_by(by)
        .agg(
            pl.len().cast(pl.Int64).alias("n"),
            ended.sum().cast(pl.Int64).alias("ended"),
            pl.col("duration").filter(ended).sum().alias("sum_ms"),
            pl.col("duration").max().alias("max_ms"),
            pl.col("excluded").sum().alias("excluded_ms"),
            *(
                (pl.col("duration") <= limit).sum().cast(pl.Int64).alias(name)
                for name, limit in WITHIN_MS.items()
            ),
            *(
                ((pl.col("duration") <= limit) & ended).sum().cast(pl.Int64).alias(f"n_{name}")
                for name, limit in WITHIN_MS.items()
            ),
        )
    )
    left_out = (
        rows.lazy()
        .filter(pl.col("duration").is_null() | (pl.col("duration") < 0))
        .group_by(by)
        .agg(
            (pl.col("duration") < 0).sum().cast(pl.Int64).alias("negative"),
            pl.col("duration").is_null().sum().cast(pl.Int64).alias("undefined"),
        )
    )
    opened = pl.concat(
        each.open.lazy().with_columns(pl.lit(group, dtype=pl.UInt32).alias("group"))
        for group, each in enumerate(batch)
    )
    counts = measured.join(left_out, on=by, how="full", coalesce=True).join(
        opened, on=by, how="full", coalesce=True
    )
    concerned = pl.any_horizontal(pl.col("n", "negative", "undefined", "open") > 0)
    rolled = cells.rolled(counts, "group").filter(concerned)
    return rolled.with_columns(cells.of_group().alias("cell")).collect(engine="in-memory")


def _measured(counts: pl.LazyFrame, sorted_: pl.DataFrame) -> pl.LazyFrame:
    """Release basis: plain statistics of the durations."""
    quantiles = linear_quantiles(sorted_, QUANTILES).lazy()
    return counts.join(quantiles, on="cell", how="left").with_columns(
        _sum().alias("sum_h"),
        _mean().alias("mean_h"),
        in_hours(pl.col("max_ms")).alias("max_h"),
        *(pl.when(pl.col("n") > 0).then(pl.col(name) / pl.col("n")).alias(name) for name in WITHIN_MS),
    )


def _estimated(counts: pl.LazyFrame, sorted_: pl.DataFrame) -> pl.LazyFrame:
    """Acceptance basis: Kaplan-Meier; of those that ended the sum and the mean, once none is open."""
    covered = counts.select("cell", *WITHIN_MS)
    estimates = kaplan_meier.estimates(sorted_, covered, _KM_QUANTILES).with_columns(
        in_hours(pl.col(name)) for name in _KM_QUANTILES
    )
    complete = pl.when(pl.col("open") == 0)
    return (
        counts.drop(*WITHIN_MS)
        .join(estimates, on="cell", how="left")
        .with_columns(
            complete.then(_sum()).alias("sum_h"),
            complete.then(_mean()).alias("mean_h"),
            *(complete.then(f"n_{name}").alias(f"n_{name}") for name in WITHIN_MS),
        )
    )


def _sum() -> pl.Expr:
    """Of nothing 0, not null: a day on which lists are only open leaves its month a sum."""
    return in_hours(pl.col("sum_ms"))


def _mean() -> pl.Expr:
    return pl.when(pl.col("ended") > 0).then(pl.col("sum_ms") / (pl.col("ended") * HOUR_MS))


def _by_reason(inputs: _Inputs, spans: _Spans, by_reason: pl.LazyFrame) -> pl.LazyFrame:
    """By cell and reason: lists with time excluded for it, and the hours."""
    used = spans.rows.lazy().filter(pl.col("duration") >= 0).select("row", "base", "from", "until")
    total = cut_total(by_reason, used, ("row", "reason", "base"), "row")
    stats = total.group_by("base", "reason").agg(
        pl.len().cast(pl.Int64).alias("n"), pl.col("excluded").sum().alias("excluded_ms")
    )
    return inputs.cells.rolled(stats, "reason").with_columns(
        pl.lit(spans.day).alias("business_date"),
        pl.lit(spans.basis).alias("basis"),
        pl.lit(spans.measure.id).alias("measure"),
        in_hours(pl.col("excluded_ms")).alias("hours"),
    )


def _table(table: MetricTable, figures: Sequence[pl.LazyFrame], inputs: _Inputs) -> pl.LazyFrame:
    """The figures in the shape of their table, sorted by grain."""
    wanted = {name: table.schema[name] for name in _wanted(table)}
    empty = pl.LazyFrame(schema={"cell": pl.UInt32(), **wanted})
    shaped = (
        each.select("cell", *(pl.col(name).cast(dtype) for name, dtype in wanted.items())) for each in figures
    )
    return (
        inputs.cells.named(pl.concat([empty, *shaped]))
        .with_columns(pl.lit(inputs.observed_until).alias("observed_until"))
        .select(pl.col(name).cast(dtype) for name, dtype in table.schema.items())
        .sort(table.grain_ids)
    )


def _wanted(table: MetricTable) -> list[str]:
    """Columns a figure brings itself; the rest comes from its cell and the observation."""
    return [name for name in table.schema if name not in ("zone", *BREAKDOWN, "observed_until")]
