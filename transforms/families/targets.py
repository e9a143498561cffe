"""Targets: what a day adds to the yearly targets; the pace is the view metrics.targets_pace over it."""

from __future__ import annotations

import polars as pl

from transforms.examples.targets import EXAMPLES
from transforms.families.family import Family, Inputs, Read
from transforms.targets import TARGETS_DAILY, TARGETS_PACE, targets_daily

_FIRSTS = "core.enterprises"


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    return {
        TARGETS_DAILY.name: targets_daily(
            inputs.lists, inputs.rows[_FIRSTS], inputs.dates, inputs.zone, inputs.stated
        )
    }


FAMILY = Family(
    "targets",
    (TARGETS_DAILY,),
    _compute,
    reads=(Read(_FIRSTS, ("role", "code")),),
    examples=EXAMPLES,
    views=(TARGETS_PACE,),
)
