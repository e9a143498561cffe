"""What happened to a list besides its own receipts: cancellation, return, tax."""

from __future__ import annotations

import polars as pl

from transforms.current import newest
from transforms.inputs import Documents, document
from transforms.matching import Step, first_match
from transforms.schemas import MONEY
from transforms.statuses import GRANTED

_VOID = "3"  # status of a tax bill
_TAXES = ("customs_tax", "value_added_tax", "consumption_tax")


def grants(documents: Documents, lists: pl.LazyFrame, flow: str, kind: str) -> pl.LazyFrame:
    """Grain list_id: `at`, when a cancellation or return (`kind`) of the list was first granted.

    A request belongs to a list by invtNo, else by enterprise and order number. Its receipts belong to it by
    guid or by copNo + agentCode, or name the list themselves by invtNo.
    """
    own = lists.filter(pl.col("flow") == flow)
    prefix = {"I": "import", "E": "export"}[flow]
    requests = document(documents, f"{prefix}_{kind}s")
    steps = [Step(("invt_no",), own)]
    if "order_no" in requests.collect_schema():
        steps.append(Step(("ebc_code", "order_no"), own))
    asked = first_match(requests, *steps).found
    return (
        document(documents, f"{prefix}_{kind}_receipts")
        .filter(pl.col("return_status").is_in(GRANTED) & pl.col("return_at").is_not_null())
        .pipe(
            first_match,
            Step(("guid",), asked),
            Step(("invt_no",), own),
            Step(("cop_no", "agent_code"), asked),
        )
        .found.group_by("list_id")
        .agg(pl.col("return_at").min().alias("at"))
    )


def taxes(documents: Documents, lists: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: tax_cny, the sum of the current tax bills that are not void (tax is stated in CNY).

    The newest of bill (CEB816) and bill status (CEB818) says whether it is void. Bills belong to a list by
    invtNo, else by enterprise and order number.
    """
    statuses = (
        document(documents, "tax_bill_statuses")
        .pipe(newest, ("tax_no",), "return_at")
        .select("tax_no", pl.col("status").alias("_status"), pl.col("return_at").alias("_status_at"))
    )
    later = pl.col("_status_at") >= pl.col("return_at")
    valid = (
        document(documents, "tax_bills")
        .pipe(newest, ("tax_no",), "return_at")
        .join(statuses, on="tax_no", how="left")
        .select(
            "invt_no",
            "ebc_code",
            "order_no",
            pl.when(later).then("_status").otherwise("status").ne_missing(_VOID).alias("_valid"),
            pl.sum_horizontal(pl.col(_TAXES).fill_null(0).cast(MONEY)).alias("_tax"),
        )
    )
    own = lists.filter(pl.col("flow") == "I")
    return (
        first_match(valid, Step(("invt_no",), own), Step(("ebc_code", "order_no"), own))
        .found.group_by("list_id")
        .agg(pl.when("_valid").then("_tax").sum().cast(MONEY, strict=False).alias("tax_cny"))
    )
