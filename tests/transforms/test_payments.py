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


#: Order O1 of platform P stands on two lists: that of E1 was cancelled, E2 declared it again. Q has an order of
#: the same number.
CLAIMED_TWICE = """
guid | app_type | app_at   | order_no | ebp_code | ebc_code | trade_mode | customs_code | invt_no
G2   | 1        | 12:00    | O1       | P        | E2       | 1210       | 4604         | N2
G1   | 1        | 09:00    | O1       | P        | E1       | 9610       | 4605         | N1
G1   | 3        | +1 10:00 | O1       | P        | E1       | 9610       | 4605         | N1
G3   | 1        | 09:00    | O1       | Q        | E3       | 1210       | 4604         | N3
"""
PAID_ONCE = """
app_type | app_at   | pay_code | pay_transaction_id | order_no | ebp_code | amount_paid | currency | pay_at
1        | 08:00    | ALI      | T1                 | O1       | P        | 100         | 142      | 08:00
1        | 08:00    | ALI      | T2                 | O1       | P        | 100         | 142      | 08:00
1        | 08:00    | WX       | T3                 | O1       | P        | 30          | 142      | -1 23:00
3        | +1 08:00 | WX       | T3                 | O1       | P        | 30          | 142      | -1 23:00
1        | 08:00    | ALI      | T4                 | O1       | Q        | 7           | 142      | 08:00
"""
ORDERED_ONCE = """
app_type | app_at | order_no | ebp_code
1        | 06:00  | O1       | P
1        | 07:00  | O1       | Q
"""


def claimed_twice():
    return build(
        documents(import_lists=CLAIMED_TWICE, payments=PAID_ONCE, import_orders=ORDERED_ONCE), rates()
    ).lists


def test_a_payment_of_an_order_on_two_lists_counts_once_with_the_first_enterprise():
    # T1 and T2 are alike and yet two payments: 100 + 100 with E1, and 7 of the order of Q.
    expect(
        payments_daily(claimed_twice(), [DAY]).filter(
            (pl.col("flow") == "I") & (pl.col("institution") == "all")
        ),
        """
        mode | payments | split_payments | paid_cny  | deleted_payments
        9610 | 2        | 2              | 200.00000 | 0
        1210 | 1        | 0              | 7.00000   | 0
        all  | 3        | 2              | 207.00000 | 0
        """,
    )


def test_a_deletion_counts_once_and_what_may_be_paid_back_with_each_list():
    found = payments_daily(claimed_twice(), [DAY + timedelta(days=1)])
    expect(
        found.filter((pl.col("flow") == "I") & (pl.col("institution") == "all")),
        """
        mode | payments | deleted_payments | deleted_cny | cancelled_payments | cancelled_cny
        9610 | 0        | 1                | 30.00000    | 2                  | 200.00000
        all  | 0        | 1                | 30.00000    | 2                  | 200.00000
        """,
    )


def test_with_which_list_a_payment_counts_does_not_depend_on_arrival_or_on_the_dates_published_together():
    days = [DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)]
    lists_ = claimed_twice().collect()
    for compute in (payments_daily, payment_times_daily):
        together = compute(lists_.lazy(), days).collect()
        assert compute(lists_.reverse().lazy(), days).collect().equals(together)
        for day in days:
            alone = compute(lists_.lazy(), [day]).collect()
            assert alone.equals(together.filter(pl.col("business_date") == day))


def test_a_list_that_claims_the_order_without_the_payment_takes_none():
    # An order number used again long after: the list of old was linked without these payments.
    apart = lists_without(claimed_twice().collect(), "E1")
    whole = pl.all_horizontal(pl.col("flow", "mode", "institution") == "all")
    for days in ([DAY], [DAY, DAY + timedelta(days=1)]):
        found = payments_daily(apart, days).filter(whole & (pl.col("business_date") == DAY)).collect()
        assert found.select("payments", "paid_cny").rows() == [(3, Decimal(207))]


def lists_without(lists_, enterprise):
    """The lists, that of the enterprise without its payments."""
    none = pl.lit([], dtype=lists_.schema["payments"])
    theirs = pl.when(pl.col("ebc_code") != enterprise).then("payments").otherwise(none)
    return lists_.with_columns(theirs.alias("payments")).lazy()


def test_export_orders_of_one_number_are_those_of_their_enterprises():
    exported = build(
        documents(
            export_lists="""
            guid | app_type | app_at | order_no | ebp_code | ebc_code
            G1   | 1        | 09:00  | O1       | P        | E1
            G2   | 1        | 09:00  | O1       | P        | E2
            """,
            export_payments="""
            app_type | app_at | pay_code | ebc_code | order_no | pay_no | charge | currency | accounting_at
            1        | 08:00  | ALI      | E1       | O1       | T1     | 100    | 142      | 08:00
            1        | 08:00  | ALI      | E2       | O1       | T2     | 100    | 142      | 08:00
            """,
        ),
        rates(),
    ).lists
    whole = pl.all_horizontal(pl.col("flow", "mode", "institution") == "all")
    found = payments_daily(exported, [DAY]).filter(whole).collect()
    assert found.select("payments", "paid_cny").rows() == [(2, Decimal(200))]


def test_the_time_from_order_to_payment_is_that_of_the_order_once():
    found = payment_times_daily(claimed_twice(), [DAY])
    # Paid in full at 08:00: order O1 of P two hours after it was reported, that of Q one hour.
    expect(
        found.filter((pl.col("flow") == "I") & (pl.col("mode") == "all")),
        """
        measure          | office | n | total_h | mean_h
        order_to_payment | 4605   | 1 | 2       | 2
        order_to_payment | 4604   | 1 | 1       | 1
        order_to_payment | all    | 2 | 3       | 1.5
        """,
    )


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


def order_of(each):
    """The order a list claims: the enterprise's own on export, one of the platform on import."""
    return each["flow"], each["ebp_code" if each["flow"] == "I" else "ebc_code"], each["order_no"]


def of_orders(lists_):
    """The lists, with what documents tell of an order alike on all lists that claim it."""
    told = {}
    for each in lists_:
        own = {name: each[name] for name in ("payments", "order_app_at", "pay_at")}
        told.setdefault(order_of(each), own)
    return [each | told[order_of(each)] for each in lists_]


def first_of_orders(lists_):
    """Of the lists of each order the one of the smallest ebc_code."""
    found = {}
    for each in sorted(lists_, key=lambda each: each["ebc_code"]):
        found.setdefault(order_of(each), each)
    return list(found.values())


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
            "ebc_code": st.sampled_from(["E1", "E2", "E3"]),
            "ebp_code": st.sampled_from(["P", "Q"]),
            "order_no": st.sampled_from(["O1", "O2"]),
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
    unique_by=lambda each: (each["flow"], each["ebc_code"], each["order_no"]),
    max_size=8,
).map(of_orders)


def on_day(time):
    return time is not None and time.date() == plain.DAY


@settings(max_examples=25, deadline=None)
@given(records)
def test_payments_against_a_plainer_computation(drawn):
    flat = []

    def note(each, what, one, time):
        if on_day(time):
            valid = [other for other in each["payments"] if other["deleted_at"] is None]
            flat.append(
                {"flow": each["flow"], "mode": each["mode"], **one, "what": what, "split": len(valid) > 1}
            )

    for each in first_of_orders(drawn):
        for one in each["payments"]:
            if one["deleted_at"] is None:
                note(each, "payments", one, one["paid_at"])
            note(each, "deleted_payments", one, one["deleted_at"])
    for each in drawn:
        for one in each["payments"]:
            if one["deleted_at"] is None:
                note(each, "cancelled_payments", one, each["cancelled_at"])
                note(each, "returned_payments", one, each["returned_at"])
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
        for found, measure, start, end in (
            (first_of_orders(drawn), "order_to_payment", "order_app_at", "pay_at"),
            (drawn, "payment_to_release", "pay_at", "released_at"),
        )
        for each in found
        if on_day(each[end])
    ]
    over = ("flow", "mode", "office")
    wanted = {
        key: plain.timing([row["ms"] for row in rows])
        for key, rows in plain.grouped(measured, over, by=("measure",)).items()
    }
    plain.agree(payment_times_daily(plain.lists_of(drawn), [plain.DAY]), wanted, ("measure", *over))
