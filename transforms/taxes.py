"""Tax bills of lists: made, summarised, void, and what the 70 % rule gives for them.

Within the limits a parcel pays no duty and 70 % of import VAT and consumption tax: rule A6, value x
(CT + VAT) / (1 - CT) x 0.7. A bill states value, consumption tax and VAT of each goods line, with which the
rule reads VAT = (0.7 x value + consumption tax) x rate. No document says which of the two VAT rates in force
an article has, so the one counts that comes nearer to the VAT stated. Lines with duty are outside the
limits: the rule says nothing about them.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from sources.contracts.tax_rates import RELIEF, VAT_RATES
from transforms.compute import computed
from transforms.current import newest
from transforms.inputs import Documents, document
from transforms.matching import Step, first_match
from transforms.schemas import MONEY, TAX_BILL, TAX_SUMMARY

_SUMMARISED, _VOID = "2", "3"  # statuses of a tax bill
_TAXES = ("customs_tax", "value_added_tax", "consumption_tax")
_EXACT = pl.Decimal(38, 13)


def tax_bills(documents: Documents, lists: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Grain list_id: `tax_bills` and tax_cny, the sum of those not void (in CNY); and `tax_summaries`.

    The newest of bill (CEB816) and bill status (CEB818) says whether a bill is void. Bills belong to a list
    by invtNo, else by enterprise and order number.
    """
    bills = document(documents, "tax_bills")
    statuses = document(documents, "tax_bill_statuses").select("tax_no", "status", "return_at")
    told = pl.concat([bills.select("tax_no", "status", "return_at"), statuses])
    newest_status = statuses.pipe(newest, ("tax_no",), "return_at").rename(
        {"status": "_status", "return_at": "_status_at"}
    )
    later = pl.col("_status_at") >= pl.col("return_at")
    known = (
        bills.pipe(newest, ("tax_no",), "return_at")
        .join(newest_status, on="tax_no", how="left")
        .join(_first(bills, "assessed_at"), on="tax_no", how="left")
        .join(_first(told.filter(pl.col("status") == _SUMMARISED), "at"), on="tax_no", how="left")
        .join(_first(told.filter(pl.col("status") == _VOID), "_void_at"), on="tax_no", how="left")
        .with_columns(
            pl.when(later).then("_status").otherwise("status").eq_missing(_VOID).alias("_void"),
            *(pl.col(name).fill_null(0).cast(MONEY).alias(f"{name}_cny") for name in _TAXES),
        )
        .with_columns(pl.when("_void").then("_void_at").alias("void_at"))
        .with_row_index("_bill")
        .pipe(computed)
    )
    priced = known.join(_expected(known), on="_bill", how="left").drop(*_TAXES, "status")
    own = lists.filter(pl.col("flow") == "I")
    found = first_match(priced, Step(("invt_no",), own), Step(("ebc_code", "order_no"), own)).found.pipe(
        computed
    )
    tax = pl.sum_horizontal(f"{name}_cny" for name in _TAXES)
    bills_of = (
        found.sort("list_id", "assessed_at", "tax_no")
        .group_by("list_id", maintain_order=True)
        .agg(
            pl.when(~pl.col("_void")).then(tax).sum().cast(MONEY, strict=False).alias("tax_cny"),
            _struct(TAX_BILL).alias("tax_bills"),
        )
    )
    summaries = (
        found.filter(pl.col("at").is_not_null())
        .sort("list_id", "at", "tax_no")
        .group_by("list_id", maintain_order=True)
        .agg(_struct(TAX_SUMMARY).alias("tax_summaries"))
    )
    return bills_of, summaries


def _struct(kind: pl.Struct) -> pl.Expr:
    return pl.struct(pl.col(each.name).cast(each.dtype) for each in kind.fields)


def _first(told: pl.LazyFrame, name: str) -> pl.LazyFrame:
    return told.group_by("tax_no").agg(pl.col("return_at").min().alias(name))


def _expected(bills: pl.LazyFrame) -> pl.LazyFrame:
    """Grain _bill: items, dutiable_cny, and expected_cny where the rule decides every line."""
    lines = (
        bills.select("_bill", "assessed_at", *(f"item_{name}" for name in ("tax_price", *_TAXES)))
        .explode(pl.selectors.starts_with("item_"), empty_as_null=False, keep_nulls=False)
        .with_columns(
            (
                (_amount("tax_price") * pl.lit(RELIEF).cast(_EXACT)).cast(_EXACT) + _amount("consumption_tax")
            ).alias("_base"),
            _in_force(1).alias("_standard"),
            _in_force(2).alias("_reduced"),
        )
        .with_columns(
            (pl.col("_base") * pl.col(f"_{name}")).cast(_EXACT).alias(f"_{name}")
            for name in ("standard", "reduced")
        )
    )
    vat = _amount("value_added_tax")
    nearer = (
        pl.when((vat - pl.col("_standard")).abs() <= (vat - pl.col("_reduced")).abs())
        .then("_standard")
        .otherwise("_reduced")
    )
    decided = (pl.col("item_customs_tax") == 0) & vat.is_not_null() & pl.col("_standard").is_not_null()
    return (
        lines.with_columns(
            pl.when(decided.fill_null(False)).then(nearer + _amount("consumption_tax")).alias("_expected")
        )
        .group_by("_bill")
        .agg(
            pl.len().cast(pl.Int64).alias("items"),
            pl.col("item_tax_price").sum().alias("dutiable_cny"),
            pl.col("_expected").sum(),
            pl.col("_expected").is_null().any().alias("_open"),
        )
        .select(
            "_bill",
            "items",
            "dutiable_cny",
            pl.when(~pl.col("_open"))
            .then(pl.col("_expected").round(5, mode="half_away_from_zero"))
            .cast(MONEY, strict=False)
            .alias("expected_cny"),
        )
    )


def _amount(name: str) -> pl.Expr:
    return pl.col(f"item_{name}").cast(_EXACT)


def _in_force(rate: int) -> pl.Expr:
    """VAT of the day the bill was made: standard (1) or reduced (2); null before the first known."""
    found = pl.lit(None, dtype=_EXACT)
    for since, *rates in reversed(VAT_RATES):
        holds = pl.col("assessed_at") >= pl.lit(date.fromisoformat(since))
        found = pl.when(holds).then(pl.lit(rates[rate - 1]).cast(_EXACT)).otherwise(found)
    return found
