"""Volume: how much was declared, accepted and released."""

from __future__ import annotations

import polars as pl

from transforms.examples.volume import EXAMPLES
from transforms.families.family import Family, Inputs
from transforms.volume import VOLUME_DAILY, volume_daily


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    return {VOLUME_DAILY.name: volume_daily(inputs.lists, inputs.dates)}


FAMILY = Family("volume", (VOLUME_DAILY,), _compute, examples=EXAMPLES)
