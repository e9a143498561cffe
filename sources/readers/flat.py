"""Flat rows (one an item, head fields repeated) -> documents with items."""

from __future__ import annotations

import polars as pl

from sources.readers.batch import Batch, finding_rows
from sources.readers.recognise import Layout


def grouped(frame: pl.DataFrame, layout: Layout, first_row: int = 1) -> Batch:
    """Documents from flat rows; `frame` has `line_no` and the columns of the layout as raw values.

    Rows belong to one document when they share guid (the business key where guid is empty) and version
    time, wherever they lie in the file. The n-th row with the same item number belongs to the n-th copy of
    the document, so that a document sent twice stays two. Rows of a document that disagree in a head field
    give finding P2; the first row's value is kept. Documents are numbered by their first row.
    """
    contract = layout.contract
    if not layout.items:
        head = frame.select("line_no", **{field: pl.col(name) for name, field in layout.head.items()})
        return Batch(contract, head.with_row_index("row_no", first_row).cast({"row_no": pl.Int64}))
    rows = with_documents(frame, layout).with_columns(pl.col("row_no") + (first_row - 1))
    return nest(rows, layout)


def key_columns(layout: Layout) -> list[str]:
    """The columns that decide to which document a row belongs."""
    wanted = {"guid", layout.contract.version, *layout.contract.key}
    heads = [name for name, field in layout.head.items() if field in wanted]
    return heads + [name for name, field in layout.items.items() if field == "gnum"]


def with_documents(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The rows with `row_no`, the 1-based number of the document each belongs to."""
    contract = layout.contract
    named = {field: name for name, field in layout.head.items()}
    key = [_text(named[each]) for each in contract.key if each in named]
    business = pl.concat_str(*key, separator="\x1f", ignore_nulls=True) if key else pl.lit("")
    guid = _text(named["guid"]) if "guid" in named else pl.lit(None, dtype=pl.String)
    version = _text(named[contract.version]) if contract.version in named else pl.lit("")
    number = next((name for name, field in layout.items.items() if field == "gnum"), None)
    same = frame.select(
        pl.coalesce(guid, pl.concat_str(pl.lit("\x1f"), business)).alias("k"),
        version.fill_null("").alias("v"),
    )
    if number is not None:
        gnum = frame.select(_text(number).alias("g")).to_series()
        same = same.with_columns(
            n=pl.when(gnum.is_not_null()).then(pl.int_range(pl.len()).over("k", "v", gnum)).otherwise(0)
        )
    numbers = same.unique(maintain_order=True).with_row_index("row_no", 1).cast({"row_no": pl.Int64})
    joined = same.join(numbers, on=same.columns, how="left", maintain_order="left")
    return frame.with_columns(joined.get_column("row_no"))


def nest(rows: pl.DataFrame, layout: Layout) -> Batch:
    """Heads and items of rows that have their `row_no`."""
    if not rows.get_column("row_no").is_sorted():
        rows = rows.sort("row_no", maintain_order=True)
    owner = rows.get_column("row_no")
    first = owner.is_first_distinct()
    heads = list(layout.head)
    head = rows.filter(first).select(
        "row_no", "line_no", **{field: pl.col(name) for name, field in layout.head.items()}
    )
    filled = rows.select(pl.any_horizontal(_text(name).is_not_null() for name in layout.items)).to_series()
    items = rows.filter(filled).select(
        "row_no", **{field: pl.col(name) for name, field in layout.items.items()}
    )
    differs = rows.select(
        pl.col(name).ne_missing(pl.col(name).shift()) & (pl.col("row_no") == pl.col("row_no").shift())
        for name in heads
    )
    findings = []
    for name, any_differs in zip(heads, differs.select(pl.all().any()).row(0), strict=True):
        if any_differs:
            numbers = owner.filter(differs.get_column(name)).unique(maintain_order=True)
            findings.append(finding_rows(numbers, "P2", layout.head[name], "(rows of one document differ)"))
    return Batch(
        layout.contract,
        head,
        items,
        pl.concat(findings) if findings else None,
    )


def _text(name: str) -> pl.Expr:
    """A key column as trimmed text, empty -> null."""
    text = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)
