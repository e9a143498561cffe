"""What a zone states about itself and figures are held against: capacity, targets, thresholds, tolerance.

Plain values, so that transforms read no configuration; flows make it of the zone file.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Target:
    """A yearly target: `measure` is one of sources.zone.TARGET_MEASURES, `value` in its unit."""

    year: int
    measure: str
    value: Decimal


@dataclass(frozen=True)
class Stated:
    """None or empty where the zone states nothing."""

    lists_per_day: int | None = None  # capacity
    peak_day_lists: int | None = None  # highest day so far
    lists_per_hour: int | None = None  # capacity of an hour
    baseline_year: int | None = None
    baseline_import_h: Decimal | None = None  # mean overall clearance of that year
    baseline_export_h: Decimal | None = None
    targets: tuple[Target, ...] = ()
    thresholds_h: tuple[Decimal, ...] = ()  # durations at which the zone is assessed
    tolerance_cny: Decimal = Decimal(0)  # how far two amounts may lie apart and still match
    expected_kinds: tuple[str, ...] = ()  # kinds of documents that come every day
    #: Smallest value (CNY, last 365 days) of each size class, largest first: (class, from).
    size_classes: tuple[tuple[str, Decimal], ...] = ()
