"""What each document says about a list, side by side: frames of grain list_id, of one flow.

A document counts with its current version. `*_first_at` is when its first version was sent: a document
that was changed later was not sent late.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sources.contracts import MASKED
from transforms.compute import computed
from transforms.current import DELETED, live, newest
from transforms.inputs import Documents, document
from transforms.links import ORDER_KEY, PAYMENT, WAYBILL_KEY, of_lists
from transforms.money import CNY
from transforms.schemas import TOTAL

BUYER = ("buyer_id_number_digest", "buyer_name_digest")
PAYER = ("payer_id_number_digest", "payer_name_digest")
CONSIGNEE = ("consignee_digest", "consignee_telephone_digest", "consignee_address_digest")
ITEMS = ("item_gnum", "item_qty", "item_price", "item_total_price")


def listed(lists: pl.LazyFrame, documents: Documents, flow: str) -> pl.LazyFrame:
    """list_*: what the newest undeleted version of the list states."""
    table, more = {"I": ("import_lists", ("currency", *BUYER)), "E": ("export_lists", ())}[flow]
    versions = computed(
        document(documents, table, compared=True)
        .pipe(of_lists, lists, ("ebc_code", "order_no"))
        .filter(pl.col("app_type").ne_missing(DELETED))
    )
    return (
        versions.pipe(newest, ("list_id",), "app_at")
        .join(_first_sent(versions), on="list_id", how="left")
        .pipe(_named, "list", ("ebp_name", "ebc_name", *more, *ITEMS))
    )


def ordered(lists: pl.LazyFrame, documents: Documents, flow: str) -> pl.LazyFrame:
    """order_*: the order. `order_gap` is what acturalPaid exceeds its parts by (A1; stated in CNY only)."""
    table, more = {
        "I": ("import_orders", ("gap", *BUYER, *CONSIGNEE)),
        "E": ("export_orders", ()),
    }[flow]
    versions = computed(document(documents, table, compared=True).pipe(of_lists, lists, ORDER_KEY[flow]))
    found = versions.pipe(live, ("list_id",)).join(_first_sent(versions), on="list_id", how="left")
    if flow == "I":
        found = found.with_columns(_gap().alias("gap"))
    return found.pipe(_named, "order", ("ebp_name", "ebc_name", "currency", *more, *ITEMS))


def _gap() -> pl.Expr:
    """acturalPaid - (goodsValue + freight + taxTotal - discount), exact."""
    amount, freight, tax, discount = (
        pl.col(each).cast(TOTAL) for each in ("goods_value", "freight", "tax_total", "discount")
    )
    parts = amount + freight.fill_null(0) + tax.fill_null(0) - discount.fill_null(0)
    return pl.when(pl.col("currency").is_in(CNY)).then(pl.col("actural_paid").cast(TOTAL) - parts)


def paid(lists: pl.LazyFrame, documents: Documents, flow: str) -> pl.LazyFrame:
    """payment_*: the payments of an order together, each text by its least and greatest comparable value.

    `payment_open_*`: one of them cannot be compared. `payment_first_at`: when the last payment was first
    sent. `paid_at`: the last pay time; `paid_after_sent`: one lies after its own document.
    """
    table, own, _, paid_at = PAYMENT[flow]
    people, texts = {"I": (PAYER, ("ebp_name", "currency")), "E": ((), ("ebp_name", "ebc_name", "currency"))}[
        flow
    ]
    versions = computed(document(documents, table, compared=True))
    current = computed(versions.pipe(live, own))
    named = list(dict.fromkeys((*own, *ORDER_KEY[flow])))
    first = (
        versions.filter(pl.col("app_type").ne_missing(DELETED))
        .select(*named, "app_at")
        # One that was deleted, or now names another order, is no payment of this one.
        .join(current.select(named), on=named, how="semi", nulls_equal=True)
        .pipe(_of_lists, lists, ORDER_KEY[flow])
        .pipe(_last_first_sent, own)
    )
    return (
        current.pipe(of_lists, lists, ORDER_KEY[flow])
        .group_by("list_id")
        .agg(
            pl.len().cast(pl.Int64).alias("payment_count"),
            pl.col("app_at").max().alias("payment_at"),
            pl.col(paid_at).max().alias("paid_at"),
            (pl.col(paid_at) > pl.col("app_at")).any().alias("paid_after_sent"),
            *(end for each in (*texts, *people) for end in _ends(each)),
            *(pl.col(each).is_null().any().alias(f"payment_open_{each}") for each in people),
            *((pl.col(each) == MASKED).any().alias(f"_masked_{each}") for each in people),
        )
        .with_columns(
            (pl.col(f"payment_open_{each}") | pl.col(f"_masked_{each}")).alias(f"payment_open_{each}")
            for each in people
        )
        .drop(f"_masked_{each}" for each in people)
        .join(first, on="list_id", how="left")
    )


def _ends(column: str) -> tuple[pl.Expr, pl.Expr]:
    known = pl.col(column).filter(pl.col(column) != MASKED)
    return known.min().alias(f"payment_min_{column}"), known.max().alias(f"payment_max_{column}")


def _of_lists(found: pl.LazyFrame, lists: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    """As links.of_lists, but the key stays."""
    return lists.select("list_id", *key).join(found, on=list(key), how="inner")


def _last_first_sent(versions: pl.LazyFrame, own: Sequence[str]) -> pl.LazyFrame:
    """list_id -> `payment_first_at`: the first version of each payment, then the last of these."""
    counted = computed(versions.with_columns(pl.len().over("list_id").alias("_rows")))
    several = counted.filter(pl.col("_rows") > 1).group_by("list_id", *own).agg(pl.col("app_at").min())
    return pl.concat(
        [
            counted.filter(pl.col("_rows") == 1).select(
                "list_id", pl.col("app_at").alias("payment_first_at")
            ),
            several.group_by("list_id").agg(pl.col("app_at").max().alias("payment_first_at")),
        ]
    )


def carried(lists: pl.LazyFrame, documents: Documents, flow: str) -> pl.LazyFrame:
    """waybill_*: the waybill; the consignee is stated on import only."""
    table, more = {"I": ("import_waybills", ("order_no", *CONSIGNEE)), "E": ("export_waybills", ())}[flow]
    versions = computed(document(documents, table, compared=True).pipe(of_lists, lists, WAYBILL_KEY))
    return (
        versions.pipe(live, ("list_id",))
        .join(_first_sent(versions), on="list_id", how="left")
        .pipe(_named, "waybill", more)
    )


def _first_sent(versions: pl.LazyFrame) -> pl.LazyFrame:
    """list_id -> `first_at`: app_at of the first version that is not a deletion."""
    return (
        versions.filter(pl.col("app_type").ne_missing(DELETED))
        .group_by("list_id")
        .agg(pl.col("app_at").min().alias("first_at"))
    )


def _named(found: pl.LazyFrame, side: str, columns: Sequence[str]) -> pl.LazyFrame:
    return found.select(
        "list_id",
        pl.lit(value=True).alias(f"{side}_there"),
        *(
            pl.col(each).alias(f"{side}_{each.removeprefix('app_')}")
            for each in ("app_at", "first_at", *columns)
        ),
    )
