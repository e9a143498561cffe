"""Order, payments, waybill and signing of the lists: frames of grain list_id.

Keys: order by platform and order number (export: enterprise and order number), payments like the order,
waybill by carrier and waybill number. Documents find their lists first, because versions are then told apart
by the number of the list, which is faster than by two texts.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from transforms.compute import computed
from transforms.current import DELETED, live, newest
from transforms.inputs import Documents, document
from transforms.measures import FLOWS
from transforms.money import document_date, with_cny
from transforms.schemas import MONEY
from transforms.statuses import SIGNED

ORDER_KEY = {"I": ("ebp_code", "order_no"), "E": ("ebc_code", "order_no")}
#: Table, own key, amount and time of the payments of a flow.
PAYMENT = {
    "I": ("payments", ("pay_code", "pay_transaction_id"), "amount_paid", "pay_at"),
    "E": ("export_payments", ("ebc_code", "order_no", "pay_no"), "charge", "accounting_at"),
}
WAYBILL_KEY = ("logistics_code", "logistics_no")
#: A carrier may use a number again after six months (rules 3.4): by a waybill number, documents this many days from
#: their list are not linked (decision 0010), whatever is loaded together.
APART_DAYS = 60


def links(lists: pl.LazyFrame, documents: Documents, rates: pl.LazyFrame) -> tuple[pl.LazyFrame, ...]:
    """What the lists are linked to, each at most one row a list_id; to be attached."""
    own = {flow: lists.filter(pl.col("flow") == flow) for flow in FLOWS}
    paid = [payments(own[flow], documents, flow, rates) for flow in FLOWS]
    return (
        pl.concat(orders(own[flow], documents, flow, rates) for flow in FLOWS),
        *(pl.concat(parts) for parts in zip(*paid, strict=True)),
        pl.concat(waybills(own[flow], documents, flow) for flow in FLOWS),
        signings(lists, documents),
    )


def of_lists(found: pl.LazyFrame, lists: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    """Documents of the lists with `list_id` in place of the key; by waybill number those near the list."""
    if WAYBILL_KEY[-1] not in key:
        return lists.select("list_id", *key).join(found, on=list(key), how="inner").drop(key)
    return (
        lists.select("list_id", *key, pl.col("business_date").alias("_listed_on"))
        .join(found, on=list(key), how="inner")
        .filter(near("_listed_on", "business_date"))
        .drop(*key, "_listed_on")
    )


def near(day: str, other: str) -> pl.Expr:
    """Whether two days lie close enough for documents of one waybill number; an unknown one may."""
    apart = pl.col(day).cast(pl.Int32) - pl.col(other).cast(pl.Int32)
    return (apart.abs() <= APART_DAYS).fill_null(value=True)


def orders(lists: pl.LazyFrame, documents: Documents, flow: str, rates: pl.LazyFrame) -> pl.LazyFrame:
    """has_order, order_app_at, actual_paid_cny (imports; exports state none)."""
    key = ORDER_KEY[flow]
    table = {"I": "import_orders", "E": "export_orders"}[flow]
    found = document(documents, table).pipe(of_lists, lists, key).pipe(live, ("list_id",))
    if flow == "I":
        found = found.with_columns(document_date("app_at"))
        found = with_cny(found, "actural_paid", "actual_paid_cny", rates)
    else:
        found = found.with_columns(pl.lit(None, dtype=MONEY).alias("actual_paid_cny"))
    return found.select(
        "list_id", pl.lit(True).alias("has_order"), pl.col("app_at").alias("order_app_at"), "actual_paid_cny"
    )


def payments(
    lists: pl.LazyFrame, documents: Documents, flow: str, rates: pl.LazyFrame
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """has_payment, pay_at (of the last one), amount_paid_cny (of all); and `payments`, each of them.

    An order may be paid in several payments. The sum is null where one of them has no rate or no amount.
    Deleted payments are only among `payments`.
    """
    table, unique, amount, paid_at = PAYMENT[flow]
    known = (
        document(documents, table)
        .pipe(newest, unique, "app_at")
        .with_columns(
            document_date(paid_at), pl.when(pl.col("app_type") == DELETED).then("app_at").alias("deleted_at")
        )
        .select(
            *ORDER_KEY[flow],
            "pay_code",
            "app_type",
            pl.col(paid_at).alias("paid_at"),
            amount,
            "currency",
            "date",
            "deleted_at",
        )
        .pipe(of_lists, lists, ORDER_KEY[flow])
        .pipe(with_cny, amount, "cny", rates)
        .pipe(computed)
    )
    paid = (
        known.filter(pl.col("app_type").ne_missing(DELETED))
        .group_by("list_id")
        .agg(
            pl.col("paid_at").max().alias("pay_at"),
            pl.col("cny").sum(),
            pl.col("cny").is_null().any().alias("_gap"),
        )
        .select(
            "list_id",
            pl.lit(True).alias("has_payment"),
            "pay_at",
            pl.when(~pl.col("_gap")).then("cny").cast(MONEY, strict=False).alias("amount_paid_cny"),
        )
    )
    each = pl.struct(
        pl.col("pay_code").alias("institution"),
        "paid_at",
        pl.col("cny").cast(MONEY).alias("amount_cny"),
        "deleted_at",
    )
    several = (
        known.sort("list_id", "paid_at", "pay_code", "cny", "deleted_at", nulls_last=False)
        .group_by("list_id", maintain_order=True)
        .agg(each.alias("payments"))
    )
    return paid, several


def waybills(lists: pl.LazyFrame, documents: Documents, flow: str) -> pl.LazyFrame:
    """has_waybill, waybill_app_at."""
    table = {"I": "import_waybills", "E": "export_waybills"}[flow]
    return (
        document(documents, table)
        .pipe(of_lists, lists, WAYBILL_KEY)
        .pipe(live, ("list_id",))
        .select("list_id", pl.lit(True).alias("has_waybill"), pl.col("app_at").alias("waybill_app_at"))
    )


def signings(lists: pl.LazyFrame, documents: Documents) -> pl.LazyFrame:
    """signed_at, the first waybill status S that was not deleted."""
    return (
        document(documents, "waybill_statuses")
        .filter((pl.col("logistics_status") == SIGNED) & pl.col("logistics_at").is_not_null())
        .pipe(of_lists, lists, WAYBILL_KEY)
        .pipe(live, ("list_id", "logistics_at"))
        .group_by("list_id")
        .agg(pl.col("logistics_at").min().alias("signed_at"))
    )
