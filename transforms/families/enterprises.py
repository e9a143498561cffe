"""Enterprises: active and new ones by role and size class, and concentration."""

from __future__ import annotations

import polars as pl

from transforms.enterprise_tables import CLASS_DAYS, ENTERPRISES_DAILY
from transforms.enterprises import enterprises_daily
from transforms.examples.enterprises import EXAMPLES
from transforms.families.family import Family, Inputs, Read

_DAYS, _FIRSTS = "core.enterprise_days", "core.enterprises"


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    return {
        ENTERPRISES_DAILY.name: enterprises_daily(
            inputs.rows[_DAYS], inputs.rows[_FIRSTS], inputs.dates, inputs.stated
        )
    }


FAMILY = Family(
    "enterprises",
    (ENTERPRISES_DAILY,),
    _compute,
    reads=(
        Read(_DAYS, ("role", "code", "flow", "lists", "value_cny"), before=CLASS_DAYS - 1),
        Read(_FIRSTS, ("role", "code")),
    ),
    examples=EXAMPLES,
)
