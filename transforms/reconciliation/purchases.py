"""Documents without a list, taken together by purchase: what each purchase has, and which row stands for it."""

from __future__ import annotations

import polars as pl

#: Documents that make a purchase, in the order in which one of them stands for it: table -> what it is.
_PARTS = {
    "import_orders": "order",
    "export_orders": "order",
    "payments": "payment",
    "export_payments": "payment",
    "import_waybills": "waybill",
    "export_waybills": "waybill",
}
_RANK = {table: rank for rank, table in enumerate(_PARTS)}
_ORDER = ("_rank", "business_date", "business_key")


def with_purchases(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of documents without a list with `has_order`, `has_payment`, `has_waybill` and `leads` set.

    Orders and payments with one order key (import: platform and order number, export: enterprise and order
    number) are one purchase. A waybill names an order number only: it joins the purchase with that number if
    there is exactly one, else waybills of one number are together; without a number it stands alone. Other
    documents (inbound parcels, tax bills, receipts) make no purchase. Depends on the set of rows only.
    """
    part = pl.col("subject").replace_strict(_PARTS, default=None, return_dtype=pl.String)
    numbered = rows.with_columns(
        part.alias("_part"),
        pl.col("subject").replace_strict(_RANK, default=None, return_dtype=pl.Int8).alias("_rank"),
        _own_purchase(part).alias("_own"),
    )
    of_number = (
        numbered.filter(pl.col("_part").is_in(["order", "payment"]) & pl.col("order_no").is_not_null())
        .group_by("flow", "order_no")
        .agg(pl.col("_own").min().alias("_only"), pl.col("_own").n_unique().alias("_purchases"))
        .filter(pl.col("_purchases") == 1)
        .drop("_purchases")
    )
    joined = numbered.join(of_number, on=["flow", "order_no"], how="left").with_columns(
        pl.when(pl.col("_part") == "waybill")
        .then(pl.coalesce("_only", "_own"))
        .otherwise("_own")
        .alias("_purchase")
    )
    makes = pl.col("_part").is_not_null()
    return (
        joined.sort(_ORDER, nulls_last=True)
        .with_columns(
            *(
                (makes & (pl.col("_part") == each).any().over("_purchase")).alias(f"has_{each}")
                for each in ("order", "payment", "waybill")
            ),
            (makes & (pl.int_range(pl.len()).over("_purchase") == 0)).alias("leads"),
        )
        .select(rows.collect_schema().names())
    )


def _own_purchase(part: pl.Expr) -> pl.Expr:
    """What a row's purchase is called as far as the row itself tells."""
    seller = pl.when(pl.col("flow") == "I").then("ebp_code").otherwise("ebc_code").fill_null("")
    number = pl.when(part == "waybill").then(pl.lit("?")).otherwise(seller)
    alone = pl.concat_str(pl.lit("alone"), "subject", "business_key", separator="\x1f")
    together = pl.concat_str(pl.lit("order"), "flow", number, "order_no", separator="\x1f")
    return pl.when(part.is_not_null()).then(pl.coalesce(together, alone)).otherwise(alone)
