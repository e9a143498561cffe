"""Daily payments: how many and how much was paid, by institution, and how long it took around them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.compute import computed
from transforms.cube import known, shaped, summed, timed, timing
from transforms.links import ORDER_KEY
from transforms.metric_model import BREAKDOWN, DATE, ZONE, MetricTable, count, money, text
from transforms.schemas import PAYMENT, TOTAL

_DOCUMENTS = "payments, export_payments"
_ONCE = (
    "one of an order that several import lists claim counts once, in the cell of the first of them by ebcCode"
)
_EACH = "of an order that several lists claim, with each of these lists"
_NO_REFUND = "no document says that money went back: this is what was to be paid back at most"

PAYMENTS_DAILY = MetricTable(
    "payments_daily",
    "每日支付",
    "daily payments",
    (
        ZONE,
        DATE,
        *BREAKDOWN[:2],
        text(
            "institution",
            "支付企业",
            "payment institution",
            "payCode, unknown, all",
            "payCode of the payment; unknown where empty",
            _DOCUMENTS,
        ),
    ),
    (
        count(
            "payments",
            "支付笔数",
            "payments",
            "payments whose payTime (export: accountingDate) is on the day, not deleted, of orders that have a "
            f"list; each part of a split payment is one; {_ONCE}",
            _DOCUMENTS,
        ),
        count(
            "split_payments",
            "拆分支付笔数",
            "parts of split payments",
            "of these, payments of an order with more than one that is not deleted",
            _DOCUMENTS,
        ),
        count(
            "unvalued",
            "无金额笔数",
            "payments without a value",
            "of these, payments without an amount or whose currency has no rate; they add nothing to paid_cny",
            _DOCUMENTS,
        ),
        money("paid_cny", "支付金额", "amount paid", "sum of the payments' amounts in CNY", _DOCUMENTS),
        count(
            "deleted_payments",
            "删除支付笔数",
            "payments deleted",
            f"payments whose newest version is a deletion (appType 3) with its appTime on the day; {_ONCE}",
            _DOCUMENTS,
        ),
        money(
            "deleted_cny",
            "删除支付金额",
            "amount of payments deleted",
            "sum of the amounts the deletions state",
            _DOCUMENTS,
        ),
        count(
            "cancelled_payments",
            "撤单清单支付笔数",
            "payments of cancelled lists",
            f"payments not deleted of lists with cancelled_at on the day; {_EACH}; {_NO_REFUND}",
        ),
        money(
            "cancelled_cny",
            "撤单清单支付金额",
            "amount paid for cancelled lists",
            "sum of the amounts of cancelled_payments",
        ),
        count(
            "returned_payments",
            "退货清单支付笔数",
            "payments of returned lists",
            f"payments not deleted of lists with returned_at on the day; {_EACH}; {_NO_REFUND}",
        ),
        money(
            "returned_cny",
            "退货清单支付金额",
            "amount paid for returned lists",
            "sum of the amounts of returned_payments; a return may be of a part of the goods only",
        ),
    ),
)

#: measure -> start, end and the day it counts on, columns of core.lists.
_MEASURES = {
    "order_to_payment": ("order_app_at", "pay_at"),
    "payment_to_release": ("pay_at", "released_at"),
}
#: The one of them that is a time of the order, not of each list that claims it.
_OF_ORDER = "order_to_payment"
PAYMENT_TIMES_DAILY = MetricTable(
    "payment_times_daily",
    "每日支付时效",
    "daily times around payment",
    (
        ZONE,
        DATE,
        text(
            "measure",
            "指标",
            "measure",
            ", ".join(_MEASURES),
            "order_to_payment: pay_at - order_app_at of the lists with pay_at on the day (order_app_at is when "
            f"the order was reported, often after it was paid: then negative), {_ONCE}; payment_to_release: "
            "released_at - pay_at of the lists with released_at on the day; pay_at is that of the last payment",
        ),
        *BREAKDOWN,
    ),
    timing(),
)
_OVER = ("flow", "mode", "institution")
#: What tells who claims which order; an export order is that of one list by its key.
_CLAIM = ("flow", "ebc_code", *ORDER_KEY["I"])
#: Whether another list may claim the order too; few do, and only they are looked at more closely.
_SHARED = ((pl.col("flow") == "I") & (pl.len().over("flow", *ORDER_KEY["I"]) > 1)).alias("_shared")
#: Columns of core.lists read.
NEEDED = (
    *("zone", *_CLAIM, "mode", "office", "payments", "cancelled_at", "returned_at"),
    *("order_app_at", "pay_at", "released_at"),
)


def payments_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.payments_daily of the dates, sorted by grain."""
    each = (
        lists.select("zone", *_CLAIM, "mode", "cancelled_at", "returned_at", "payments", _SHARED)
        .with_columns(
            pl.col("payments")
            .list.eval(pl.element().struct.field("deleted_at").is_null())
            .list.sum()
            .alias("_of_order")
        )
        .explode("payments", empty_as_null=False, keep_nulls=False)
        .unnest("payments")
        .pipe(known, "mode", "institution")
        .pipe(computed)
    )
    once, kept = _once(each, [field.name for field in PAYMENT.fields]), pl.col("deleted_at").is_null()
    events = pl.concat(
        [
            _on(once.filter(kept), "paid_at", "payments"),
            _on(once, "deleted_at", "deleted_payments"),
            _on(each.filter(kept), "cancelled_at", "cancelled_payments"),
            _on(each.filter(kept), "returned_at", "returned_payments"),
        ]
    ).filter(pl.col("business_date").is_in(list(dates)))
    ours = pl.col("what") == "payments"
    counts = [
        ((pl.col("what") == name).sum().cast(pl.Int64).alias(name))
        for name in ("payments", "deleted_payments", "cancelled_payments", "returned_payments")
    ]
    amounts = [
        pl.when(pl.col("what") == what).then("amount_cny").sum().cast(TOTAL).alias(name)
        for what, name in (
            ("payments", "paid_cny"),
            ("deleted_payments", "deleted_cny"),
            ("cancelled_payments", "cancelled_cny"),
            ("returned_payments", "returned_cny"),
        )
    ]
    split = (ours & (pl.col("_of_order") > 1)).sum().cast(pl.Int64).alias("split_payments")
    unvalued = (ours & pl.col("amount_cny").is_null()).sum().cast(pl.Int64).alias("unvalued")
    return summed(events, ("zone", "business_date"), _OVER, [*counts, split, unvalued, *amounts]).pipe(
        shaped, PAYMENTS_DAILY
    )


def _once(rows: pl.LazyFrame, alike: Sequence[str]) -> pl.LazyFrame:
    """What several lists of one order hold alike, only with the first of them by ebc_code; all else as it is.

    Whatever holds the row bears its day too (figure_dates), so the list chosen is the same whichever dates are
    computed together. A list that claims the order without the row, as one linked long before, takes nothing.
    """
    ebc = pl.col("ebc_code")
    first = ebc.eq_missing(ebc.min().over(*ORDER_KEY["I"], *alike))
    return pl.concat([rows.filter(~pl.col("_shared")), rows.filter("_shared").filter(first)])


def _on(payments: pl.LazyFrame, time: str, what: str) -> pl.LazyFrame:
    """Payments with the day they count on and what they count as."""
    return payments.select(
        "zone",
        *_OVER,
        "amount_cny",
        "_of_order",
        pl.col(time).dt.date().alias("business_date"),
        pl.lit(what).alias("what"),
    )


def payment_times_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.payment_times_daily of the dates, sorted by grain."""
    once = _once(lists.with_columns(_SHARED), _MEASURES[_OF_ORDER])
    spans = pl.concat(
        (once if measure == _OF_ORDER else lists)
        .select(
            *("zone", "flow", "mode", "office"),
            pl.lit(measure).alias("measure"),
            pl.col(end).dt.date().alias("business_date"),
            (pl.col(end) - pl.col(start)).dt.total_milliseconds().alias("duration"),
        )
        .filter(pl.col("business_date").is_in(list(dates)))
        for measure, (start, end) in _MEASURES.items()
    )
    return timed(
        known(spans, "mode", "office"), ("zone", "business_date", "measure"), ("flow", "mode", "office")
    ).pipe(shaped, PAYMENT_TIMES_DAILY)
