# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Tax bills by day and kind, and against the 70 % rule: drawn bills, and a plainer computation."""

from datetime import timedelta
from decimal import Decimal

import plain_figures as plain
import polars as pl
from drawn_tables import DAY, documents, expect, rates
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.lists import build
from transforms.tax_daily import TAX_DAILY, TAX_FORMULA_DAILY, tax_daily, tax_formula_daily

LISTS = """
guid | app_type | app_at | order_no | ebc_code | trade_mode | customs_code | invt_no
G1   | 1        | 08:00  | O1       | E        | 1210       | 4604         | N1
G2   | 1        | 08:00  | O2       | E        | 9610       | 4604         | N2
G3   | 1        | 08:00  | O3       | E        | 9610       | 4604         | N3
"""
#: N1_0: 100 at 13 % and 200 at 9 %, to the fen: 9.10 + 12.60 = 21.70. N2_0: 100 with consumption tax 20:
#: (70 + 20) x 13 % + 20 = 31.70, states 31.72, more than a fen too much. N3_0 bears duty. N3_1 is void later,
#: N2_0 summarised the day after.
BILLS = """
return_at | tax_no | invt_no | status | customs_tax | value_added_tax | consumption_tax | item_tax_price | item_customs_tax | item_value_added_tax | item_consumption_tax
09:00     | N1_0   | N1      | 1      | 0           | 21.70           | 0               | 100 200        | 0 0              | 9.10 12.60           | 0 0
09:00     | N2_0   | N2      | 1      | 0           | 11.72           | 20              | 100            | 0                | 11.72                | 20
09:00     | N3_0   | N3      | 1      | 5           | 14              | 0               | 100            | 5                | 14                   | 0
09:10     | N3_1   | N3      | 1      | 0           | 9               | 0               | 100            | 0                | 9                    | 0
+1 09:00  | N3_1   | N3      | 3      | 0           | 9               | 0               | 100            | 0                | 9                    | 0
"""


def lists():
    statuses = "return_at | tax_no | status\n+1 08:00 | N2_0 | 2"
    return build(documents(import_lists=LISTS, tax_bills=BILLS, tax_bill_statuses=statuses), rates()).lists


def test_bills_count_when_made_summarised_and_void():
    found = tax_daily(lists(), [DAY, DAY + timedelta(days=1)])
    assert dict(found.collect_schema()) == TAX_DAILY.schema
    expect(
        found.filter((pl.col("flow") == "all") & (pl.col("mode") == "all") & (pl.col("office") == "all")),
        """
        business_date | basis      | bills | customs_tax_cny | value_added_tax_cny | consumption_tax_cny | tax_cny
        2026-11-11    | assessed   | 4     | 5.00000         | 56.42000            | 20.00000            | 81.42000
        2026-11-12    | summarised | 1     | 0.00000         | 11.72000            | 20.00000            | 31.72000
        2026-11-12    | void       | 1     | 0.00000         | 9.00000             | 0.00000             | 9.00000
        """,
    )


def test_bills_against_the_rule():
    found = tax_formula_daily(lists(), [DAY])
    assert dict(found.collect_schema()) == TAX_FORMULA_DAILY.schema
    # N3_1 states 9 where 9.10 (13 %) or 6.30 (9 %) is expected: below.
    expect(
        found.filter((pl.col("flow") == "I") & (pl.col("office") == "4604")),
        """
        mode | bills | undecided | compared | dutiable_cny | stated_cny | expected_cny | difference_cny | above | below
        1210 | 1     | 0         | 1        | 300.00000    | 21.70000   | 21.70000     | 0.00000        | 0     | 0
        9610 | 3     | 1         | 2        | 200.00000    | 40.72000   | 40.80000     | -0.08000       | 1     | 1
        all  | 4     | 1         | 3        | 500.00000    | 62.42000   | 62.50000     | -0.08000       | 1     | 1
        """,
    )


def test_one_fen_a_line_is_rounding():
    bills = """
    return_at | tax_no | invt_no | status | customs_tax | value_added_tax | consumption_tax | item_tax_price | item_customs_tax | item_value_added_tax | item_consumption_tax
    09:00     | N1_0   | N1      | 1      | 0           | 9.11            | 0               | 100            | 0                | 9.11                 | 0
    09:00     | N2_0   | N2      | 1      | 0           | 9.08999         | 0               | 100            | 0                | 9.08999              | 0
    09:00     | N3_0   | N3      | 1      | 0           | 9               | 0               |                |                  |                      |
    """
    found = tax_formula_daily(build(documents(import_lists=LISTS, tax_bills=bills), rates()).lists, [DAY])
    expect(
        found.filter((pl.col("flow") == "all") & (pl.col("mode") == "all") & (pl.col("office") == "all")),
        "compared | undecided | above | below\n2 | 1 | 0 | 1",
    )


times = plain.hours.map(lambda hour: None if hour is None else plain.MIDNIGHT + timedelta(hours=hour))
cents = st.integers(0, 3).map(lambda each: Decimal(each) / 100)
bills = st.fixed_dictionaries(
    {
        "assessed_at": times,
        "void_at": times,
        "customs_tax_cny": cents,
        "value_added_tax_cny": cents,
        "consumption_tax_cny": cents,
        "items": st.integers(1, 2),
        "dutiable_cny": st.integers(0, 2).map(Decimal),
        "expected_cny": st.one_of(st.none(), cents),
    }
)
summaries = st.fixed_dictionaries(
    {"at": times, **{f"{name}_tax_cny": cents for name in ("customs", "value_added", "consumption")}}
)
records = st.lists(
    st.fixed_dictionaries(
        {
            "flow": st.just("I"),
            "mode": plain.modes,
            "office": plain.offices,
            "tax_bills": st.lists(bills, max_size=3),
            "tax_summaries": st.lists(summaries, max_size=2),
        }
    ),
    max_size=6,
)
OVER = ("flow", "mode", "office")


@settings(max_examples=25, deadline=None)
@given(records)
def test_tax_against_a_plainer_computation(drawn):
    events = [
        {**each, **bill, "basis": basis}
        for each in drawn
        for basis, column, time in (
            ("assessed", "tax_bills", "assessed_at"),
            ("summarised", "tax_summaries", "at"),
            ("void", "tax_bills", "void_at"),
        )
        for bill in each[column]
        if bill[time] and bill[time].date() == plain.DAY
    ]
    for bill in events:
        bill["tax_cny"] = bill["customs_tax_cny"] + bill["value_added_tax_cny"] + bill["consumption_tax_cny"]
    wanted = {
        key: {
            "bills": len(rows),
            **{
                name: sum(row[name] for row in rows)
                for name in ("customs_tax_cny", "value_added_tax_cny", "consumption_tax_cny", "tax_cny")
            },
        }
        for key, rows in plain.grouped(events, OVER, by=("basis",)).items()
    }
    frame = plain.lists_of(drawn)
    plain.agree(tax_daily(frame, [plain.DAY]), wanted, ("basis", *OVER))

    wanted = {}
    made = [event for event in events if event["basis"] == "assessed"]
    for key, rows in plain.grouped(made, OVER).items():
        sure = [row for row in rows if row["expected_cny"] is not None]
        off = [(row["tax_cny"] - row["expected_cny"], Decimal("0.01") * row["items"]) for row in sure]
        stated, dutiable = (sum(row[name] for row in sure) for name in ("tax_cny", "dutiable_cny"))
        wanted[key] = {
            "bills": len(rows),
            "compared": len(sure),
            "undecided": len(rows) - len(sure),
            "stated_cny": stated,
            "dutiable_cny": dutiable,
            "difference_cny": sum(difference for difference, _ in off),
            "above": sum(difference > slack for difference, slack in off),
            "below": sum(difference < -slack for difference, slack in off),
            "effective_rate": float(stated) / float(dutiable) if dutiable else None,
        }
    plain.agree(tax_formula_daily(frame, [plain.DAY]), wanted, OVER)
