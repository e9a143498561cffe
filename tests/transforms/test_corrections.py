"""Corrections on five documents: dropped, mended, or left as they are; what is stored is not looked at twice."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from transforms.corrections import Correction, corrected, lost_lists, selecting

FIRST, LAST = date(2026, 11, 10), date(2026, 11, 12)
PAYMENTS = pl.DataFrame(
    [
        (date(2026, 11, 10), "P1", "T1", Decimal("10.00"), datetime(2026, 11, 10, 8)),
        (date(2026, 11, 11), "P1", "T2", Decimal("20.00"), datetime(2026, 11, 11, 8)),
        (date(2026, 11, 12), "P2", "T3", Decimal("20.00"), datetime(2026, 11, 12, 8)),
        (date(2026, 11, 13), "P1", "T4", Decimal("40.00"), datetime(2026, 11, 13, 8)),
        (None, "P1", None, Decimal("50.00"), None),
    ],
    schema={
        "business_date": pl.Date(),
        "pay_code": pl.String(),
        "pay_transaction_id": pl.String(),
        "amount_paid": pl.Decimal(19, 5),
        "app_at": pl.Datetime("us"),
    },
    orient="row",
)


def correction(values: dict[str, Any] | None, undated: bool = False, **fields: tuple[Any, ...]) -> Correction:
    return Correction("payments", FIRST, LAST, undated, fields, values)


def applied(*corrections: Correction) -> pl.DataFrame:
    return corrected({"payments": PAYMENTS.lazy()}, corrections)["payments"].collect()


def test_without_corrections_documents_stay_as_they_are() -> None:
    assert applied().equals(PAYMENTS)


def test_drop_takes_out_what_is_selected_and_nothing_else() -> None:
    assert applied(correction(None, pay_code=("P1",)))["pay_transaction_id"].to_list() == ["T3", "T4", None]
    several = correction(None, pay_transaction_id=("T1", "T3", "T9"))
    assert applied(several)["pay_transaction_id"].to_list() == ["T2", "T4", None]
    assert applied(correction(None))["pay_transaction_id"].to_list() == ["T4", None]


def test_undated_documents_are_selected_only_where_asked() -> None:
    found = applied(correction(None, undated=True, pay_code=("P1",)))
    assert found["pay_transaction_id"].to_list() == ["T3", "T4"]


def test_every_field_must_hold_and_nothing_never_does() -> None:
    both = correction(None, pay_code=("P1",), amount_paid=(Decimal(20),))
    assert applied(both)["pay_transaction_id"].to_list() == ["T1", "T3", "T4", None]
    nothing = correction(None, undated=True, pay_transaction_id=("",))
    assert applied(nothing).equals(PAYMENTS)


def test_override_sets_exactly_the_columns_named() -> None:
    found = applied(correction({"amount_paid": Decimal("2.5")}, amount_paid=(Decimal("20.00"),)))
    assert found["amount_paid"].to_list() == [Decimal(each) for each in ("10", "2.5", "2.5", "40", "50")]
    assert found.drop("amount_paid").equals(PAYMENTS.drop("amount_paid"))
    assert found.schema == PAYMENTS.schema


def test_a_mended_business_time_moves_the_document_to_its_day() -> None:
    found = applied(correction({"app_at": datetime(2026, 11, 9, 23)}, pay_transaction_id=("T1",)))
    assert found["business_date"].to_list() == [date(2026, 11, 9), *PAYMENTS["business_date"].to_list()[1:]]
    assert found["app_at"][0] == datetime(2026, 11, 9, 23)


def test_corrections_look_at_documents_as_they_are_stored() -> None:
    moved = correction({"pay_code": "P2"}, pay_code=("P1",))
    found = applied(moved, correction(None, pay_code=("P2",)))
    assert found["pay_code"].to_list() == ["P2", "P2", "P1", "P1"]


def test_columns_a_table_lacks_are_left_out_and_those_needed_are_named() -> None:
    found = corrected({"payments": PAYMENTS.lazy()}, [correction({"note": "x"}, pay_code=("P1",))])
    assert found["payments"].collect().equals(PAYMENTS)
    assert selecting([correction(None, pay_code=("P1",)), correction(None, amount_paid=(Decimal(1),))]) == {
        "payments": ("pay_code", "amount_paid")
    }


def test_lists_of_which_no_document_is_left() -> None:
    stored = {
        "import_lists": pl.LazyFrame({"ebc_code": ["E", "E", "E"], "order_no": ["1", "1", "2"]}),
        "export_lists": pl.LazyFrame({"ebc_code": ["E"], "order_no": ["1"]}),
    }
    lists = pl.LazyFrame({"flow": ["I", "E"], "ebc_code": ["E", "E"], "order_no": ["1", "1"]})
    assert lost_lists(stored, lists).collect().rows() == [("I", "E", "2")]
