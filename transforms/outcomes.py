"""What happened to a list besides its own receipts: cancellation and return, asked for and answered."""

from __future__ import annotations

import polars as pl

from transforms.current import DELETED
from transforms.inputs import Documents, document
from transforms.matching import Step, first_match
from transforms.statuses import GRANTED, is_refusal


def requests(
    documents: Documents, lists: pl.LazyFrame, flow: str, kind: str
) -> tuple[pl.LazyFrame, pl.LazyFrame, pl.LazyFrame]:
    """(list_id, at): every time a cancellation or return (`kind`) was asked for, granted, refused.

    A request belongs to a list by invtNo, else by enterprise and order number. Its receipts belong to it by
    guid or by copNo + agentCode, or name the list themselves by invtNo. A deletion asks for nothing.
    """
    own = lists.filter(pl.col("flow") == flow)
    prefix = {"I": "import", "E": "export"}[flow]
    sent = document(documents, f"{prefix}_{kind}s")
    steps = [Step(("invt_no",), own)]
    if "order_no" in sent.collect_schema():
        steps.append(Step(("ebc_code", "order_no"), own))
    asked = first_match(sent, *steps).found
    answers = (
        document(documents, f"{prefix}_{kind}_receipts")
        .filter(
            (pl.col("return_status").is_in(GRANTED) | is_refusal("return_status"))
            & pl.col("return_at").is_not_null()
        )
        .pipe(
            first_match,
            Step(("guid",), asked),
            Step(("invt_no",), own),
            Step(("cop_no", "agent_code"), asked),
        )
        .found
    )
    granted = pl.col("return_status").is_in(GRANTED)
    return (
        _times(asked.filter(pl.col("app_type").ne_missing(DELETED)), "app_at"),
        _times(answers.filter(granted), "return_at"),
        _times(answers.filter(~granted), "return_at"),
    )


def _times(found: pl.LazyFrame, time: str) -> pl.LazyFrame:
    return found.select("list_id", pl.col(time).alias("at"))


def first(times: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """Grain list_id: the first of several times, as `name`."""
    return times.group_by("list_id").agg(pl.col("at").min().alias(name))


def withdrawals(grants: pl.LazyFrame, declarations: pl.LazyFrame) -> pl.LazyFrame:
    """Grain (list_id, start_at): every granted cancellation, and the first declaration after it, or null.

    A list that is declared again is the same list in a later attempt: only a cancellation that no declaration
    follows is in force. `declarations` are (list_id, at).
    """
    ends = pl.col("_at").filter(pl.col("_at") > pl.col("at")).min()
    return (
        grants.unique()
        .join(declarations.select("list_id", pl.col("at").alias("_at")), on="list_id", how="left")
        .group_by("list_id", pl.col("at").alias("start_at"))
        .agg(ends.alias("end_at"))
    )
