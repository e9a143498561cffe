"""What reconciliation can find, declared once: codes in order of precedence, labels, and the rule of each.

`python -m transforms.reconciliation.codes` prints the table of docs/method-reconciliation.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

MATCHED = "matched"
#: Sources: S3.2 is "three-document match", S3.3 limits, S3.4 time order, of the rules the project works by.
_MATCH, _LIMITS, _ORDER = "rules 3.2", "rules 3.3", "rules 3.4"


class Kind(StrEnum):
    """What a reason says about the documents of a list."""

    ORPHAN = "orphan"  # a document without a list
    MISSING = "missing"  # a document that is not there (yet)
    DIFFERENCE = "difference"  # documents that do not agree
    NOTICE = "notice"  # documents that agree, and yet something is out of order
    UNDECIDED = "undecided"  # a comparison that cannot be made


@dataclass(frozen=True)
class Reason:
    """One reason code. `en` is the condition, such that it can be checked by hand."""

    code: str
    kind: Kind
    zh: str
    en: str
    rule: str


#: The first reason a row has is its result.
REASONS: tuple[Reason, ...] = (
    Reason("orphan", Kind.ORPHAN, "孤立单证", "a document that no list claims", _MATCH),
    Reason("waiting_order", Kind.MISSING, "等待订单", "no order has the list's order key", _MATCH),
    Reason(
        "waiting_payment",
        Kind.MISSING,
        "等待支付单",
        "import: no payment has the list's order key. On export a receipt of payment (CEB403) is compared where "
        "there is one and not waited for: since 15 December 2024 some modes need none",
        f"{_MATCH}; messages 1.5",
    ),
    Reason(
        "waiting_waybill", Kind.MISSING, "等待运单", "no waybill has the list's carrier and number", _MATCH
    ),
    Reason(
        "duplicate",
        Kind.DIFFERENCE,
        "重复申报",
        "another list, not cancelled and at most 60 days away, claims the same order or the same waybill",
        _MATCH,
    ),
    Reason(
        "currency_mismatch",
        Kind.DIFFERENCE,
        "币制不符",
        "order, payments and import list state different currencies, or on import one that is not CNY (142)",
        "A2",
    ),
    Reason(
        "amount_mismatch",
        Kind.DIFFERENCE,
        "金额不符",
        "import: the payments of the order and its acturalPaid, or acturalPaid and goodsValue + freight + "
        "taxTotal - discount, lie further apart than the tolerance",
        "A1, A2",
    ),
    Reason(
        "identity_mismatch",
        Kind.DIFFERENCE,
        "身份不符",
        "identity number or name of the order's buyer differs from the list's buyer or from a payer's",
        _MATCH,
    ),
    Reason(
        "consignee_mismatch",
        Kind.DIFFERENCE,
        "收货人不符",
        "consignee, phone or address of the waybill differs from the order's",
        _MATCH,
    ),
    Reason(
        "name_mismatch",
        Kind.DIFFERENCE,
        "企业名称不符",
        "platform or enterprise name (ebpName, ebcName) of order, payment and list differ",
        _MATCH,
    ),
    Reason(
        "item_mismatch",
        Kind.DIFFERENCE,
        "商品项不符",
        "a goods line of list or order has none of the same number (gnum), quantity, price and total on the "
        "other side",
        "A4",
    ),
    Reason(
        "waybill_mismatch",
        Kind.DIFFERENCE,
        "运单订单号不符",
        "the waybill states another order number than the list",
        _MATCH,
    ),
    Reason(
        "over_single_limit",
        Kind.NOTICE,
        "超单次限值",
        "goods, freight and insurance of an import list are above 5,000 CNY (2,000 before 2019)",
        _LIMITS,
    ),
    Reason(
        "over_annual_limit",
        Kind.NOTICE,
        "超年度限值",
        "with this list the released import lists of its buyer in the calendar year, without those returned within 45 "
        "days of their release, come to more than 26,000 CNY (20,000 before 2019)",
        _LIMITS,
    ),
    Reason(
        "wrong_time_order",
        Kind.NOTICE,
        "时间顺序有误",
        "a payment was made after the payment document or after the list was sent",
        _ORDER,
    ),
    Reason(
        "late",
        Kind.NOTICE,
        "单证晚到",
        "order, payment or waybill was first sent after the list",
        _ORDER,
    ),
    Reason(
        "not_comparable",
        Kind.UNDECIDED,
        "无法比对",
        "an identity or consignee to compare is masked or empty, or an import amount is not known in CNY",
        "messages 1.3",
    ),
)
CODES = tuple(each.code for each in REASONS)
#: With one of these the documents of a list cannot be said to agree.
OPEN = tuple(each.code for each in REASONS if each.kind in (Kind.MISSING, Kind.DIFFERENCE, Kind.UNDECIDED))


def result(reasons: str = "reasons") -> pl.Expr:
    """The dominant result: the first of the reasons, which stand in order of precedence; else matched."""
    return pl.col(reasons).list.first().fill_null(MATCHED).alias("result")


def markdown() -> str:
    """The table of codes."""
    lines = ["| code | 中文 | kind | when | rule |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| `{each.code}` | {each.zh} | {each.kind} | {each.en} | {each.rule} |" for each in REASONS]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
