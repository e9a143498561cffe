"""Cancellations and returns: a drawn day, the edges of the windows, and a plainer computation."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import plain_figures as plain
import polars as pl
import pytest
from drawn_tables import DAY, documents, expect, rates
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.lists import build
from transforms.returns import RETURN_RATES_DAILY, RETURNS_DAILY, return_rates_daily, returns_daily

LISTS = """
guid | app_type | app_at | order_no | ebc_code | trade_mode | customs_code | invt_no | currency | item_total_price | item_currency
G1   | 1        | 08:00  | O1       | E        | 9610       | 4604         | N1      | 142      | 100              | 142
G2   | 1        | 08:00  | O2       | E        | 9610       | 4604         | N2      | 142      | 200              | 142
G3   | 1        | 08:00  | O3       | E        | 9610       | 4604         | N3      | 142      | 300              | 142
G4   | 1        | 08:00  | O4       | E        | 9610       | 4604         | N4      | 142      | 400              | 142
"""
RECEIPTS = """
guid | return_status | return_at
G1   | 800           | 09:00
G2   | 800           | 09:00
G4   | 800           | 09:00
"""
#: O1 is asked back twice and granted; O2 is refused (the answer names the list only); the request for O4 is
#: refused first and granted a day later. O3 is withdrawn.
RETURNS = """
guid | app_type | app_at   | ebc_code | order_no | agent_code | cop_no | invt_no
R1   | 1        | 20:00    |          |          | A          | C1     | N1
R1b  | 2        | 21:00    |          |          | A          | C1     | N1
R2   | 1        | 21:00    | E        | O2       | A          | C2     |
R4   | 1        | 22:00    |          |          | A          | C4     | N4
"""
ANSWERS = """
guid | agent_code | cop_no | invt_no | return_status | return_at
R1   | A          | C1     |         | 2             | 20:01
R1b  | A          | C1     |         | 399           | 23:00
R1b  | A          | C1     |         | 800           | 23:30
     |            |        | N2      | 100           | 22:00
R4   | A          | C4     |         | -625001       | 22:30
R4   | A          | C4     |         | 800           | +1 22:00
"""


def lists():
    return build(
        documents(
            import_lists=LISTS,
            import_list_receipts=RECEIPTS,
            import_returns=RETURNS,
            import_return_receipts=ANSWERS,
            import_cancellations="guid | app_type | app_at | invt_no\nK3 | 1 | 10:00 | N3",
            import_cancellation_receipts="guid | return_status | return_at\nK3 | 399 | 11:00",
        ),
        rates(),
    ).lists


def test_requests_of_the_lists():
    expect(
        lists(),
        """
        order_no | cancel_asked_at | cancel_refused_at | cancelled_at | return_asked_at | return_refused_at | returned_at
        O1       |                 |                   |              | 20:00           |                   | 23:00
        O2       |                 |                   |              | 21:00           | 22:00             |
        O3       | 10:00           |                   | 11:00        |                 |                   |
        O4       |                 |                   |              | 22:00           |                   | +1 22:00
        """,
    )


def test_requests_count_on_their_own_days():
    found = returns_daily(lists(), [DAY])
    assert dict(found.collect_schema()) == RETURNS_DAILY.schema
    expect(
        found.filter(pl.all_horizontal(pl.col("flow", "mode", "office") == "all")),
        """
        request      | basis   | lists | value_cny | windowed | in_window | in_window_share | n | mean_h
        return       | asked   | 3     | 700.00000 | 3        | 3         | 1               |   |
        return       | granted | 1     | 100.00000 | 1        | 1         | 1               | 1 | 3
        return       | refused | 1     | 200.00000 | 0        | 0         |                 | 1 | 1
        cancellation | asked   | 1     | 300.00000 | 0        | 0         |                 |   |
        cancellation | granted | 1     | 300.00000 | 0        | 0         |                 | 1 | 1
        """,
    )


def test_rates_are_of_the_day_of_declaration_and_of_release():
    found = return_rates_daily(lists(), [DAY])
    assert dict(found.collect_schema()) == RETURN_RATES_DAILY.schema
    expect(
        found.filter(pl.all_horizontal(pl.col("flow", "mode", "office") == "all")),
        """
        declared | cancelled | cancelled_share | released | return_asked | returned | returned_share | released_cny | returned_cny
        4        | 1         | 0.25            | 3        | 3            | 2        | 0.6666666666666666 | 700.00000 | 500.00000
        """,
    )


@pytest.mark.parametrize(
    ("flow", "asked", "days", "within"),
    [
        ("I", True, 30, 1),
        ("I", True, 31, 0),
        ("I", False, 45, 1),
        ("I", False, 46, 0),
        ("E", False, 365, 1),
        ("E", False, 366, 0),
        ("E", True, 1, None),
    ],
)
def test_the_last_day_of_a_window_is_in_it(flow, asked, days, within):
    at = datetime(2026, 11, 11, 23, 59)
    released = datetime(2026, 11, 11) - timedelta(days=days)
    frame = plain.lists_of(
        [{"flow": flow, "released_at": released, "return_asked_at" if asked else "returned_at": at}]
    )
    row = returns_daily(frame, [date(2026, 11, 11)]).collect().row(0, named=True)
    assert (row["windowed"], row["in_window"]) == ((0, 0) if within is None else (1, within))


times = st.one_of(st.none(), st.integers(-60 * 24, 47)).map(
    lambda hour: None if hour is None else plain.MIDNIGHT + timedelta(hours=hour)
)
today = st.one_of(st.none(), st.integers(-24, 47)).map(
    lambda hour: None if hour is None else plain.MIDNIGHT + timedelta(hours=hour)
)
ANSWER = {
    "cancellation": {"asked": "cancel_asked_at", "granted": "cancelled_at", "refused": "cancel_refused_at"},
    "return": {"asked": "return_asked_at", "granted": "returned_at", "refused": "return_refused_at"},
}
records = st.lists(
    st.fixed_dictionaries(
        {
            "flow": plain.flows,
            "mode": plain.modes,
            "office": plain.offices,
            "declared_at": today,
            "released_at": times,
            "value_cny": st.one_of(st.none(), st.integers(0, 9).map(Decimal)),
            "tax_cny": st.one_of(st.none(), st.integers(0, 9).map(Decimal)),
            "cancel_granted_at": today,
            **{time: today for by_basis in ANSWER.values() for time in by_basis.values()},
        }
    ),
    max_size=7,
)
OVER = ("flow", "mode", "office")


def on_day(time):
    return time is not None and time.date() == plain.DAY


@settings(max_examples=25, deadline=None)
@given(records)
def test_returns_against_a_plainer_computation(drawn):
    limits = {("I", "asked"): 30, ("I", "granted"): 45, ("E", "granted"): 365}
    events = []
    for each in drawn:
        granted = [each[time] for time in ("cancel_granted_at", "cancelled_at") if each[time]]
        told = {**each, "cancelled_at": min(granted, default=None)}
        for request, by_basis in ANSWER.items():
            for basis, time in by_basis.items():
                if not on_day(told[time]):
                    continue
                limit = limits.get((each["flow"], basis)) if request == "return" else None
                within = None
                if limit and each["released_at"]:
                    within = (told[time].date() - each["released_at"].date()).days <= limit
                ms = plain.milliseconds(told[by_basis["asked"]], told[time])
                events.append({**each, "request": request, "basis": basis, "within": within, "ms": ms})
    wanted = {}
    for key, rows in plain.grouped(events, OVER, by=("request", "basis")).items():
        windowed = [row for row in rows if row["within"] is not None]
        timing = plain.timing([row["ms"] for row in rows])
        wanted[key] = {
            "lists": len(rows),
            "value_cny": sum((row["value_cny"] or 0 for row in rows), Decimal(0)),
            "tax_cny": sum((row["tax_cny"] or 0 for row in rows), Decimal(0)),
            "windowed": len(windowed),
            "in_window": sum(row["within"] for row in windowed),
            **(dict.fromkeys(timing) if key[1] == "asked" else timing),
        }
    plain.agree(returns_daily(plain.lists_of(drawn), [plain.DAY]), wanted, ("request", "basis", *OVER))
    cohorts = [
        {**each, "cohort": cohort}
        for each in drawn
        for cohort in ("declared", "released")
        if on_day(each[f"{cohort}_at"])
    ]
    wanted = {}
    for key, rows in plain.grouped(cohorts, OVER).items():
        declared = [row for row in rows if row["cohort"] == "declared"]
        released = [row for row in rows if row["cohort"] == "released"]
        back = [row for row in released if row["returned_at"]]
        wanted[key] = {
            "declared": len(declared),
            "cancelled": sum(row["cancelled_at"] is not None for row in declared),
            "released": len(released),
            "return_asked": sum(row["return_asked_at"] is not None for row in released),
            "returned": len(back),
            "returned_share": len(back) / len(released) if released else None,
            "released_cny": sum((row["value_cny"] or 0 for row in released), Decimal(0)),
            "returned_cny": sum((row["value_cny"] or 0 for row in back), Decimal(0)),
        }
    plain.agree(return_rates_daily(plain.lists_of(drawn), [plain.DAY]), wanted, OVER)
