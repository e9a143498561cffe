"""The band in which the volume of a day is expected, from earlier days of the same type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

#: A median absolute deviation times this estimates the standard deviation of a normal distribution.
MAD_TO_SIGMA = 1.4826
#: The robust standard deviation is never taken smaller than this share of the median: a zone whose days
#: happened to be nearly equal would otherwise alarm at every breath.
LEAST_SPREAD = 0.05


@dataclass(frozen=True)
class Band:
    """What is expected of a day: `low` to `high` lists, both included."""

    low: int
    high: int
    median: float
    spread: float  # robust standard deviation, in lists
    spreads: int
    days: int
    first: date
    last: date

    def holds(self, lists: int) -> bool:
        """Whether a volume lies inside."""
        return self.low <= lists <= self.high

    @property
    def method(self) -> str:
        """How it was drawn, in words."""
        return (
            f"median {self.median:,.0f} of {self.days} days of the same type from {self.first} to {self.last}, "
            f"plus and minus {self.spreads} × {self.spread:,.0f} (1.4826 × median absolute deviation, at least "
            f"{LEAST_SPREAD:.0%} of the median)"
        )


def volume_band(history: Sequence[tuple[date, int]], least: int, spreads: int) -> Band | None:
    """The band from (day, lists) of earlier days of one type; None where there are fewer than `least`.

    Median and MAD are used because one strike or one undeclared promotion among the days must not widen the
    band: up to half of them can be anything without moving it beyond the others.
    """
    if len(history) < least or not history:
        return None
    lists = [count for _, count in history]
    middle = float(median(lists))
    spread = max(MAD_TO_SIGMA * median(abs(each - middle) for each in lists), LEAST_SPREAD * middle)
    return Band(
        low=max(0, round(middle - spreads * spread)),
        high=round(middle + spreads * spread),
        median=middle,
        spread=spread,
        spreads=spreads,
        days=len(history),
        first=min(day for day, _ in history),
        last=max(day for day, _ in history),
    )
