"""Bunching at assessment thresholds: are there more lists just below a threshold than its neighbourhood expects?

Method and worked example: docs/method-integrity.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import exp, log, sqrt

import polars as pl
from scipy.stats import binom

from transforms.integrity import SPANS
from transforms.integrity_tables import BUNCHING_DAILY
from transforms.measures import ALL
from transforms.quantiles import HOUR_MS

#: The window on either side of a threshold, as a part of it: 1 h at 24 h, 2 h at 48 h.
WINDOW_PARTS = 24
#: Fewer lists in the inner or the outer windows than this are not judged.
LEAST = 100
ALPHA = 0.001
#: The alternative whose power is stated: this part of the lists just above was moved below.
MOVED = 0.1
ENOUGH_POWER = 0.8
#: One-sided 95 % limit of the slope, so that an uncertain slope cannot raise an alarm.
_LIMIT = 1.6448536269514722


@dataclass(frozen=True)
class Tested:
    """Outcome of one test; None where it is not judged."""

    expected_share: float | None
    p_value: float | None
    power: float | None
    verdict: str


def judge(below: int, above: int, outer_below: int, outer_above: int) -> Tested:
    """Judge the four counts around a threshold.

    The logarithm of the density is taken as straight over the four windows: the outer pair lies three times as far
    apart as the inner one, so a third of its log ratio is what the inner pair shows without bunching. The exact
    binomial test is at the upper limit of that share; the power at the share with MOVED of `above` moved.
    """
    n = below + above
    if n < LEAST or outer_below + outer_above < LEAST:
        return Tested(None, None, None, "too few")
    lower, upper = outer_below + 0.5, outer_above + 0.5
    slope, error = log(lower / upper) / 3, sqrt(1 / lower + 1 / upper) / 3
    expected, limit = _share(slope), _share(slope + _LIMIT * error)
    p_value = float(binom.sf(below - 1, n, limit))
    least = int(binom.isf(ALPHA, n, limit)) + 1  # smallest count that is judged bunched
    power = float(binom.sf(least - 1, n, expected + MOVED * (1 - expected)))
    quiet = "none found" if power >= ENOUGH_POWER else "weak"
    verdict = "bunched" if p_value < ALPHA else quiet
    return Tested(expected, p_value, power, verdict)


def bunching_daily(
    lists: pl.LazyFrame, dates: Sequence[date], thresholds_h: Sequence[Decimal]
) -> pl.LazyFrame:
    """metrics.bunching_daily of the dates, on the release basis, sorted by grain; no thresholds, no rows."""
    schema = BUNCHING_DAILY.schema
    released = lists.filter(pl.col("released_at").dt.date().is_in(list(dates))).with_columns(
        pl.col("released_at").dt.date().alias("business_date")
    )
    counted = [
        _counts(released, measure, start, threshold)
        for measure, (start, _) in SPANS.items()
        for threshold in sorted(set(thresholds_h))
    ]
    if not counted:
        return pl.LazyFrame(schema=schema)
    rows = pl.concat(counted).collect(engine="in-memory")
    results = [
        judge(*counts) for counts in rows.select("below", "above", "outer_below", "outer_above").iter_rows()
    ]
    judged = rows.with_columns(
        (pl.col("below") + pl.col("above")).alias("n"),
        *(
            pl.Series(name, [getattr(each, name) for each in results], dtype=schema[name])
            for name in ("expected_share", "p_value", "power", "verdict")
        ),
    ).with_columns(pl.when(pl.col("n") > 0).then(pl.col("below") / pl.col("n")).alias("below_share"))
    return (
        judged.lazy()
        .select(pl.col(name).cast(dtype) for name, dtype in schema.items())
        .sort(BUNCHING_DAILY.grain_ids)
    )


def _counts(released: pl.LazyFrame, measure: str, start: str, threshold: Decimal) -> pl.LazyFrame:
    """The four counts by day and flow, in whole milliseconds."""
    limit = int(threshold * HOUR_MS)
    window = limit // WINDOW_PARTS
    spans = released.select(
        "zone",
        "business_date",
        "flow",
        (pl.col("released_at") - pl.col(start)).dt.total_milliseconds().alias("ms"),
    ).filter(pl.col("ms") >= 0)
    both = pl.concat([spans, spans.with_columns(pl.lit(ALL).alias("flow"))])

    def between(first: int, name: str) -> pl.Expr:
        least, most = limit + first * window, limit + (first + 1) * window
        return ((pl.col("ms") > least) & (pl.col("ms") <= most)).sum().cast(pl.Int64).alias(name)

    return both.group_by("zone", "business_date", "flow").agg(
        pl.lit(measure).first().alias("measure"),
        pl.lit(float(threshold)).first().alias("threshold_h"),
        pl.lit(window / HOUR_MS).first().alias("window_h"),
        between(-1, "below"),
        between(0, "above"),
        between(-2, "outer_below"),
        between(1, "outer_above"),
    )


def _share(slope: float) -> float:
    return 1 / (1 + exp(-slope))
