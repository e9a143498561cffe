"""Tax: bills made, summarised and void, and against the 70 % rule."""

from __future__ import annotations

import polars as pl

from transforms.examples import tax as examples
from transforms.families.family import Family, Inputs
from transforms.tax_daily import TAX_DAILY, TAX_FORMULA_DAILY, tax_daily, tax_formula_daily


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    return {
        TAX_DAILY.name: tax_daily(inputs.lists, inputs.dates),
        TAX_FORMULA_DAILY.name: tax_formula_daily(inputs.lists, inputs.dates),
    }


FAMILY = Family("tax", (TAX_DAILY, TAX_FORMULA_DAILY), _compute, examples=examples.EXAMPLES)
