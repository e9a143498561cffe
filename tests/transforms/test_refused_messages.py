"""A refused message about an accepted list is counted, and leaves the list as it is."""

from datetime import datetime

import polars as pl
import pytest
from drawn_tables import DAY, documents, expect, rates

from transforms.clearance import clearance_daily
from transforms.declarations import declarations_daily, rejections_daily
from transforms.lists import build
from transforms.statuses import MESSAGE_REFUSED

VERSIONS = """
guid | app_type | app_at | order_no | ebc_code
G1   | 1        | 08:00  | O1       | E
G2   | 1        | 08:00  | O2       | E
G3   | 1        | 08:00  | O3       | E
"""
#: A change of O1 is refused under inspection, a stale copy of O2, told twice; O3 is never accepted.
RECEIPTS = """
guid | return_status | return_at | return_info
G1   | 120           | 08:10     |
G1   | 500           | 08:15     |
G1   | -621043       | 08:20     | 清单目前的状态不允许进行改单申报操作
G1   | 800           | 20:00     |
G2   | 120           | 08:10     |
G2   | -621055       | 08:20     | 已存在较新清单
G2   | -621055       | 08:25     | 已存在较新清单
G3   | -621041       | 08:20     | 存在已申报清单
"""


def lists() -> pl.LazyFrame:
    return build(documents(import_lists=VERSIONS, import_list_receipts=RECEIPTS), rates()).lists


def test_the_accepted_lists_stay_as_they_are():
    expect(
        lists().with_columns(pl.col("exclusions").list.len().cast(pl.Int64)),
        """
        order_no | state    | exclusions | error_at | inspected_next_at
        O1       | released | 0          |          | 20:00
        O2       | accepted | 0          |          |
        O3       | rejected | 1          | 08:20    |
        """,
    )
    found = clearance_daily(lists(), [DAY], datetime(2026, 11, 12))
    whole = pl.all_horizontal(pl.col("flow", "mode", "office") == "all")
    expect(
        found.filter(
            whole, pl.col("measure").is_in(["customs_gross", "customs_net"]), pl.col("basis") == "release"
        ),
        f"""
        measure       | n | mean_h         | excluded_h | open
        customs_gross | 1 | {11 + 50 / 60} | 0          | 1
        customs_net   | 1 | {11 + 50 / 60} | 0          | 1
        """,
    )


def test_they_are_counted_as_refused_messages_and_no_list_as_rejected():
    whole = pl.all_horizontal(pl.col("flow", "mode", "office") == "all")
    expect(declarations_daily(lists(), [DAY]).filter(whole), "declared | rejected | redeclared\n3 | 1 | 0")
    expect(
        rejections_daily(lists(), [DAY]).filter((pl.col("flow") == "all") & (pl.col("mode") == "all")),
        """
        reason          | rejections | first_rejections
        duplicate_key   | 1          | 1
        message_refused | 2          | 0
        all             | 3          | 1
        """,
    )


@pytest.mark.parametrize("code", MESSAGE_REFUSED)
def test_before_acceptance_it_rejects_the_list(code: int):
    for before, state in (("G1 | 120 | 08:10", "accepted"), ("G1 | 2 | 08:10", "rejected")):
        drawn = f"guid | return_status | return_at\n{before}\nG1 | {code} | 08:20"
        found = build(documents(import_lists=VERSIONS, import_list_receipts=drawn), rates()).lists
        expect(found.filter(pl.col("order_no") == "O1"), f"state\n{state}")
