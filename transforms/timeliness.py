"""Timeliness and quality: which documents of a day came, how late, how many were unusable, how many linked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.measures import ALL
from transforms.stated import Stated
from transforms.timeliness_tables import LINKED, OF_MODES, OPTIONAL, QUARTER_S, TIMELINESS_DAILY

_PLACE = ("business_date", "kind")
_QUANTILES = {"median_delay_h": (1, 2), "p90_delay_h": (9, 10)}


def timeliness_daily(
    deliveries: pl.LazyFrame,
    quarantine: pl.LazyFrame,
    lists: pl.LazyFrame,
    dates: Sequence[date],
    zone: str,
    stated: Stated,
) -> pl.LazyFrame:
    """metrics.timeliness_daily of the dates, sorted by grain.

    `deliveries` and `quarantine`: rows of ledger.deliveries and quarantine.rows of the dates.
    """
    days = pl.LazyFrame({"business_date": sorted(set(dates))}, schema={"business_date": pl.Date()})
    wanted = days.join(
        pl.LazyFrame({"kind": stated.expected_kinds}, schema={"kind": pl.String()}), how="cross"
    ).with_columns(pl.lit(1, dtype=pl.Int64).alias("expected"))
    stored = _with_all(deliveries.select(*_PLACE, "delay_quarters", "loaded_at", "documents"))
    aside = _with_all(quarantine.select(*_PLACE, "status"))
    figures = (
        _full(_full(_delays(stored), _set_aside(aside)), wanted.pipe(_expected_and_all))
        .pipe(_full, _linked(lists, dates))
        .join(_delivered(deliveries, wanted), on=_PLACE, how="left")
        .with_columns(
            pl.col(
                "expected",
                "delivered",
                "documents",
                "by_next_day",
                "ahead",
                "timed",
                "quarantined",
                "rejected",
            ).fill_null(0),
            # A day without lists of the flow has 0 of them; null is for kinds that are not linked.
            *(
                pl.when(pl.col("kind").is_in(kinds)).then(pl.col(name).fill_null(0)).alias(name)
                for name, kinds in (
                    ("lists", sorted(LINKED.keys() - set(OPTIONAL))),
                    ("linked", sorted(LINKED)),
                )
            ),
        )
        .with_columns(
            (pl.col("documents") - pl.col("by_next_day")).alias("late"),
            (pl.col("documents") + pl.col("rejected")).alias("received"),
            pl.lit(zone).alias("zone"),
        )
        .with_columns(
            _ratio("delivered", "expected", "completeness"),
            _ratio("by_next_day", "documents", "by_next_day_share"),
            _ratio("rejected", "received", "rejected_share"),
            _ratio("linked", "lists", "linked_share"),
        )
    )
    return figures.select(pl.col(name).cast(dtype) for name, dtype in TIMELINESS_DAILY.schema.items()).sort(
        TIMELINESS_DAILY.grain_ids
    )


def _delays(stored: pl.LazyFrame) -> pl.LazyFrame:
    """What the delays of the documents tell, by date and kind."""
    in_time = pl.col("loaded_at").dt.date() <= pl.col("business_date") + pl.duration(days=1)
    ahead = pl.col("delay_quarters") < 0
    number = pl.col("documents")
    counts = stored.group_by(_PLACE).agg(
        number.sum(),
        number.filter(in_time).sum().alias("by_next_day"),
        number.filter(ahead).sum().alias("ahead"),
        number.filter(~ahead).sum().alias("timed"),
    )
    steps = (
        stored.filter(pl.col("delay_quarters") >= 0)
        .group_by(*_PLACE, "delay_quarters")
        .agg(number.sum())
        .sort(*_PLACE, "delay_quarters")
        .with_columns(
            number.cum_sum().over(_PLACE).alias("so_far"),
            number.sum().over(_PLACE).alias("of_all"),
            ((pl.col("delay_quarters") + 1) * QUARTER_S / 3600).alias("until_h"),
        )
    )
    quantiles = steps.group_by(_PLACE).agg(
        pl.col("until_h").filter(pl.col("so_far") * below >= pl.col("of_all") * above).min().alias(name)
        for name, (above, below) in _QUANTILES.items()
    )
    return counts.join(quantiles, on=_PLACE, how="left")


def _set_aside(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.group_by(_PLACE).agg(
        pl.len().cast(pl.Int64).alias("quarantined"),
        (pl.col("status") != "accepted").sum().cast(pl.Int64).alias("rejected"),
    )


def _delivered(deliveries: pl.LazyFrame, wanted: pl.LazyFrame) -> pl.LazyFrame:
    """Expected kinds with a document, by date and kind and in all."""
    there = deliveries.select(_PLACE).unique().join(wanted, on=_PLACE, how="semi")
    return _with_all(there).group_by(_PLACE).agg(pl.len().cast(pl.Int64).alias("delivered"))


def _expected_and_all(wanted: pl.LazyFrame) -> pl.LazyFrame:
    return _with_all(wanted).group_by(_PLACE).agg(pl.col("expected").sum())


def _linked(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """Lists declared on a date and those with a document of the kind, by date and kind.

    A kind of which nothing came has its row too: the lists it is missing for count in its share over days.
    """
    day = pl.col("declared_at").dt.date().alias("business_date")
    shown = sorted({column for _, column in LINKED.values()})
    place = ("business_date", "flow", "mode")
    counted = (
        lists.select(day, "flow", "mode", *shown)
        .filter(pl.col("business_date").is_in(list(dates)))
        .group_by(place)
        .agg(pl.len().cast(pl.Int64).alias("lists"), pl.col(shown).count().cast(pl.Int64))
        .collect(engine="in-memory")
    )
    return pl.concat(
        counted.filter(pl.col("flow") == flow, *_of_modes(kind))
        .group_by("business_date")
        .agg(pl.lit(kind).first().alias("kind"), pl.col("lists").sum(), pl.col(column).sum().alias("linked"))
        for kind, (flow, column) in LINKED.items()
    ).lazy()


def _of_modes(kind: str) -> list[pl.Expr]:
    return [pl.col("mode").is_in(OF_MODES[kind])] if kind in OF_MODES else []


def _with_all(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Every row once under its kind and once under `all`."""
    return pl.concat([rows, rows.with_columns(pl.lit(ALL).alias("kind"))])


def _full(left: pl.LazyFrame, right: pl.LazyFrame) -> pl.LazyFrame:
    return left.join(right, on=_PLACE, how="full", coalesce=True)


def _ratio(above: str, below: str, name: str) -> pl.Expr:
    return pl.when(pl.col(below) > 0).then(pl.col(above) / pl.col(below)).alias(name)
