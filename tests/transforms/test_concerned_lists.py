"""A list that can never have an event stands in no denominator of it, and is not waited for."""

from datetime import datetime

import polars as pl
import pytest
from drawn_tables import DAY, expect, frame
from plain_figures import lists_of

from transforms.clearance import clearance_daily
from transforms.schemas import LISTS

#: Two lists leave the zone by its gate, one import comes directly, two are exports.
DRAWN = """
zone | flow | mode | order_no | accepted_at | released_at | gate_out_at | signed_at
z    | I    | 1210 | O1       | 08:00       | 09:00       | 11:00       |
z    | I    | 1239 | O2       | 08:00       | 09:00       | 12:00       | +1 09:00
z    | I    | 9610 | O3       | 08:00       | 09:00       |             | +1 09:00
z    | E    | 9610 | O4       | 08:00       | 09:00       |             |
z    | E    | 1210 | O5       | 08:00       | 09:00       |             |
"""
UNTIL = datetime(2026, 12, 12)


def figures(measure: str) -> pl.LazyFrame:
    found = clearance_daily(lists_of(frame(DRAWN, LISTS).to_dicts()), [DAY], UNTIL)
    return found.filter((pl.col("measure") == measure) & (pl.col("office") == "all"))


def test_the_gate_is_waited_for_by_bonded_imports_alone():
    expect(
        figures("gate_out"),
        """
        basis      | flow | mode | n | sum_h | mean_h | within_24h | open | undefined
        release    | I    | 1210 | 1 | 2     | 2      | 1          | 0    | 0
        release    | I    | 1239 | 1 | 3     | 3      | 1          | 0    | 0
        release    | I    | all  | 2 | 5     | 2.5    | 1          | 0    | 0
        release    | all  | 1210 | 1 | 2     | 2      | 1          | 0    | 0
        release    | all  | 1239 | 1 | 3     | 3      | 1          | 0    | 0
        release    | all  | all  | 2 | 5     | 2.5    | 1          | 0    | 0
        acceptance | I    | 1210 | 1 | 2     | 2      | 1          | 0    | 0
        acceptance | I    | 1239 | 1 | 3     | 3      | 1          | 0    | 0
        acceptance | I    | all  | 2 | 5     | 2.5    | 1          | 0    | 0
        acceptance | all  | 1210 | 1 | 2     | 2      | 1          | 0    | 0
        acceptance | all  | 1239 | 1 | 3     | 3      | 1          | 0    | 0
        acceptance | all  | all  | 2 | 5     | 2.5    | 1          | 0    | 0
        """,
    )


@pytest.mark.parametrize("flow", ["I", "all"])
def test_a_signature_is_waited_for_by_imports_alone(flow: str):
    # O1 was not signed: released at 09:00 of the 11th, seen until midnight before the 12th of December.
    expect(
        figures("delivery").filter((pl.col("flow") == flow) & (pl.col("mode") == "all")),
        """
        basis      | n | mean_h | median_h | within_24h         | open | oldest_open_h | undefined
        release    | 2 | 24     | 24       | 1                  | 0    |               | 1
        acceptance | 3 |        | 24       | 0.6666666666666666 | 1    | 735           | 0
        """,
    )


def test_a_measure_of_all_lists_has_them_all():
    expect(
        figures("customs_gross").filter((pl.col("flow") == "all") & (pl.col("mode") == "all")),
        "basis | n | mean_h | open\nrelease | 5 | 1 | 0\nacceptance | 5 | 1 | 0",
    )
