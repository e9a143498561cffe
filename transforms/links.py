"""Order, payment and waybill of a list. Every function gives one row a link key, to be joined to lists.

Keys: order by platform and order number (export: enterprise and order number), payments like the order,
waybill by carrier and waybill number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from transforms.current import live
from transforms.inputs import Documents, document
from transforms.measures import FLOWS
from transforms.money import document_date, with_cny
from transforms.schemas import MONEY
from transforms.statuses import SIGNED

ORDER_KEY = {"I": ("ebp_code", "order_no"), "E": ("ebc_code", "order_no")}
WAYBILL_KEY = ("logistics_code", "logistics_no")


def orders(documents: Documents, flow: str, rates: pl.LazyFrame) -> pl.LazyFrame:
    """Grain ORDER_KEY[flow]: has_order, order_app_at, actual_paid_cny (imports; exports state none)."""
    key = ORDER_KEY[flow]
    if flow == "I":
        found = document(documents, "import_orders").pipe(live, key)
        found = found.with_columns(document_date("app_at")).pipe(
            with_cny, "actural_paid", "actual_paid_cny", rates
        )
    else:
        found = document(documents, "export_orders").pipe(live, key)
        found = found.with_columns(pl.lit(None, dtype=MONEY).alias("actual_paid_cny"))
    return found.select(
        *key, pl.lit(True).alias("has_order"), pl.col("app_at").alias("order_app_at"), "actual_paid_cny"
    )


def payments(documents: Documents, flow: str, rates: pl.LazyFrame) -> pl.LazyFrame:
    """Grain ORDER_KEY[flow]: has_payment, pay_at (of the last one), amount_paid_cny (of all).

    An order may be paid in several payments. The sum is null where one of them has no rate or no amount.
    """
    table, unique, amount, paid_at = {
        "I": ("payments", ("pay_code", "pay_transaction_id"), "amount_paid", "pay_at"),
        "E": ("export_payments", ("ebc_code", "order_no", "pay_no"), "charge", "accounting_at"),
    }[flow]
    key = ORDER_KEY[flow]
    return (
        document(documents, table)
        .pipe(live, unique)
        .with_columns(document_date(paid_at))
        .pipe(with_cny, amount, "cny", rates)
        .group_by(*key)
        .agg(
            pl.lit(True).alias("has_payment"),
            pl.col(paid_at).max().alias("pay_at"),
            pl.col("cny").sum(),
            pl.col("cny").is_null().any().alias("_gap"),
        )
        .select(
            *key,
            "has_payment",
            "pay_at",
            pl.when(~pl.col("_gap")).then("cny").cast(MONEY, strict=False).alias("amount_paid_cny"),
        )
    )


def waybills(documents: Documents, flow: str) -> pl.LazyFrame:
    """Grain WAYBILL_KEY: has_waybill, waybill_app_at."""
    table = {"I": "import_waybills", "E": "export_waybills"}[flow]
    return (
        document(documents, table)
        .pipe(live, WAYBILL_KEY)
        .select(*WAYBILL_KEY, pl.lit(True).alias("has_waybill"), pl.col("app_at").alias("waybill_app_at"))
    )


def signings(documents: Documents) -> pl.LazyFrame:
    """Grain WAYBILL_KEY: signed_at, the first waybill status S that was not deleted."""
    event = (*WAYBILL_KEY, "logistics_at")
    return (
        document(documents, "waybill_statuses")
        .filter((pl.col("logistics_status") == SIGNED) & pl.col("logistics_at").is_not_null())
        .pipe(live, event)
        .group_by(*WAYBILL_KEY)
        .agg(pl.col("logistics_at").min().alias("signed_at"))
    )


def links(lists: pl.LazyFrame, documents: Documents, rates: pl.LazyFrame) -> tuple[pl.LazyFrame, ...]:
    """Frames of grain list_id with the order, the payments, the waybill and the signing of the lists."""

    def of_both(key: Mapping[str, Sequence[str]], found: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
        return pl.concat(
            lists.filter(pl.col("flow") == flow)
            .select("list_id", *key[flow])
            .join(found[flow], on=list(key[flow]), how="inner")
            .drop(*key[flow])
            for flow in FLOWS
        )

    by_waybill = dict.fromkeys(FLOWS, WAYBILL_KEY)
    signed = signings(documents)
    return (
        of_both(ORDER_KEY, {flow: orders(documents, flow, rates) for flow in FLOWS}),
        of_both(ORDER_KEY, {flow: payments(documents, flow, rates) for flow in FLOWS}),
        of_both(by_waybill, {flow: waybills(documents, flow) for flow in FLOWS}),
        of_both(by_waybill, dict.fromkeys(FLOWS, signed)),
    )
