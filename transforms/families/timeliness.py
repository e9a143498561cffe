"""Timeliness and quality: what came of a day, how late, and how much of it was usable."""

from __future__ import annotations

import polars as pl

from transforms.examples.timeliness import EXAMPLES
from transforms.families.family import Family, Inputs, Read
from transforms.timeliness import timeliness_daily
from transforms.timeliness_tables import TIMELINESS_DAILY

_DELIVERIES, _QUARANTINE = "ledger.deliveries", "quarantine.rows"


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    return {
        TIMELINESS_DAILY.name: timeliness_daily(
            inputs.rows[_DELIVERIES],
            inputs.rows[_QUARANTINE],
            inputs.lists,
            inputs.dates,
            inputs.zone,
            inputs.stated,
        )
    }


FAMILY = Family(
    "timeliness",
    (TIMELINESS_DAILY,),
    _compute,
    reads=(
        Read(_DELIVERIES, ("kind", "loaded_at", "delay_quarters", "documents")),
        Read(_QUARANTINE, ("kind", "status")),
    ),
    examples=EXAMPLES,
)
