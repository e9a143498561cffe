# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Declarations of a day and the reasons of rejections: drawn lists, and a plainer computation."""

from datetime import timedelta

import plain_figures as plain
import polars as pl
from drawn_tables import DAY, documents, expect, rates
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.phrases import PHRASES
from transforms.declarations import (
    DECLARATIONS_DAILY,
    REJECTIONS_DAILY,
    declarations_daily,
    rejections_daily,
)
from transforms.lists import build
from transforms.rejections import REASONS

#: O1 is changed (appType 2) before anything is answered; O2 is rejected and declared again; O3 is rejected
#: for good; O4 waits for its goods; O5 was declared before its inbound detail was accepted.
LISTS = """
guid | app_type | app_at | order_no | ebc_code | trade_mode | customs_code | logistics_code | logistics_no
G1   | 1        | 08:00  | O1       | E        | 1210       | 4604         |                |
G1b  | 2        | 08:10  | O1       | E        | 1210       | 4604         |                |
G2   | 1        | 08:00  | O2       | E        | 9610       | 4604         |                |
G2b  | 1        | 10:00  | O2       | E        | 9610       | 4604         |                |
G3   | 1        | 08:00  | O3       | E        | 9610       | 4604         |                |
G4   | 1        | 08:00  | O4       | E        | 9610       | 4604         |                |
G5   | 1        | 08:00  | O5       | E        | 9610       | 4604         | L              | W5
"""
RECEIPTS = """
guid | return_status | return_at | return_info
G1b  | 120           | 08:20     |
G1b  | 300           | 08:21     | 待人工审核
G2   | 100           | 09:00     | 订购人与支付人不匹配
G2   | 100           | 09:05     | 订购人与支付人不匹配
G2b  | 120           | 10:01     |
G2b  | 500           | 10:02     | 查验
G3   | -621001       | +1 09:00  | 报文校验失败;商品编码未备案
G3   | 4             | +1 09:30  |
G4   | 120           | 08:01     |
G4   | 400           | 08:02     |
G5   | 120           | 08:01     |
"""
INBOUND = "guid | app_type | app_at | customs_code | cop_no | logistics_code | item_logistics_no\nR1 | 1 | 08:30 | 4604 | C1 | L | W5"


def lists():
    return build(
        documents(import_lists=LISTS, import_list_receipts=RECEIPTS, inbound_details=INBOUND), rates()
    ).lists


def test_declarations_of_a_day():
    found = declarations_daily(lists(), [DAY])
    assert dict(found.collect_schema()) == DECLARATIONS_DAILY.schema
    expect(
        found.filter((pl.col("flow") == "I") & (pl.col("office") == "all")),
        """
        mode | declared | accepted | arrival_known | early | amended | rejected | redeclared | inspected | reviewed | early_share | rejected_share | redeclared_share | two_step | paperless
        1210 | 1        | 1        | 0             | 0     | 1       | 0        | 0          | 0         | 1        |             | 0              |                  |          |
        9610 | 4        | 3        | 2             | 2     | 0       | 2        | 1          | 1         | 0        | 1           | 0.5            | 0.5              |          |
        all  | 5        | 4        | 2             | 2     | 1       | 2        | 1          | 1         | 1        | 1           | 0.4            | 0.5              |          |
        """,
    )


def test_rejections_count_on_their_own_day_by_the_first_reason_known():
    found = rejections_daily(lists(), [DAY, DAY + timedelta(days=1)])
    assert dict(found.collect_schema()) == REJECTIONS_DAILY.schema
    expect(
        found.filter((pl.col("flow") == "all") & (pl.col("mode") == "all")),
        """
        business_date | reason         | rejections | first_rejections
        2026-11-11    | payer          | 1          | 1
        2026-11-11    | all            | 1          | 1
        2026-11-12    | unknown_goods  | 1          | 1
        2026-11-12    | sending_failed | 1          | 0
        2026-11-12    | all            | 2          | 1
        """,
    )


def test_every_phrase_of_a_reason_is_one_that_is_kept():
    assert not {phrase for phrases in REASONS.values() for phrase in phrases} - set(PHRASES)


times = plain.hours.map(lambda hour: None if hour is None else plain.MIDNIGHT + timedelta(hours=hour))
mostly_today = st.integers(0, 25).map(lambda hour: plain.MIDNIGHT + timedelta(hours=hour))
#: Few, so that repairs begin with rejections now and then.
few = st.sampled_from([0, 1, 25]).map(lambda hour: plain.MIDNIGHT + timedelta(hours=hour))
records = st.lists(
    st.fixed_dictionaries(
        {
            "flow": plain.flows,
            "mode": plain.modes,
            "office": plain.offices,
            **dict.fromkeys(
                (
                    *("accepted_at", "arrived_at", "waiting_at"),
                    *("inspected_at", "review_at", "amended_at"),
                ),
                times,
            ),
            "declared_at": mostly_today,
            "rejections": st.lists(
                st.fixed_dictionaries({"at": few, "reason": st.sampled_from(["payer", "other"])}),
                max_size=2,
            ),
            "exclusions": st.lists(
                st.fixed_dictionaries(
                    {
                        "reason": st.sampled_from(["repair", "arrival"]),
                        "start_at": few,
                        "end_at": times,
                    }
                ),
                max_size=2,
            ),
        }
    ),
    max_size=7,
)
OVER = ("flow", "mode", "office")


@settings(max_examples=25, deadline=None)
@given(records)
def test_declarations_against_a_plainer_computation(drawn):
    ours = [each for each in drawn if each["declared_at"] and each["declared_at"].date() == plain.DAY]
    wanted = {}
    for key, rows in plain.grouped(ours, OVER).items():
        through = [row for row in rows if row["accepted_at"]]
        arrival = [row for row in rows if row["arrived_at"] or row["waiting_at"]]
        early = [row for row in arrival if row["waiting_at"] or row["declared_at"] < row["arrived_at"]]
        rejected = [row for row in rows if row["rejections"]]
        again = [
            row
            for row in rejected
            if any(
                (each["reason"], each["start_at"]) == ("repair", refused["at"]) and each["end_at"]
                for each in row["exclusions"]
                for refused in row["rejections"]
            )
        ]
        inspected = [row for row in through if row["inspected_at"]]
        wanted[key] = {
            "declared": len(rows),
            "accepted": len(through),
            "arrival_known": len(arrival),
            "early": len(early),
            "amended": sum(row["amended_at"] is not None for row in rows),
            "rejected": len(rejected),
            "redeclared": len(again),
            "inspected": len(inspected),
            "reviewed": sum(row["review_at"] is not None for row in through),
            "early_share": len(early) / len(arrival) if arrival else None,
            "rejected_share": len(rejected) / len(rows),
            "redeclared_share": len(again) / len(rejected) if rejected else None,
            "inspected_share": len(inspected) / len(through) if through else None,
            "two_step": None,
            "paperless": None,
        }
    frame = plain.lists_of(drawn)
    plain.agree(declarations_daily(frame, [plain.DAY]), wanted, OVER)
    events = [
        {**each, **one, "first": place == 0}
        for each in drawn
        for place, one in enumerate(each["rejections"])
        if one["at"] and one["at"].date() == plain.DAY
    ]
    wanted = {
        key: {"rejections": len(rows), "first_rejections": sum(row["first"] for row in rows)}
        for key, rows in plain.grouped(events, ("flow", "mode", "reason")).items()
    }
    plain.agree(rejections_daily(frame, [plain.DAY]), wanted, ("flow", "mode", "reason"))
