"""The condition of each reason code, on a list with its documents side by side (see `sides`)."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from sources.contracts.tax_rates import SINGLE_LIMITS
from transforms.money import CNY
from transforms.reconciliation.codes import CODES
from transforms.reconciliation.compare import comparable, differ, stated_differ
from transforms.reconciliation.limits import in_force
from transforms.reconciliation.sides import BUYER, CONSIGNEE, PAYER

_NEEDED = ("order", "payment", "waybill")


def reasons(flow: str) -> pl.Expr:
    """All reason codes of a list, in order of precedence."""
    found = {
        "waiting_order": ~_there("order"),
        "waiting_waybill": ~_there("waybill"),
        "duplicate": pl.col("claimed_twice").fill_null(False),
        "currency_mismatch": _currencies(flow),
        "name_mismatch": _any(_names(flow)),
        "item_mismatch": pl.col("items_differ").fill_null(False),
        "wrong_time_order": _wrong_order(),
        "late": _any(pl.col(f"{each}_first_at") > pl.col("list_first_at") for each in _NEEDED),
    }
    if flow == "I":
        # An export without a receipt of payment lacks nothing: since Announcement 2024/167 some modes need none.
        found |= {
            "waiting_payment": ~_there("payment"),
            "amount_mismatch": _amounts(),
            "identity_mismatch": _identities(),
            "consignee_mismatch": _any(differ(f"order_{each}", f"waybill_{each}") for each in CONSIGNEE),
            "waybill_mismatch": stated_differ("waybill_order_no", "order_no"),
            "over_single_limit": pl.col("dutiable_cny") > in_force(SINGLE_LIMITS, pl.col("business_date")),
            "not_comparable": _undecided(),
        }
    codes = (pl.when(found[code].fill_null(False)).then(pl.lit(code)) for code in CODES if code in found)
    return pl.concat_list(codes).list.drop_nulls()


def _there(side: str) -> pl.Expr:
    return pl.col(f"has_{side}")


def _any(conditions: Iterator[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(each.fill_null(False) for each in conditions)


def _currencies(flow: str) -> pl.Expr:
    """On import everything is paid in CNY (order and list: 142 only)."""
    stated = ["order_currency", "payment_min_currency", "payment_max_currency"]
    if flow == "I":
        return _any(~pl.col(each).is_in(CNY) for each in (*stated, "list_currency"))
    return _any(stated_differ(stated[0], each) for each in stated[1:])


def _amounts() -> pl.Expr:
    """A2, then A1: apart by more than the tolerance; payments only where there are some."""
    apart = pl.col("difference_cny").abs() > pl.col("tolerance_cny")
    return _any(iter((apart, pl.col("order_gap").abs() > pl.col("tolerance_cny"))))


def _names(flow: str) -> Iterator[pl.Expr]:
    payments = {"I": ("ebp_name",), "E": ("ebp_name", "ebc_name")}[flow]
    for name in ("ebp_name", "ebc_name"):
        yield stated_differ(f"order_{name}", f"list_{name}")
        if name in payments:
            for other in (f"order_{name}", f"list_{name}"):
                yield stated_differ(f"payment_min_{name}", other)
                yield stated_differ(f"payment_max_{name}", other)


def _identities() -> pl.Expr:
    def pairs() -> Iterator[pl.Expr]:
        for buyer, payer in zip(BUYER, PAYER, strict=True):
            yield differ(f"order_{buyer}", f"list_{buyer}")
            for end in ("min", "max"):
                for side in ("order", "list"):
                    yield differ(f"{side}_{buyer}", f"payment_{end}_{payer}")
            # Two payers of one order cannot both be its buyer, even where the buyer is masked.
            yield differ(f"payment_min_{payer}", f"payment_max_{payer}")

    return _any(pairs())


def _undecided() -> pl.Expr:
    """Both documents are there, and yet something of them cannot be compared."""

    def gaps() -> Iterator[pl.Expr]:
        order = _there("order")
        for buyer, payer in zip(BUYER, PAYER, strict=True):
            yield order & ~comparable(f"order_{buyer}", f"list_{buyer}")
            yield order & _there("payment") & pl.col(f"payment_open_{payer}")
        for each in CONSIGNEE:
            yield order & _there("waybill") & ~comparable(f"order_{each}", f"waybill_{each}")
        yield order & _there("payment") & pl.col("difference_cny").is_null()

    return _any(gaps())


def _wrong_order() -> pl.Expr:
    """Paid after the payment document, or after the list, was sent."""
    return _any(iter((pl.col("paid_after_sent"), pl.col("paid_at") > pl.col("list_first_at"))))
