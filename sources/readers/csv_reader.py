"""CSV: the grammar gate over the whole file first, then values a block at a time."""

from __future__ import annotations

import csv
import io
import mmap
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from sources.readers import flat, sheet
from sources.readers.batch import Batch
from sources.readers.csv_gate import Block, blocks
from sources.readers.encodings import flat_text_encoding
from sources.readers.reading import Reading
from sources.readers.recognise import KIND_COLUMN, Layout, nameable, one_kind
from sources.readers.refusal import RefusalError


def read(path: Path) -> Reading:
    """The documents of a CSV file: see csv_gate for its grammar, flat for how rows become documents."""
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        encoding, mark = flat_text_encoding(mapped)
        data = mapped[mark:]
    if encoding != "utf-8":
        data = data.decode(encoding).encode()
    names = _header(data)
    checked = 0
    for block in blocks(data):
        checked += block.records
    kind = _kind(data, names) if KIND_COLUMN in names else None
    layout, template = sheet.understand(names, kind)
    reading = Reading("csv", layout.contract, iter(()), lines=checked - 1, template=template)
    reading.unknown.update(nameable(layout.unknown) if template is None else layout.unknown)
    reading.batches = _batches(data, names, layout)
    return reading


def _header(data: bytes) -> list[str]:
    if not data.strip():
        raise RefusalError("F1", "the file is empty; export it again", 1)
    first = next(blocks(data, size=64 * 1024))
    end = int(first.starts[1]) if first.records > 1 else len(first.data)
    names: list[str] = next(csv.reader(io.StringIO(first.data[:end].decode(), newline=""), strict=True))
    return names


def _frames(data: bytes, names: list[str], columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
    """Raw text rows with `line_no`, a block at a time; `columns` limits what is read."""
    first = True
    for block in blocks(data):
        body, lines = block.data, block.lines
        if first:
            body, lines = (body[int(block.starts[1]) :], lines[1:]) if block.records > 1 else (b"", lines[:0])
            first = False
        frame = _parse(body, block, names, columns)
        if frame.height != len(lines):
            raise RuntimeError(f"CSV parser gave {frame.height} records where the gate counted {len(lines)}")
        yield frame.with_columns(pl.Series("line_no", lines, dtype=pl.Int64))


def _parse(body: bytes, block: Block, names: list[str], columns: list[str] | None) -> pl.DataFrame:
    wanted = names if columns is None else columns
    if not body:
        return pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))
    places = [names.index(each) for each in wanted]
    frame = pl.read_csv(
        body,
        has_header=False,
        columns=sorted(places),
        quote_char='"' if block.quoted else None,
        infer_schema=False,
        truncate_ragged_lines=False,
        ignore_errors=False,
    )
    frame.columns = [names[place] for place in sorted(places)]
    return frame.select(wanted)


def _kind(data: bytes, names: list[str]) -> str:
    kinds: set[str | None] = set()
    for frame in _frames(data, names, [KIND_COLUMN]):
        kinds.update(sheet.kinds_in(frame))
    return one_kind(kinds)


def _batches(data: bytes, names: list[str], layout: Layout) -> Iterator[Batch]:
    """Batches of whole documents. Where the rows of a document lie together (they nearly always do) the
    file is read in blocks; otherwise all its rows are gathered first."""
    wanted = [*layout.head, *layout.items]
    if not layout.items:
        done = 0
        for frame in _frames(data, names, wanted):
            batch = flat.grouped(frame, layout, done + 1)
            done += batch.head.height
            yield batch
        return
    keys = flat.key_columns(layout)
    numbered = flat.with_documents(pl.concat(list(_frames(data, names, keys))), layout)
    owners = numbered.get_column("row_no")
    del numbered
    if not owners.is_sorted():
        rows = pl.concat(list(_frames(data, names, wanted)))
        yield flat.nest(rows.with_columns(owners), layout)
        return
    held: pl.DataFrame | None = None
    at = 0
    for frame in _frames(data, names, wanted):
        rows = frame.with_columns(owners.slice(at, frame.height))
        at += frame.height
        if held is not None:
            rows = pl.concat([held, rows])
        if at < len(owners):
            last = pl.col("row_no") == pl.col("row_no").last()
            held, rows = rows.filter(last), rows.filter(~last)
        if rows.height or at == len(owners):
            yield flat.nest(rows, layout)
