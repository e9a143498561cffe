"""Every reason code from small documents: each changes one clean purchase, with a near miss beside it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import permutations, product

import polars as pl
import pytest
from drawn_tables import at, documents, rates
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.lists import build
from transforms.reconciliation import looked_at, orphans, reconcile, with_purchases
from transforms.reconciliation.annual import with_annual
from transforms.reconciliation.codes import CODES, REASONS, Kind
from transforms.reconciliation.daily import reconciliation_patterns_daily
from transforms.reconciliation.duplicates import claimed_twice
from transforms.reconciliation.tables import PATTERNS
from transforms.schemas import RECONCILIATION

BUYER = {"buyer_id_number_digest": "aa" * 16, "buyer_name_digest": "n"}
CONSIGNEE = {"consignee_digest": "c", "consignee_telephone_digest": "t", "consignee_address_digest": "d"}
NAMES = {"ebp_name": "Platform", "ebc_name": "Seller"}
GOODS = {
    "item_gnum": "1 2",
    "item_qty": "1 2",
    "item_price": "60 20",
    "item_total_price": "60 40",
    "item_item_no": "1 2",
}
TRADE = {"app_type": "1", "order_no": "O1", "ebp_code": "P"}
CLEAN: dict[str, list[dict[str, str]]] = {
    "import_lists": [
        {
            **TRADE,
            **BUYER,
            **NAMES,
            **GOODS,
            "guid": "G1",
            "app_at": "08:00",
            "ebc_code": "E",
            "logistics_code": "L",
            "logistics_no": "W1",
            "currency": "142",
        }
    ],
    "import_orders": [
        {
            **TRADE,
            **BUYER,
            **NAMES,
            **GOODS,
            **CONSIGNEE,
            "app_at": "07:00",
            "ebc_code": "E",
            "currency": "142",
            "goods_value": "100",
            "freight": "10",
            "tax_total": "9.10",
            "discount": "5",
            "actural_paid": "114.10",
        }
    ],
    "payments": [
        {
            **TRADE,
            "app_at": "07:10",
            "pay_at": "07:05",
            "pay_code": "B",
            "pay_transaction_id": "T1",
            "amount_paid": "114.10",
            "currency": "142",
            "ebp_name": "Platform",
            "payer_id_number_digest": "aa" * 16,
            "payer_name_digest": "n",
        }
    ],
    "import_waybills": [
        {
            "app_type": "1",
            "app_at": "07:30",
            "logistics_code": "L",
            "logistics_no": "W1",
            "order_no": "O1",
            **CONSIGNEE,
        }
    ],
}


def drawn(rows: list[dict[str, str]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return "\n".join(" | ".join(line) for line in [names, *([row.get(n, "") for n in names] for row in rows)])


def purchase(changes: Mapping[str, str | None]) -> dict[str, pl.LazyFrame]:
    """The clean purchase with `table.column` set; None leaves the whole document out."""
    tables = {table: [dict(row) for row in rows] for table, rows in CLEAN.items()}
    for place, value in changes.items():
        table, _, column = place.partition(".")
        if value is None:
            tables[table] = []
        else:
            tables[table][0][column] = value
    return documents(**{table: drawn(rows) for table, rows in tables.items() if rows})


def reasons_of(given_: Mapping[str, pl.LazyFrame], tolerance: str = "0") -> dict[str, list[str]]:
    lists = build(given_, rates()).lists
    found = reconcile(given_, lists, Decimal(tolerance)).collect()
    return dict(found.select("order_no", "reasons").rows())


CASES: list[tuple[str, dict[str, str | None], list[str]]] = [
    ("clean", {}, []),
    ("no order", {"import_orders.": None}, ["waiting_order"]),
    ("no payment", {"payments.": None}, ["waiting_payment"]),
    ("no waybill", {"import_waybills.": None}, ["waiting_waybill"]),
    ("order of another platform", {"import_orders.ebp_code": "Q"}, ["waiting_order"]),
    ("paid a fen more", {"payments.amount_paid": "114.11"}, ["amount_mismatch"]),
    ("order does not add up", {"import_orders.discount": "5.01"}, ["amount_mismatch"]),
    ("paid in dollars", {"payments.currency": "502"}, ["currency_mismatch", "amount_mismatch"]),
    ("list in dollars", {"import_lists.currency": "502"}, ["currency_mismatch"]),
    ("another payer", {"payments.payer_id_number_digest": "bb" * 16}, ["identity_mismatch"]),
    ("another buyer's name", {"import_lists.buyer_name_digest": "m"}, ["identity_mismatch"]),
    ("masked buyer", {"import_lists.buyer_id_number_digest": "masked"}, ["not_comparable"]),
    ("masked payer", {"payments.payer_id_number_digest": "masked"}, ["not_comparable"]),
    ("another consignee", {"import_waybills.consignee_digest": "x"}, ["consignee_mismatch"]),
    ("another phone", {"import_waybills.consignee_telephone_digest": "x"}, ["consignee_mismatch"]),
    ("another address", {"import_waybills.consignee_address_digest": "x"}, ["consignee_mismatch"]),
    ("masked address", {"import_waybills.consignee_address_digest": "masked"}, ["not_comparable"]),
    ("another platform name", {"payments.ebp_name": "Platform Ltd"}, ["name_mismatch"]),
    ("no platform name", {"payments.ebp_name": ""}, []),
    ("another seller name", {"import_orders.ebc_name": "Seller Ltd"}, ["name_mismatch"]),
    ("another quantity", {"import_orders.item_qty": "1 3"}, ["item_mismatch"]),
    ("another price", {"import_lists.item_price": "60 21"}, ["item_mismatch"]),
    ("a line more", {"import_orders.item_gnum": "1 3"}, ["item_mismatch"]),
    (
        "lines in another order",
        {
            "import_orders.item_gnum": "2 1",
            "import_orders.item_qty": "2 1",
            "import_orders.item_price": "20 60",
            "import_orders.item_total_price": "40 60",
        },
        [],
    ),
    ("no prices in the list", {"import_lists.item_price": ""}, []),
    ("waybill of another order", {"import_waybills.order_no": "O2"}, ["waybill_mismatch"]),
    ("waybill without an order", {"import_waybills.order_no": ""}, []),
    ("paid after the list", {"payments.pay_at": "08:01"}, ["wrong_time_order"]),
    ("paid with its report", {"payments.pay_at": "07:10"}, []),
    ("waybill after the list", {"import_waybills.app_at": "08:01"}, ["late"]),
    ("waybill with the list", {"import_waybills.app_at": "08:00"}, []),
    ("at the limit", {"import_lists.item_total_price": "60 4940", "import_orders.item_total_price": "60 4940"}, []),
    (
        "over the limit",
        {"import_lists.item_total_price": "60 4940.01", "import_orders.item_total_price": "60 4940.01"},
        ["over_single_limit"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_reasons(changes: dict[str, str | None], wanted: list[str]):
    assert reasons_of(purchase(changes)) == {"O1": wanted}


def test_every_code_is_shown_by_some_test():
    shown = {reason for _, _, wanted in CASES for reason in wanted}
    assert set(CODES) - shown == {"orphan", "duplicate", "over_annual_limit"}, "these have tests of their own"
    kinds = [each.kind for each in REASONS]
    assert kinds == sorted(kinds, key=list(Kind).index), "precedence goes by kind"


def test_tolerance_is_the_zones_and_stands_with_the_figure():
    off = purchase({"payments.amount_paid": "114.60"})
    assert reasons_of(off, "0.50") == {"O1": []}
    assert reasons_of(off, "0.49999") == {"O1": ["amount_mismatch"]}
    row = reconcile(off, build(off, rates()).lists, Decimal("0.50")).collect().row(0, named=True)
    assert (row["tolerance_cny"], row["difference_cny"]) == (Decimal("0.50"), Decimal("0.50"))


def test_split_payments_are_added_up_and_each_payer_counts():
    first = {**CLEAN["payments"][0], "amount_paid": "100"}
    second = {**first, "pay_transaction_id": "T2", "amount_paid": "14.10", "app_at": "07:50"}
    tables = {table: drawn(rows) for table, rows in CLEAN.items()}
    split = documents(**{**tables, "payments": drawn([first, second])})
    row = reconcile(split, build(split, rates()).lists).collect().row(0, named=True)
    assert (row["result"], row["payments"], row["paid_cny"]) == ("matched", 2, Decimal("114.10"))
    assert (row["first_at"], row["matched_at"], row["hours_until_matched"]) == (at("7:00"), at("8:00"), 1.0)
    other = {**second, "payer_name_digest": "x"}
    assert reasons_of(documents(**{**tables, "payments": drawn([first, other])})) == {
        "O1": ["identity_mismatch"]
    }


def test_a_document_that_was_only_changed_after_the_list_is_not_late():
    first = CLEAN["import_orders"][0]
    tables = {table: drawn(rows) for table, rows in CLEAN.items()}
    changed = documents(**{**tables, "import_orders": drawn([first, {**first, "app_at": "08:30"}])})
    row = reconcile(changed, build(changed, rates()).lists).collect().row(0, named=True)
    assert (row["result"], row["matched_at"]) == ("matched", at("8:30"))


@pytest.mark.parametrize(
    ("second", "wanted"),
    [
        ({}, ["amount_mismatch", "late"]),  # 228.20 for an order of 114.10, the half of it at 10:00
        ({"app_type": "3", "app_at": "10:30"}, []),
        ({"order_no": "O9", "app_at": "10:30"}, []),
    ],
    ids=["still there", "deleted", "moved to another order"],
)
def test_only_a_payment_in_force_can_be_late(second: dict[str, str], wanted: list[str]):
    paid = CLEAN["payments"][0]
    wrong = {**paid, "pay_transaction_id": "T2", "app_at": "10:00"}
    tables = {table: drawn(rows) for table, rows in CLEAN.items()}
    rows = [paid, wrong, {**wrong, **second}]
    assert reasons_of(documents(**{**tables, "payments": drawn(rows)}))["O1"] == wanted


EXPORT = {
    "export_lists": """
        guid | app_type | app_at | order_no | ebp_code | ebc_code | logistics_code | logistics_no | ebp_name
        G1   | 1        | 08:00  | O1       | P        | E        | L              | W1           | Platform
        """,
    "export_orders": """
        app_type | app_at | order_no | ebp_code | ebc_code
        1        | 07:00  | O1       | P        | E
        """,
    "export_waybills": """
        app_type | app_at | logistics_code | logistics_no
        1        | 07:30  | L              | W1
        """,
}
RECEIPT = """
    app_type | app_at | order_no | ebp_code | ebc_code | pay_code | pay_no | ebp_name
    1        | {}  | O1       | P        | E        | B        | T1     | {}
    """


def test_an_export_without_a_receipt_of_payment_lacks_nothing():
    given_ = documents(**EXPORT)
    row = reconcile(given_, build(given_, rates()).lists).collect().row(0, named=True)
    assert (row["result"], row["reasons"], row["has_payment"]) == ("matched", [], False)
    assert (row["first_at"], row["matched_at"]) == (at("7:00"), at("8:00"))


@pytest.mark.parametrize(
    ("sent", "platform", "wanted"),
    [
        ("07:10", "Platform", []),
        ("07:10", "Platform Ltd", ["name_mismatch"]),
        ("08:10", "Platform", ["late"]),
    ],
)
def test_a_receipt_of_payment_is_compared_where_there_is_one(sent: str, platform: str, wanted: list[str]):
    receipt = {"export_payments": RECEIPT.format(sent, platform)}
    assert reasons_of(documents(**EXPORT, **receipt)) == {"O1": wanted}


def test_an_export_still_waits_for_its_order_and_its_waybill():
    alone = documents(export_lists=EXPORT["export_lists"])
    assert reasons_of(alone) == {"O1": ["waiting_order", "waiting_waybill"]}


def test_two_lists_of_one_waybill_are_duplicates_unless_one_was_cancelled():
    first = CLEAN["import_lists"][0]
    second = {**first, "order_no": "O2", "guid": "G2"}
    tables = {table: drawn(rows) for table, rows in CLEAN.items()}
    both = documents(**{**tables, "import_lists": drawn([first, second])})
    found = reasons_of(both)
    assert found["O1"] == ["duplicate"] and "duplicate" in found["O2"]
    deleted = {**second, "app_type": "3", "app_at": "08:10"}
    assert reasons_of(documents(**{**tables, "import_lists": drawn([first, second, deleted])}))["O1"] == []


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        (["2026-01-01", "2026-08-01"], []),
        (["2026-01-01", "2026-03-02"], [0, 1]),  # sixty days
        (["2026-01-01", "2026-03-03"], []),
        (["2026-01-01", "2026-08-01", "2026-08-05"], [1, 2]),
        (["2026-01-01", "2026-01-05", "2026-08-05"], [0, 1]),
        ([None, "2026-01-05", "2026-08-05"], [0, 1, 2]),  # it may be near to either
    ],
)
def test_a_number_used_again_after_sixty_days_makes_no_duplicate(days: list[str | None], wanted: list[int]):
    frame = pl.LazyFrame(
        {
            "list_id": range(len(days)),
            "business_date": [day and date.fromisoformat(day) for day in days],
            "cancelled_at": [None] * len(days),
            "ebp_code": "P",
            "order_no": [f"O{each}" for each in range(len(days))],
            "logistics_code": "L",
            "logistics_no": "W",
        },
        schema_overrides={"business_date": pl.Date},
    )
    assert sorted(claimed_twice(frame, "I").collect()["list_id"]) == wanted


def orphaned(given_: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    return orphans(given_, build(given_, rates()).lists, rates()).collect()


def test_documents_without_a_list_are_one_purchase():
    alone = purchase({"import_lists.": None})
    found = orphaned(alone).sort("subject")
    flags = ("subject", "has_order", "has_payment", "has_waybill", "leads", "result")
    assert found.select(flags).rows() == [
        ("import_orders", True, True, True, True, "orphan"),
        ("import_waybills", True, True, True, False, "orphan"),
        ("payments", True, True, True, False, "orphan"),
    ]
    assert dict(found.schema) == RECONCILIATION
    assert looked_at(found.lazy(), alone).collect().height == 3
    assert looked_at(found.lazy(), purchase({"payments.": None})).collect().height == 2
    assert orphaned(purchase({})).is_empty()
    assert (
        orphaned(purchase({"import_lists.": None, "import_orders.app_type": "3"}))["subject"].to_list() != []
    )


def test_receipts_of_one_request_on_one_date_are_told_by_the_first_of_them():
    said = [
        {"guid": "G1", "agent_code": "A", "cop_no": "C", "return_status": status, "return_at": time}
        for status, time in (("2", "0:06"), ("120", "0:07"), ("800", "9:00"), ("899", ""))
    ]
    for arrived in permutations(said):
        found = orphaned(documents(import_list_receipts=drawn(arrived)))
        assert found.select("business_key", "first_at").rows() == [("A|C", at("0:06"))]


def test_the_yearly_limit_is_passed_by_the_list_that_passes_it():
    def year(number: str, month: int, value: str, returned: bool = False) -> dict[str, object]:
        return {
            **dict.fromkeys(RECONCILIATION),
            "flow": "I",
            "business_key": number,
            "buyer": 7,
            "reasons": ["late"],
            "dutiable_cny": Decimal(value),
            "counted_at": None if returned else at("8:00").replace(month=month, day=1),
        }

    rows = [year("3", 3, "0.01"), year("1", 1, "20000"), year("4", 4, "1"), year("2", 2, "6000")]
    rows.append(year("x", 1, "9999", returned=True))
    found = with_annual(pl.LazyFrame(rows, schema=RECONCILIATION)).collect()
    assert dict(found.select("business_key", "result").rows()) == {
        "1": "late",
        "2": "late",
        "3": "over_annual_limit",
        "4": "over_annual_limit",
        "x": "late",
    }


@pytest.mark.parametrize(
    ("back", "wanted"),
    [
        ("", ["over_annual_limit"]),
        ("+45 23:59", []),
        ("+46 00:00", ["over_annual_limit"]),
        ("+300 10:00", ["over_annual_limit"]),
    ],
)
def test_only_goods_back_within_45_days_give_the_allowance_back(back: str, wanted: list[str]):
    """4,900 and 25,000 of one buyer in one year: 29,900 where the first is not back in time."""
    lists = """
        guid | app_type | app_at | order_no | ebp_code | ebc_code | invt_no | currency | item_total_price | {buyer}
        G1   | 1        | 08:00  | O1       | P        | E        | N1      | 142      | 4900             | aa11aa11aa11aa11
        G2   | 1        | 08:00  | O2       | P        | E        | N2      | 142      | 25000            | aa11aa11aa11aa11
        """
    given_ = documents(
        import_lists=lists.format(buyer="buyer_id_number_digest"),
        import_list_receipts="guid | return_status | return_at\nG1 | 800 | 09:00\nG2 | 800 | 10:00",
        import_returns="guid | app_type | app_at | invt_no\nX1 | 1 | +1 09:00 | N1",
        import_return_receipts=f"guid | return_status | return_at\nX1 | {'399' if back else '2'} | {back or '+1 10:00'}",
    )
    found = with_annual(reconcile(given_, build(given_, rates()).lists)).collect()
    reasons = dict(found.select("order_no", "reasons").rows())
    assert [each for each in reasons["O2"] if each == "over_annual_limit"] == wanted
    assert "over_annual_limit" not in reasons["O1"]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.sampled_from("IE"), *[st.booleans()] * 4), max_size=12), st.randoms())
def test_patterns_add_up_whatever_the_order_of_rows(purchases, random):
    rows = []
    for number, (flow, listed, *parts) in enumerate(purchases):
        names = [name for name, there in zip(("order", "payment", "waybill"), parts, strict=True) if there]
        common = {
            **dict.fromkeys(RECONCILIATION),
            "zone": "z",
            "business_date": at("0:00").date(),
            "flow": flow,
            "order_no": str(number),
            "ebp_code": "P",
            "ebc_code": "E",
            "business_key": str(number),
        }
        if listed:
            has = {
                f"has_{each}": each in ["list", *names] for each in ("list", "order", "payment", "waybill")
            }
            rows.append({**common, **has, "subject": "list", "leads": True})
            continue
        tables = {"order": "orders", "payment": "payments", "waybill": "waybills"}
        for name in names:
            prefix = "" if flow == "I" and name == "payment" else {"I": "import_", "E": "export_"}[flow]
            rows.append({**common, "has_list": False, "subject": prefix + tables[name]})
    shuffled = random.sample(rows, len(rows))
    frame = pl.LazyFrame(shuffled, schema=RECONCILIATION)
    lists, others = frame.filter(subject="list"), frame.filter(pl.col("subject") != "list")
    ready = pl.concat([lists, with_purchases(others)])
    found = reconciliation_patterns_daily(ready, [at("0:00").date()]).filter(flow="all", mode="all").collect()
    wanted = dict.fromkeys(PATTERNS, 0)
    for _, *there in purchases:
        name = "+".join(
            each for each, is_ in zip(("list", "order", "payment", "waybill"), there, strict=True) if is_
        )
        if name:
            wanted[name] += 1
    total = sum(wanted.values())
    assert dict(found.select("pattern", "purchases").rows()) == (wanted if total else {})
    assert found["total"].to_list() == [total] * (15 if total else 0)
    assert len(PATTERNS) == len(list(product((0, 1), repeat=4))) - 1
