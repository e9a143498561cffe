"""Reconciliation: whether the documents of every purchase agree, and which of them are there."""

from __future__ import annotations

import polars as pl

from transforms.examples.reconciliation import EXAMPLES
from transforms.families.family import Family, Inputs, Read
from transforms.reconciliation.daily import NEEDED, reconciliation_daily, reconciliation_patterns_daily
from transforms.reconciliation.tables import RECONCILIATION_DAILY, RECONCILIATION_PATTERNS_DAILY

_ROWS = Read("core.reconciliation", NEEDED)


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    rows = inputs.rows[_ROWS.table]
    return {
        RECONCILIATION_DAILY.name: reconciliation_daily(rows, inputs.dates),
        RECONCILIATION_PATTERNS_DAILY.name: reconciliation_patterns_daily(rows, inputs.dates),
    }


FAMILY = Family(
    "reconciliation",
    (RECONCILIATION_DAILY, RECONCILIATION_PATTERNS_DAILY),
    _compute,
    reads=(_ROWS,),
    examples=EXAMPLES,
)
