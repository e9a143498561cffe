"""Capacity: peaks, and the day against what the zone states it can carry."""

from __future__ import annotations

import polars as pl

from transforms.capacity import CAPACITY_DAILY, capacity_daily
from transforms.examples.capacity import EXAMPLES
from transforms.families.family import Family, Inputs


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    return {CAPACITY_DAILY.name: capacity_daily(inputs.lists, inputs.dates, inputs.zone, inputs.stated)}


FAMILY = Family("capacity", (CAPACITY_DAILY,), _compute, examples=EXAMPLES)
