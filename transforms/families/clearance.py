"""Clearance: how long it took, and the hours not charged to customs."""

from __future__ import annotations

import polars as pl

from transforms.clearance import clearance_daily, exclusions_daily
from transforms.clearance_tables import CLEARANCE_DAILY, EXCLUSIONS_DAILY
from transforms.families.family import Family, Inputs


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    return {
        CLEARANCE_DAILY.name: clearance_daily(inputs.lists, inputs.dates, inputs.observed_until),
        EXCLUSIONS_DAILY.name: exclusions_daily(inputs.lists, inputs.dates, inputs.observed_until),
    }


FAMILY = Family(
    "clearance",
    (CLEARANCE_DAILY, EXCLUSIONS_DAILY),
    _compute,
    examples_page="method-clearance-time.md",  # its tests read and compute the examples there
)
