"""Declarations: early, amended, rejected with reasons, inspected, reviewed."""

from __future__ import annotations

import polars as pl

from transforms.declarations import (
    DECLARATIONS_DAILY,
    REJECTIONS_DAILY,
    declarations_daily,
    rejections_daily,
)
from transforms.examples import declarations as examples
from transforms.families.family import Family, Inputs


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    return {
        DECLARATIONS_DAILY.name: declarations_daily(inputs.lists, inputs.dates),
        REJECTIONS_DAILY.name: rejections_daily(inputs.lists, inputs.dates),
    }


FAMILY = Family("declarations", (DECLARATIONS_DAILY, REJECTIONS_DAILY), _compute, examples=examples.EXAMPLES)
