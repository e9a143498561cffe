"""Cancellations and returns: asked for, granted, refused, in time, and their rates."""

from __future__ import annotations

import polars as pl

from transforms.examples import returns as examples
from transforms.families.family import Family, Inputs
from transforms.returns import RETURN_RATES_DAILY, RETURNS_DAILY, return_rates_daily, returns_daily


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    return {
        RETURNS_DAILY.name: returns_daily(inputs.lists, inputs.dates),
        RETURN_RATES_DAILY.name: return_rates_daily(inputs.lists, inputs.dates),
    }


FAMILY = Family("returns", (RETURNS_DAILY, RETURN_RATES_DAILY), _compute, examples=examples.EXAMPLES)
