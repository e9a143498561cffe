"""JSON Lines: one document an object with a list `items`, or flat objects; numbers kept as written."""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from sources.contracts import Field, Type
from sources.readers import flat, limits, sheet, values
from sources.readers.batch import Batch, finding_rows
from sources.readers.names import nameable
from sources.readers.reading import Reading
from sources.readers.recognise import KIND_COLUMN, Layout, kind_named, layout, one_kind
from sources.readers.refusal import RefusalError
from sources.readers.xml_walk import names_of
from sources.templates import Template

#: Lines whose names decide the kind, if the names of all lines need not.
_FIRST = 2_000
#: Documents a batch; parsed JSON takes several times the room of its text.
_BATCH = 20_000

_HALVES = re.compile(r"[\ud800-\udfff]")


def read(path: Path) -> Reading:
    """The documents of a JSON Lines file; numbers never pass a float.

    The kind is decided by the names in the first lines (of all lines, if those leave it open); a field
    may be missing in any line. Numbers are kept as their text until they are typed.
    """
    try:
        found, template, nested = _understand(path, _FIRST)
    except RefusalError as error:
        if error.refusal.rule not in ("F4", "F5", "F6"):
            raise
        found, template, nested = _understand(path, None)
    reading = Reading("jsonl", found.contract, iter(()), template=template)
    reading.unknown.update(nameable(found.unknown))
    reading.batches = _nested_batches(path, found, reading) if nested else _flat(path, found, reading)
    return reading


def _understand(path: Path, first: int | None) -> tuple[Layout, Template | None, bool]:
    heads: dict[str, None] = {}
    inner: dict[str, None] = {}
    kinds: set[str | None] = set()
    for number, each in itertools.islice(objects(path), first):
        heads.update(dict.fromkeys(each))
        kinds.add(_kind(each, number))
        inner.update(dict.fromkeys(name for item in _items(each, number) for name in item))
    if not heads:
        raise RefusalError("F1", "the file has no document; export it again", 1)
    kind = one_kind(kinds) if KIND_COLUMN in heads else None
    if "items" in heads:
        sheet.check_header(list(heads))
        return layout(heads, kind, inner), None, True
    return (*sheet.understand(list(heads), kind), False)


def _kind(each: dict[str, Any], number: int) -> str | None:
    kind = each.get(KIND_COLUMN)
    if kind is not None and not isinstance(kind, str):
        raise RefusalError("F1", f"{KIND_COLUMN} must be a text", number)
    return kind


def _items(each: dict[str, Any], number: int) -> list[dict[str, Any]]:
    items = each.get("items")
    if items is None:
        return []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise RefusalError("F1", "items must be a list of objects, one an item", number)
    return items


def objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of every line that is not blank; refuses the first that is not an object."""
    with path.open("rb") as handle:
        for number, raw in enumerate(handle, 1):
            if len(raw) > limits.JSON_LINE_BYTES:
                raise RefusalError("F3", "a line longer than 32 MiB; write one document a line", number)
            text = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
            if not text.strip():
                continue
            yield number, _object(text, number)


def _object(text: bytes, number: int) -> dict[str, Any]:
    try:
        value = _DECODER.decode(text.decode())
    except UnicodeDecodeError as error:
        raise RefusalError("F7", "the line is not UTF-8; write JSON Lines as UTF-8", number) from error
    except RecursionError as error:
        raise RefusalError("F3", "the line is nested too deep; no document is", number) from error
    except ValueError as error:
        cut = "" if text.endswith(b"\n") else " and the file ends in it: it may be cut off"
        raise RefusalError(
            "F1", f"the line is not a JSON object as RFC 8259 has it{cut}; export the file again", number
        ) from error
    if not isinstance(value, dict):
        raise RefusalError("F1", "the line is not a JSON object; write one object a document", number)
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


class _Number(str):
    """A number as it was written; kept apart from texts, since codes lose their leading zeros in one."""

    __slots__ = ()


def _constant(text: str) -> str:
    raise ValueError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_float=_Number, parse_int=_Number, parse_constant=_constant
)


def _nested_batches(path: Path, found: Layout, reading: Reading) -> Iterator[Batch]:
    contract = found.contract
    heads, inner = names_of(contract.fields), names_of(contract.items)
    head_fields = {name: (field, contract[field]) for name, field in heads.items()}
    item_fields = {name: (field, contract.item(field)) for name, field in inner.items()}
    source, given = objects(path), False
    while True:
        rows = list(itertools.islice(source, _BATCH))
        if not rows and given:
            return
        start = reading.lines + 1
        reading.lines += len(rows)
        _check(rows, found, reading, heads)
        numbers = pl.int_range(start, start + len(rows), dtype=pl.Int64, eager=True).alias("row_no")
        lines = pl.Series("line_no", [number for number, _ in rows], dtype=pl.Int64)
        columns, findings = _columns([each for _, each in rows], head_fields, numbers, "")
        head = pl.DataFrame([numbers, lines, *columns])
        items = None
        if contract.items:
            nested = [
                (start + at, item) for at, (number, each) in enumerate(rows) for item in _items(each, number)
            ]
            reading.unknown.update(
                nameable({f"items.{name}" for _, item in nested for name in item.keys() - inner.keys()})
            )
            owners = pl.Series("row_no", [owner for owner, _ in nested], dtype=pl.Int64)
            columns, noticed = _columns([item for _, item in nested], item_fields, owners, "items.")
            items = pl.DataFrame([owners, *columns])
            findings += noticed
        yield Batch(contract, head, items, pl.concat(findings) if findings else None)
        given = True


def _check(
    rows: list[tuple[int, dict[str, Any]]], found: Layout, reading: Reading, heads: dict[str, str]
) -> None:
    """Every line is of the file's kind; names nobody knows are kept for the report."""
    strange: set[str] = set()
    for number, each in rows:
        strange.update(each.keys() - heads.keys())
        kind = _kind(each, number)
        if kind is not None and kind_named(kind) != found.contract.kind:
            raise RefusalError(
                "F9", f"the line is not {found.contract.kind} as the first; send one file a kind", number
            )
    reading.unknown.update(nameable(strange - {KIND_COLUMN, "items"}))


def _columns(
    rows: list[dict[str, Any]], names: Mapping[str, tuple[str, Field]], numbers: pl.Series, prefix: str
) -> tuple[list[pl.Series], list[pl.DataFrame]]:
    """Text columns; `names`: what a column is called here, and its field.

    A list or object where a text belongs is null with finding P1.
    """
    present = set().union(*(each.keys() for each in rows)) if rows else set()
    columns: dict[str, pl.Series] = {}
    findings: list[pl.DataFrame] = []
    for name, (called, field) in names.items():
        if name not in present:
            continue
        cells = [each.get(name) for each in rows]
        if field.type is Type.TEXT:
            cells = [values.zero_filled(cell, field) if type(cell) is _Number else cell for cell in cells]
        odd = [at for at, cell in enumerate(cells) if not isinstance(cell, str) and cell is not None]
        for at in odd:
            cells[at] = str(cells[at]).lower() if isinstance(cells[at], bool) else None
        nested = [at for at in odd if cells[at] is None]
        if nested:
            detail = "(a list or object where a text belongs)"
            findings.append(finding_rows(numbers.gather(nested), "P1", prefix + called, detail))
        _mend_halves(cells)
        column = pl.Series(called, cells, dtype=pl.String)
        columns[called] = (
            columns[called].zip_with(columns[called].is_not_null(), column) if called in columns else column
        )
    return list(columns.values()), findings


def _mend_halves(cells: list[str | None]) -> None:
    """Half a character (\\ud800 alone), which JSON can write and UTF-8 cannot, becomes a NUL: no value either."""
    try:
        "".join(cell for cell in cells if cell is not None).encode()
    except UnicodeEncodeError:
        cells[:] = [None if cell is None else _HALVES.sub("\0", cell) for cell in cells]


def _flat(path: Path, found: Layout, reading: Reading) -> Iterator[Batch]:
    known = [*found.head, *found.items]
    fields = {name: (name, found.contract[field]) for name, field in found.head.items()}
    fields |= {name: (name, found.contract.item(field)) for name, field in found.items.items()}
    frames = []
    source = objects(path)
    while rows := list(itertools.islice(source, _BATCH)):
        reading.lines += len(rows)
        _check(rows, found, reading, dict.fromkeys(known, ""))
        for number, each in rows:
            if "items" in each:
                raise RefusalError("F1", "only some lines nest their items; write all lines alike", number)
        numbers = pl.Series([number for number, _ in rows], dtype=pl.Int64)
        columns, findings = _columns([each for _, each in rows], fields, numbers, "")
        if findings:
            raise RefusalError("F1", "a list or object where a text belongs", findings[0].item(0, "row_no"))
        frames.append(pl.DataFrame([numbers.alias("line_no"), *columns]))
    every = pl.concat(frames, how="diagonal").with_columns(
        pl.lit(None, dtype=pl.String).alias(name)
        for name in known
        if not any(name in each.columns for each in frames)
    )
    yield flat.grouped(every, found)
