"""Which list a receipt answers: by guid, then copNo + agentCode, then preNo, then invtNo."""

from __future__ import annotations

import polars as pl

from transforms.inputs import Documents, document
from transforms.matching import Step, first_match, is_empty

_EVENT = ("status", "at", "info", "file_hash")
_NUMBERS = ("list_id", "pre_no", "invt_no")


def list_receipts(documents: Documents, flow: str) -> pl.LazyFrame:
    """Receipts of the lists of a flow (CEB622 or CEB604), those with a status and a time."""
    table = {"I": "import_list_receipts", "E": "export_list_receipts"}[flow]
    return (
        document(documents, table)
        .rename({"return_status": "status", "return_at": "at", "return_info": "info"})
        .filter(pl.col("status").is_not_null() & pl.col("at").is_not_null())
        .select(
            "guid",
            "agent_code",
            "cop_no",
            "pre_no",
            "invt_no",
            *_EVENT,
            *(("ebc_code", "order_no") if flow == "E" else ()),
        )
    )


def linked(receipts: pl.LazyFrame, versions: pl.LazyFrame, flow: str) -> pl.LazyFrame:
    """Receipts with the `list_id` they answer; each answers one list, those that answer none are left out.

    The keys of all versions count: a receipt of the first declaration still belongs to a re-declared list.
    preNo and invtNo are given by the e-port and by customs, so lists often learn them only from receipts
    linked before; those count too. A key that names several lists names none. Export receipts carry the
    list's own key as a last resort.
    """
    own = versions.filter(pl.col("flow") == flow)
    named = first_match(receipts, Step(("guid",), own), Step(("cop_no", "agent_code"), own))
    found = [named.found]
    if not is_empty(named.rest):
        learnt = pl.concat([own.select(*_NUMBERS), named.found.select(*_NUMBERS)])
        last = [Step(("ebc_code", "order_no"), own)] if flow == "E" else []
        found.append(
            first_match(named.rest, Step(("pre_no",), learnt), Step(("invt_no",), learnt), *last).found
        )
    return pl.concat(each.select("list_id", "pre_no", "invt_no", *_EVENT) for each in found)
