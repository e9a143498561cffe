# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Payments by institution and the times around payment: drawn days, and a plainer computation."""

from datetime import timedelta
from decimal import Decimal

import plain_figures as plain
import polars as pl
from drawn_tables import DAY, documents, expect, rates
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.lists import build
from transforms.payments import PAYMENT_TIMES_DAILY, PAYMENTS_DAILY, payment_times_daily, payments_daily

LISTS = """
guid | app_type | app_at | order_no | ebp_code | ebc_code | trade_mode | customs_code | invt_no
G1   | 1        | 09:00  | O1       | P        | E        | 1210       | 4604         | N1
G2   | 1        | 09:00  | O2       | P        | E        | 1210       | 4604         | N2
G3   | 1        | 09:00  | O3       | P        | E        | 9610       | 4604         | N3
"""
RECEIPTS = """
guid | return_status | return_at
G1   | 800           | 10:00
G2   | 800           | +1 10:00
"""
#: O1 is paid in two parts by two institutions, O2 the evening before, O3 twice: the second one is deleted
#: the day after. Payments of O9 belong to no list, the dollar has a rate, 999 has none.
PAYMENTS = """
app_type | app_at      | pay_code | pay_transaction_id | order_no | ebp_code | amount_paid | currency | pay_at
1        | 08:00       | ALI      | T1                 | O1       | P        | 10          | 142      | 07:00
1        | 08:00       | WX       | T2                 | O1       | P        | 5           | 502      | 08:00
1        | 08:00       | ALI      | T3                 | O2       | P        | 7           | 142      | -1 22:00
1        | 08:00       |          | T4                 | O3       | P        | 8           | 999      | 08:00
1        | 08:00       | WX       | T5                 | O3       | P        | 9           | 142      | 07:30
3        | +1 08:00    | WX       | T5                 | O3       | P        | 9           | 142      | 07:30
1        | 08:00       | WX       | T6                 | O9       | P        | 99          | 142      | 07:30
"""


def lists(**more):
    return build(
        documents(import_lists=LISTS, import_list_receipts=RECEIPTS, payments=PAYMENTS, **more), rates()
    ).lists


def test_payments_count_on_their_own_day_by_institution():
    found = payments_daily(lists(), [DAY])
    assert dict(found.collect_schema()) == PAYMENTS_DAILY.schema
    expect(
        found.filter((pl.col("flow") == "I") & (pl.col("mode") == "all")),
        """
        institution | payments | split_payments | unvalued | paid_cny | deleted_payments | deleted_cny
        ALI         | 1        | 1              | 0        | 10.00000 | 0                | 0.00000
        WX          | 1        | 1              | 0        | 35.61700 | 0                | 0.00000
        unknown     | 1        | 0              | 1        | 0.00000  | 0                | 0.00000
        all         | 3        | 2              | 1        | 45.61700 | 0                | 0.00000
        """,
    )


def test_what_may_be_paid_back_counts_on_the_day_it_became_so():
    cancelled = lists(
        import_cancellations="guid | app_type | app_at | invt_no\nC1 | 1 | +1 08:00 | N1",
        import_cancellation_receipts="guid | invt_no | return_status | return_at\nC1 | N1 | 399 | +1 09:00",
        import_returns="guid | app_type | app_at | invt_no\nR2 | 1 | +1 11:00 | N2",
        import_return_receipts="guid | invt_no | return_status | return_at\nR2 | N2 | 800 | +1 12:00",
    )
    expect(
        payments_daily(cancelled, [DAY + timedelta(days=1)]).filter(
            (pl.col("flow") == "all") & (pl.col("mode") == "all")
        ),
        """
        institution | payments | paid_cny | deleted_payments | deleted_cny | cancelled_payments | cancelled_cny | returned_payments | returned_cny
        ALI         | 0        | 0.00000  | 0                | 0.00000     | 1                  | 10.00000      | 1                 | 7.00000
        WX          | 0        | 0.00000  | 1                | 9.00000     | 1                  | 35.61700      | 0                 | 0.00000
        all         | 0        | 0.00000  | 1                | 9.00000     | 2                  | 45.61700      | 1                 | 7.00000
        """,
    )


def test_a_list_counts_on_the_days_of_its_payments_and_deletions():
    days = lists().select("order_no", "figure_dates").collect()
    assert dict(days.rows()) == {
        "O1": [DAY],
        "O2": [DAY - timedelta(days=1)],
        "O3": [DAY, DAY + timedelta(days=1)],
    }


def test_times_around_payment():
    orders = """
    app_type | app_at | order_no | ebp_code
    1        | 07:30  | O1       | P
    1        | 08:30  | O3       | P
    """
    found = payment_times_daily(lists(import_orders=orders), [DAY])
    assert dict(found.collect_schema()) == PAYMENT_TIMES_DAILY.schema
    # O1 is paid in full at 08:00, half an hour after its order and two hours before its release. O3 was
    # paid before its order was reported; O2 on another day.
    expect(
        found.filter(pl.all_horizontal(pl.col("flow", "mode", "office") == "all")),
        """
        measure            | n | total_h | mean_h | median_h | p90_h | negative | undefined
        order_to_payment   | 1 | 0.5     | 0.5    | 0.5      | 0.5   | 1        | 0
        payment_to_release | 1 | 2       | 2      | 2        | 2     | 0        | 0
        """,
    )


times = plain.hours.map(lambda hour: None if hour is None else plain.MIDNIGHT + timedelta(hours=hour))
amounts = st.one_of(st.none(), st.integers(0, 500).map(lambda cents: Decimal(cents) / 100))
payments = st.fixed_dictionaries(
    {
        "institution": st.sampled_from(["ALI", "WX", None]),
        "paid_at": times,
        "amount_cny": amounts,
        "deleted_at": times,
    }
)
records = st.lists(
    st.fixed_dictionaries(
        {
            "flow": plain.flows,
            "mode": plain.modes,
            "office": plain.offices,
            "payments": st.lists(payments, max_size=3),
            "cancelled_at": times,
            "returned_at": times,
            "order_app_at": times,
            "pay_at": times,
            "released_at": times,
        }
    ),
    max_size=8,
)


def on_day(time):
    return time is not None and time.date() == plain.DAY


@settings(max_examples=25, deadline=None)
@given(records)
def test_payments_against_a_plainer_computation(drawn):
    flat = []
    for each in drawn:
        valid = [one for one in each["payments"] if one["deleted_at"] is None]
        for one in each["payments"]:
            row = {**{name: each[name] for name in ("flow", "mode")}, **one, "split": len(valid) > 1}
            if one["deleted_at"] is None:
                flat += [
                    {**row, "what": what}
                    for what, time in (
                        ("payments", one["paid_at"]),
                        ("cancelled_payments", each["cancelled_at"]),
                        ("returned_payments", each["returned_at"]),
                    )
                    if on_day(time)
                ]
            elif on_day(one["deleted_at"]):
                flat.append({**row, "what": "deleted_payments"})
    wanted = {}
    for key, rows in plain.grouped(flat, ("flow", "mode", "institution")).items():
        paid = [row for row in rows if row["what"] == "payments"]
        wanted[key] = {
            "split_payments": sum(row["split"] for row in paid),
            "unvalued": sum(row["amount_cny"] is None for row in paid),
        }
        for what, money in (
            ("payments", "paid_cny"),
            ("deleted_payments", "deleted_cny"),
            ("cancelled_payments", "cancelled_cny"),
            ("returned_payments", "returned_cny"),
        ):
            ours = [row for row in rows if row["what"] == what]
            wanted[key] |= {what: len(ours), money: sum((row["amount_cny"] or 0 for row in ours), Decimal(0))}
    plain.agree(payments_daily(plain.lists_of(drawn), [plain.DAY]), wanted, ("flow", "mode", "institution"))


@settings(max_examples=25, deadline=None)
@given(records)
def test_payment_times_against_a_plainer_computation(drawn):
    measured = [
        {**each, "measure": measure, "ms": plain.milliseconds(each[start], each[end])}
        for each in drawn
        for measure, start, end in (
            ("order_to_payment", "order_app_at", "pay_at"),
            ("payment_to_release", "pay_at", "released_at"),
        )
        if on_day(each[end])
    ]
    over = ("flow", "mode", "office")
    wanted = {
        key: plain.timing([row["ms"] for row in rows])
        for key, rows in plain.grouped(measured, over, by=("measure",)).items()
    }
    plain.agree(payment_times_daily(plain.lists_of(drawn), [plain.DAY]), wanted, ("measure", *over))
