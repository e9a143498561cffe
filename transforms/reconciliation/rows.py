"""One row a list: what its documents say, whether they agree, and since when."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from transforms.compute import computed
from transforms.inputs import Documents
from transforms.matching import attached
from transforms.measures import FLOWS
from transforms.quantiles import in_hours
from transforms.reconciliation.codes import OPEN, result
from transforms.reconciliation.duplicates import claimed_twice
from transforms.reconciliation.items import unlike
from transforms.reconciliation.reasons import reasons
from transforms.reconciliation.sides import carried, listed, ordered, paid
from transforms.returns import back_in_time
from transforms.schemas import MONEY, RECONCILIATION

LIST = "list"
_DOCUMENTS = ("list", "order", "payment", "waybill")
#: Hexadecimal characters of a digest that make 60 bits.
_BITS = 15


def reconcile(documents: Documents, lists: pl.LazyFrame, tolerance_cny: Decimal = Decimal(0)) -> pl.LazyFrame:
    """core.reconciliation of these lists, short of what only other lists of the buyer's year can tell.

    `documents`: all versions of the documents of the lists (see `transforms.inputs`); `lists`: rows of
    core.lists, whose amounts are in CNY already. Lists that share an order or a waybill must be given
    together. The yearly limit is added by `annual`, when the lists are stored. Like `transforms.lists.build`
    it does its work when it is called.
    """
    return pl.concat(_of_flow(documents, lists, flow, tolerance_cny) for flow in FLOWS).pipe(computed)


def _of_flow(documents: Documents, lists: pl.LazyFrame, flow: str, tolerance_cny: Decimal) -> pl.LazyFrame:
    own = lists.filter(pl.col("flow") == flow).with_row_index("list_id").pipe(computed)
    sides = attached(
        own,
        listed(own, documents, flow),
        ordered(own, documents, flow),
        paid(own, documents, flow),
        carried(own, documents, flow),
        claimed_twice(own, flow).with_columns(claimed_twice=True),
    ).with_columns(pl.lit(tolerance_cny).cast(MONEY).alias("tolerance_cny"))
    return (
        attached(sides, unlike(sides).with_columns(items_differ=True))
        .pipe(_with_amounts)
        .with_columns(reasons(flow).alias("reasons"))
        .pipe(_with_times)
        .with_columns(
            pl.lit(LIST).alias("subject"),
            pl.concat_str("ebc_code", "order_no", separator="|").alias("business_key"),
            pl.lit(value=True).alias("has_list"),
            pl.lit(value=True).alias("leads"),
            pl.col("arrived_at").is_not_null().alias("has_inbound"),
            pl.col("tax_cny").is_not_null().alias("has_tax_bill"),
            pl.col("payment_count").fill_null(0).alias("payments"),
            _buyer(flow).alias("buyer"),
            result(),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in RECONCILIATION.items())
    )


def _with_amounts(sides: pl.LazyFrame) -> pl.LazyFrame:
    """Amounts of both sides, and what the limits are about (imports)."""
    dutiable = pl.sum_horizontal(pl.col(each).fill_null(0) for each in ("freight_cny", "insured_fee_cny"))
    counts = (pl.col("flow") == "I") & ~back_in_time()
    return sides.with_columns(
        pl.col("actual_paid_cny").alias("order_paid_cny"),
        pl.col("amount_paid_cny").alias("paid_cny"),
        (pl.col("amount_paid_cny") - pl.col("actual_paid_cny")).cast(MONEY).alias("difference_cny"),
        pl.when(pl.col("flow") == "I")
        .then((pl.col("value_cny") + dutiable).cast(MONEY))
        .alias("dutiable_cny"),
        pl.when(counts).then("released_at").alias("counted_at"),
    )


def _with_times(sides: pl.LazyFrame) -> pl.LazyFrame:
    """first_at, and matched_at where nothing is missing, different or undecided."""
    agree = pl.col("reasons").list.set_intersection(list(OPEN)).list.len() == 0
    first = pl.min_horizontal(f"{each}_first_at" for each in _DOCUMENTS)
    last = pl.max_horizontal(f"{each}_at" for each in _DOCUMENTS)
    return sides.with_columns(
        first.alias("first_at"), pl.when(agree).then(last).alias("matched_at")
    ).with_columns(
        in_hours((pl.col("matched_at") - pl.col("first_at")).dt.total_milliseconds()).alias(
            "hours_until_matched"
        )
    )


def _buyer(flow: str) -> pl.Expr:
    if flow == "E":
        return pl.lit(None, dtype=pl.Int64)
    digest = pl.col("list_buyer_id_number_digest")
    return digest.str.slice(0, _BITS).str.to_integer(base=16, dtype=pl.Int64, strict=False)
