"""Amounts in CNY: dated rates, exact products, one rounding half away from zero to 5 decimals.

Rates: `currency` (3-digit customs code), `valid_from`, `cny` (CNY for one unit, Decimal(18,8)). A rate
holds from its date until the next one of the currency. Where none holds the amount is null: a gap, never a
guess; `missing_rates` names the gaps.
"""

from __future__ import annotations

import polars as pl

from transforms.compute import computed
from transforms.inputs import LINKED, LINKED_ITEMS, Documents, document
from transforms.schemas import MONEY

CNY = ("142", "CNY")
RATE = pl.Decimal(18, 8)
#: Scale of an exact product: 5 decimals of an amount and 8 of a rate.
_EXACT = pl.Decimal(38, 13)
_MISSING = {"table": pl.String(), "currency": pl.String(), "date": pl.Date(), "documents": pl.Int64()}


def rates_on(days: pl.LazyFrame, rates: pl.LazyFrame) -> pl.LazyFrame:
    """(currency, date) -> `rate`, null where none holds that day; CNY is 1 on any day or none."""
    known = rates.select(
        pl.col("currency"), pl.col("valid_from").cast(pl.Date), pl.col("cny").cast(RATE).alias("rate")
    )
    return (
        days.select("currency", "date")
        .unique()
        .sort("date", nulls_last=False)
        .join_asof(
            known.drop_nulls().sort("valid_from"),
            left_on="date",
            right_on="valid_from",
            by="currency",
            strategy="backward",
            check_sortedness=False,
        )
        .select(
            "currency",
            "date",
            pl.when(pl.col("currency").is_in(CNY)).then(pl.lit(1).cast(RATE)).otherwise("rate").alias("rate"),
        )
    )


def in_cny(amount: str, rate: str = "rate") -> pl.Expr:
    """Amount times rate: exact to 13 decimals, then rounded half away from zero to 5."""
    product = pl.col(amount).cast(_EXACT) * pl.col(rate).cast(_EXACT)
    return product.round(5, mode="half_away_from_zero").cast(MONEY, strict=False)


def with_cny(frame: pl.LazyFrame, amount: str, name: str, rates: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `name`, the column `amount` in CNY; `currency` and `date` say which rate. Changes the order."""
    plain = pl.col(amount).is_null() | (pl.col(amount) == 0) | pl.col("currency").is_in(CNY).fill_null(False)
    known = computed(frame)
    foreign = known.filter(~plain)
    return pl.concat(
        [
            known.filter(plain).with_columns(pl.col(amount).cast(MONEY, strict=False).alias(name)),
            foreign.join(rates_on(foreign, rates), on=["currency", "date"], how="left", nulls_equal=True)
            .with_columns(in_cny(amount).alias(name))
            .drop("rate"),
        ]
    )


def document_date(time: str) -> pl.Expr:
    """Day whose rate applies to a document: of its own time, else its business date."""
    return pl.coalesce(pl.col(time).dt.date(), pl.col("business_date")).alias("date")


def list_value(lists: pl.LazyFrame, rates: pl.LazyFrame) -> pl.LazyFrame:
    """list_id -> `value_cny`: item totals summed exactly by currency, converted, then summed.

    An item without a currency has the one of the head. A list is null where a rate is missing for any of
    its totals that are not zero, and where it states none.
    """
    totals = (
        lists.select("list_id", "date", "currency", "item_total_price", "item_currency")
        .explode("item_total_price", "item_currency", empty_as_null=False, keep_nulls=False)
        .filter(pl.col("item_total_price").is_not_null())
        .group_by("list_id", "date", pl.coalesce("item_currency", "currency").alias("currency"))
        .agg(pl.col("item_total_price").sum().alias("amount"))
    )
    return (
        totals.pipe(with_cny, "amount", "cny", rates)
        .group_by("list_id")
        .agg(pl.col("cny").sum(), pl.col("cny").is_null().any().alias("_gap"))
        .select("list_id", pl.when(~pl.col("_gap")).then("cny").cast(MONEY, strict=False).alias("value_cny"))
    )


def missing_rates(documents: Documents, rates: pl.LazyFrame) -> pl.LazyFrame:
    """Grain (table, currency, date): documents that state an amount no rate of the zone converts."""
    gaps = []
    for table, columns in LINKED.items():
        for amount, currency, time in _AMOUNTS:
            items = LINKED_ITEMS.get(table, ())
            if amount in columns and currency in columns and time in columns:
                gaps.append(_gaps(document(documents, table), table, amount, currency, time, rates))
            if amount == "total_price" and amount in items and time in columns:
                gaps.append(_item_gaps(document(documents, table), table, time, rates))
    return (
        pl.concat([pl.LazyFrame(schema=_MISSING), *gaps])
        .group_by("table", "currency", "date")
        .agg(pl.col("documents").sum())
        .sort("table", "currency", "date", nulls_last=False)
    )


#: Where documents state amounts: (amount, currency, time that dates the rate).
_AMOUNTS = (
    ("actural_paid", "currency", "app_at"),
    ("amount_paid", "currency", "pay_at"),
    ("charge", "currency", "accounting_at"),
    ("freight", "currency", "app_at"),
    ("freight", "f_currency", "app_at"),
    ("insured_fee", "i_currency", "app_at"),
    ("total_price", "item", "app_at"),
)


def _gaps(
    frame: pl.LazyFrame, table: str, amount: str, currency: str, time: str, rates: pl.LazyFrame
) -> pl.LazyFrame:
    stated = frame.filter(pl.col(amount).is_not_null() & (pl.col(amount) != 0))
    return _without_rate(stated.select(pl.col(currency).alias("currency"), document_date(time)), table, rates)


def _item_gaps(frame: pl.LazyFrame, table: str, time: str, rates: pl.LazyFrame) -> pl.LazyFrame:
    head = (
        frame if "currency" in LINKED[table] else frame.with_columns(currency=pl.lit(None, dtype=pl.String))
    )
    stated = (
        head.with_columns(document_date(time))
        .with_row_index("row")
        .explode("item_total_price", "item_currency", empty_as_null=False, keep_nulls=False)
        .filter(pl.col("item_total_price").is_not_null() & (pl.col("item_total_price") != 0))
        .select("row", pl.coalesce("item_currency", "currency").alias("currency"), "date")
        .unique()
        .drop("row")
    )
    return _without_rate(stated, table, rates)


def _without_rate(frame: pl.LazyFrame, table: str, rates: pl.LazyFrame) -> pl.LazyFrame:
    counted = frame.group_by("currency", "date").agg(pl.len().cast(pl.Int64).alias("documents"))
    return (
        counted.join(rates_on(counted, rates), on=["currency", "date"], how="left", nulls_equal=True)
        .filter(pl.col("rate").is_null())
        .select(pl.lit(table).alias("table"), "currency", "date", "documents")
    )
