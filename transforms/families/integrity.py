"""Integrity of the record: states that add up, vanished and rewritten records with their effect, bunching."""

from __future__ import annotations

import polars as pl

from transforms.bunching import bunching_daily
from transforms.families.family import Family, Inputs, Read
from transforms.integrity import REWRITTEN, VANISHED, integrity_daily, records_daily
from transforms.integrity_tables import BUNCHING_DAILY, INTEGRITY_DAILY, RECORDS_DAILY, STATES_DAILY
from transforms.states import states_daily

#: A release is told again with a time some days off at most; the ledger is small.
_READS = (
    Read("ledger.vanished", VANISHED),
    Read("ledger.rewritten", REWRITTEN, before=7, after=60),
)


def _compute(inputs: Inputs) -> dict[str, pl.LazyFrame]:
    vanished, rewritten = (inputs.rows[each.table] for each in _READS)
    return {
        STATES_DAILY.name: states_daily(inputs.lists, inputs.dates),
        RECORDS_DAILY.name: records_daily(vanished, rewritten, inputs.dates),
        INTEGRITY_DAILY.name: integrity_daily(inputs.lists, rewritten, inputs.dates),
        BUNCHING_DAILY.name: bunching_daily(inputs.lists, inputs.dates, inputs.stated.thresholds_h),
    }


FAMILY = Family(
    "integrity",
    (STATES_DAILY, RECORDS_DAILY, INTEGRITY_DAILY, BUNCHING_DAILY),
    _compute,
    _READS,
    examples_page="method-integrity.md",
)
