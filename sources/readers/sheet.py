"""Flat tables of any format: what their headers say, and templates completed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import polars as pl

from sources import templates
from sources.contracts import Field
from sources.readers import limits, values
from sources.readers.batch import Batch
from sources.readers.recognise import KIND_COLUMN, Layout, layout
from sources.readers.refusal import RefusalError
from sources.templates import Template

#: A NUL, or half a character as JSON can write it.
_BROKEN = re.compile("[\0\ud800-\udfff]")


def check_header(names: Sequence[str]) -> None:
    """Refuses a header with empty or repeated names (values could not be told apart), or with a NUL in one."""
    if len(names) > limits.COLUMNS:
        raise RefusalError("F3", f"{len(names)} columns; at most {limits.COLUMNS} are read", 1)
    if any(not each.strip() for each in names):
        raise RefusalError("F6", "the first row has a column without a name; name every column", 1)
    if any(_BROKEN.search(each) for each in names):
        raise RefusalError("F6", "a column name holds a NUL or half a character; export the file again", 1)
    if len({each.strip() for each in names}) < len(names):
        raise RefusalError("F6", "the first row names a column twice; keep one of them", 1)


def understand(names: Sequence[str], kind: str | None) -> tuple[Layout, Template | None]:
    """The layout of a flat table: a template by its Chinese headers, else CEB field names."""
    check_header(names)
    template = templates.match(names)
    if template is not None:
        if len({templates.header(each) for each in names}) < len(names):
            raise RefusalError(
                "F6", "the first row names a column twice, with and without a mark; keep one of them", 1
            )
        head: dict[str, str] = {}
        items: dict[str, str] = {}
        for name in names:
            field = template.columns.get(templates.header(name))
            if field is not None and field.startswith("items."):
                items[name] = field.removeprefix("items.")
            elif field is not None:
                head[name] = field
        unused = tuple(each for each in names if each not in head and each not in items)
        return Layout(template.contract, head, items, unused), template
    reason = templates.unreadable(names)
    if reason is not None:
        raise RefusalError("F4", reason, 1)
    if kind is None and not any(each.isascii() for each in names):
        raise RefusalError("F4", _unlike(names), 1)
    return layout(names, kind), None


def _unlike(names: Sequence[str]) -> str:
    near = templates.nearest(names)
    if near is None:
        return (
            "the Chinese headers are those of no known template; use a template of docs/data-dictionary.md "
            "or CEB field names"
        )
    template, missing, extra = near
    lacking = f"it lacks {', '.join(missing)}" if missing else "no column is missing"
    return (
        f"the headers come near the template {template.name}, but {lacking}"
        + (f" and has {len(extra)} that are not in it" if extra else "")
        + "; use the template unchanged"
    )


def kinds_in(frame: pl.DataFrame) -> Iterable[str | None]:
    """Distinct values of the `messageType` column."""
    values_: list[str | None] = frame.get_column(KIND_COLUMN).cast(pl.String).unique().to_list()
    return values_


def complete(batch: Batch, template: Template) -> Batch:
    """A template's batch with its implied values, and for orders goodsValue and acturalPaid computed.

    goodsValue = sum of the items' totals (null if one is missing); acturalPaid = goodsValue + freight +
    taxTotal - discount, where an empty charge is no charge.
    """
    head, items = batch.head, batch.items
    for field, value in template.implied.items():
        if not field.startswith("items."):
            head = head.with_columns(pl.lit(value).alias(field))
        elif items is not None:
            items = items.with_columns(pl.lit(value).alias(field.removeprefix("items.")))
    if template.sums_goods and items is not None:
        contract = batch.contract
        goods = (
            _amounts(items, contract.item("totalPrice"))
            .to_frame("t")
            .with_columns(items.get_column("row_no"))
            .group_by("row_no")
            .agg(pl.when(pl.col("t").is_not_null().all()).then(pl.col("t").sum()).alias("goodsValue"))
        )
        head = head.join(goods, on="row_no", how="left", maintain_order="left")
        charges = {
            name: _amounts(head, contract[name]).fill_null(0) for name in ("freight", "taxTotal", "discount")
        }
        paid = head.get_column("goodsValue") + charges["freight"] + charges["taxTotal"] - charges["discount"]
        head = head.with_columns(paid.cast(pl.Decimal(19, 5)).alias("acturalPaid"))
        head = head.with_columns(pl.col("goodsValue").cast(pl.Decimal(19, 5)))
    return Batch(batch.contract, head, items, batch.findings)


def _amounts(frame: pl.DataFrame, field: Field) -> pl.Series:
    """An amount column as it will be typed (a value that does not parse is null here and found there)."""
    name = field.name
    if name not in frame.columns:
        return pl.Series(name, [None], dtype=field.polars_type).new_from_index(0, frame.height)
    text = frame.select(values.cleaned(name, frame.schema[name], field))
    fast = text.select(values.typed(name, text.schema[name], field)).to_series()
    read, _ = values.second_look(text.to_series(), fast, frame.get_column("row_no"), field)
    return read
