"""Goods: what was released, by HS chapter and heading and by country."""

from __future__ import annotations

import polars as pl

from transforms.examples.goods import EXAMPLES
from transforms.families.family import Family, Inputs
from transforms.goods import countries_daily, goods_daily, released_lines
from transforms.goods_tables import COUNTRIES_DAILY, GOODS_DAILY


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    lines = released_lines(inputs.lists, inputs.dates)
    return {GOODS_DAILY.name: goods_daily(lines), COUNTRIES_DAILY.name: countries_daily(lines)}


FAMILY = Family("goods", (GOODS_DAILY, COUNTRIES_DAILY), _compute, examples=EXAMPLES)
