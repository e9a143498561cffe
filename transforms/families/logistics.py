"""Logistics: carriers, transport modes, countries, corridors, and the times to the signature."""

from __future__ import annotations

import polars as pl

from transforms.examples import logistics as examples
from transforms.families.family import Family, Inputs
from transforms.logistics import (
    CORRIDORS_DAILY,
    DELIVERY_TIMES_DAILY,
    LOGISTICS_DAILY,
    ROUTES_DAILY,
    corridors_daily,
    delivery_times_daily,
    logistics_daily,
    routes_daily,
)

_TABLES = {
    LOGISTICS_DAILY: logistics_daily,
    ROUTES_DAILY: routes_daily,
    CORRIDORS_DAILY: corridors_daily,
    DELIVERY_TIMES_DAILY: delivery_times_daily,
}


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    return {table.name: computing(inputs.lists, inputs.dates) for table, computing in _TABLES.items()}


FAMILY = Family("logistics", tuple(_TABLES), _compute, examples=examples.EXAMPLES)
