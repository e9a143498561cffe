"""Native columns as the texts a message carries: short numbers, 14- or 17-digit times, 8-digit dates."""

from __future__ import annotations

import polars as pl

from sources.contracts import CONTRACTS, Field, Type
from sources.simulator.faults import AMOUNT, KEY, TIME, broken_amount, broken_key

#: Columns that go with documents but are no part of them.
HIDDEN = ("_doc", "_at", "_bad", "_vanishes")
_BAD_TIME, _BAD_AMOUNT = "20251399ABCDEF", "12.3.4"
#: Fields whose times have milliseconds: 17 digits.
_TO_THE_MS = ("returnTime", "opDate")


def text_of(field: Field, gate_style: str | None = None) -> pl.Expr:
    """One column as text. `gate_style` is the pattern of gate messages in XML."""
    column = pl.col(field.name)
    if field.type is Type.DECIMAL:
        return column.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
    if field.type is Type.TIME:
        plain = "%Y%m%d%H%M%S%3f" if field.name in _TO_THE_MS else "%Y%m%d%H%M%S"
        return column.dt.strftime(gate_style or plain)
    if field.type is Type.DATE:
        return column.dt.strftime("%Y%m%d")
    return column.cast(pl.String)


def heads(frame: pl.DataFrame, kind: str, gate_style: str | None = None) -> pl.DataFrame:
    """Head fields as text, malformed rows broken."""
    contract = CONTRACTS[kind]
    texts = (
        frame.lazy().select(text_of(each, gate_style).alias(each.name) for each in contract.fields).collect()
    )
    if not (frame.get_column("_bad") > 0).any():
        return texts
    for name, value, which in breaks(frame, kind):
        texts = texts.with_columns(pl.when(which).then(pl.lit(value)).otherwise(name).alias(name))
    return texts


def breaks(frame: pl.DataFrame, kind: str) -> list[tuple[str, str | None, pl.Series]]:
    """(field, what it holds instead, in which rows) of the malformed rows."""
    contract, bad = CONTRACTS[kind], frame.get_column("_bad")
    found: list[tuple[str, str | None, pl.Series]] = [
        (broken_key(contract), None, bad == KEY),
        (contract.business_time, _BAD_TIME, bad == TIME),
    ]
    if amount := broken_amount(contract):
        found.append((amount, _BAD_AMOUNT, bad == AMOUNT))
    return [each for each in found if each[2].any()]


def items(frame: pl.DataFrame, kind: str) -> tuple[pl.DataFrame, pl.Series]:
    """Items as text, one row an item, and how many each document has."""
    nested = frame.get_column("items")
    flat = nested.explode().struct.unnest()
    return flat.lazy().select(
        text_of(each).alias(each.name) for each in CONTRACTS[kind].items
    ).collect(), nested.list.len()


def native(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The documents for Parquet: native types, but a column that holds a broken value is text."""
    plain = frame.drop(HIDDEN).select(pl.lit(kind).alias("messageType"), pl.all())
    if not (frame.get_column("_bad") > 0).any():
        return plain
    for name, value, which in breaks(frame, kind):
        text = text_of(CONTRACTS[kind][name]) if value is not None else pl.col(name)
        plain = plain.with_columns(pl.when(which).then(pl.lit(value)).otherwise(text).alias(name))
    return plain
