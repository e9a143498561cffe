"""Reduction: overall clearance time against the baseline year of the zone."""

from __future__ import annotations

import polars as pl

from transforms.examples.reduction import EXAMPLES
from transforms.families.family import Family, Inputs
from transforms.reduction import REDUCTION_DAILY, reduction_daily


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    return {REDUCTION_DAILY.name: reduction_daily(inputs.lists, inputs.dates, inputs.stated)}


FAMILY = Family("reduction", (REDUCTION_DAILY,), _compute, examples=EXAMPLES)
