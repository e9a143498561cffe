"""Payments: paid, by institution, and the times around payment."""

from __future__ import annotations

import polars as pl

from transforms.examples import payments as examples
from transforms.families.family import Family, Inputs
from transforms.payments import (
    NEEDED,
    PAYMENT_TIMES_DAILY,
    PAYMENTS_DAILY,
    payment_times_daily,
    payments_daily,
)


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    lists = inputs.lists.select(NEEDED)
    return {
        PAYMENTS_DAILY.name: payments_daily(lists, inputs.dates),
        PAYMENT_TIMES_DAILY.name: payment_times_daily(lists, inputs.dates),
    }


FAMILY = Family("payments", (PAYMENTS_DAILY, PAYMENT_TIMES_DAILY), _compute, examples=examples.EXAMPLES)
