"""What every format's reader hands on: raw values by CEB field name, heads and items apart."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sources.contracts import Contract

#: Rows a reader has to say something about: the document's number, rule, CEB field name, detail.
FINDING_ROWS: dict[str, pl.DataType] = {
    "row_no": pl.Int64(),
    "rule": pl.String(),
    "field": pl.String(),
    "detail": pl.String(),
}


@dataclass(frozen=True)
class Batch:
    """Some documents of one kind, untyped.

    `head`: one row a document, `row_no` (1-based in its file), `line_no`, then raw fields by CEB name
    (text, or a native Parquet type). `items`: one row an item in message order, `row_no` of its document,
    then raw fields. `findings`: what the reader itself noticed (see FINDING_ROWS).
    """

    contract: Contract
    head: pl.DataFrame
    items: pl.DataFrame | None = None
    findings: pl.DataFrame | None = None


def finding_rows(rows: pl.Series, rule: str, field: str, details: pl.Series | str) -> pl.DataFrame:
    """Findings for the given document numbers."""
    detail = (
        details
        if isinstance(details, pl.Series)
        else pl.Series([details], dtype=pl.String).new_from_index(0, len(rows))
    )
    return pl.DataFrame(
        {
            "row_no": rows.cast(pl.Int64),
            "rule": pl.Series([rule], dtype=pl.String).new_from_index(0, len(rows)),
            "field": pl.Series([field], dtype=pl.String).new_from_index(0, len(rows)),
            "detail": detail,
        },
        schema=FINDING_ROWS,
    )
