"""CSV: the grammar gate over the whole file first, then values a block at a time."""

from __future__ import annotations

import csv
import io
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sources.readers import flat, sheet
from sources.readers.batch import Batch
from sources.readers.csv_gate import Block, blocks
from sources.readers.encodings import flat_text_encoding
from sources.readers.names import nameable
from sources.readers.reading import Reading
from sources.readers.recognise import KIND_COLUMN, Layout, one_kind
from sources.readers.refusal import RefusalError


@dataclass(frozen=True)
class _Checked:
    """A file that passed the gate: its bytes as UTF-8, its column names, and its blocks of records."""

    data: bytes | mmap.mmap
    names: list[str]
    blocks: list[Block]

    @property
    def rows(self) -> int:
        return sum(len(each.lines) for each in self.blocks) - 1

    def frames(self, columns: list[str]) -> Iterator[pl.DataFrame]:
        """Raw text rows of these columns with `line_no`, a block at a time, without the header."""
        for number, block in enumerate(self.blocks):
            start = block.start if number else block.second
            lines = block.lines if number else block.lines[1:]
            frame = _parse(self.data[start : block.end], self.names, columns, quoted=block.quoted)
            if frame.height != len(lines):
                raise RuntimeError(
                    f"CSV parser gave {frame.height} records where the gate counted {len(lines)}"
                )
            yield frame.with_columns(pl.Series("line_no", lines, dtype=pl.Int64))


def read(path: Path) -> Reading:
    """The documents of a CSV file: see csv_gate for its grammar, flat for how rows become documents."""
    checked = _checked(path)
    kind = None
    if KIND_COLUMN in checked.names and checked.rows:
        frames = checked.frames([KIND_COLUMN])
        kind = one_kind({each for frame in frames for each in sheet.kinds_in(frame)})
    layout, template = sheet.understand(checked.names, kind)
    reading = Reading("csv", layout.contract, iter(()), lines=checked.rows, template=template)
    reading.unknown.update(nameable(layout.unknown) if template is None else layout.unknown)
    reading.batches = _batches(checked, layout)
    return reading


def _checked(path: Path) -> _Checked:
    data: bytes | mmap.mmap
    with path.open("rb") as handle:
        data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    encoding, mark = flat_text_encoding(data)
    if encoding != "utf-8":
        data = data[mark:].decode(encoding).encode()
        mark = 0
    start = data[mark : mark + 64 * 1024]
    if not start.strip():
        raise RefusalError("F1", "the file is empty; export it again", 1)
    if b"," not in start.split(b"\n", 1)[0]:
        raise RefusalError(
            "F4", "the first row has no comma, so this is no CSV extract; send XML, CSV, Parquet or xlsx", 1
        )
    passed = list(blocks(data, mark))
    header = data[mark : passed[0].second].decode()
    names: list[str] = next(csv.reader(io.StringIO(header, newline=""), strict=True))
    return _Checked(data, names, passed)


def _parse(body: bytes, names: list[str], wanted: list[str], *, quoted: bool) -> pl.DataFrame:
    if not body:
        return pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))
    places = sorted(names.index(each) for each in wanted)
    frame = pl.read_csv(
        body,
        has_header=False,
        columns=places,
        quote_char='"' if quoted else None,
        infer_schema=False,
        truncate_ragged_lines=False,
        ignore_errors=False,
    )
    frame.columns = [names[place] for place in places]
    return frame.select(wanted)


def _batches(checked: _Checked, layout: Layout) -> Iterator[Batch]:
    """Batches of whole documents. Where the rows of a document lie together (they nearly always do) the
    file is read in blocks; otherwise all its rows are gathered first."""
    wanted = [*layout.head, *layout.items]
    if not layout.items:
        done = 0
        for frame in checked.frames(wanted):
            batch = flat.grouped(frame, layout, done + 1)
            done += batch.head.height
            yield batch
        return
    keys = flat.key_columns(layout)
    numbered = flat.with_documents(pl.concat(list(checked.frames(keys))), layout)
    owners = numbered.get_column("row_no")
    del numbered
    if not owners.is_sorted():
        rows = pl.concat(list(checked.frames(wanted)))
        yield flat.nest(rows.with_columns(owners), layout)
        return
    held: pl.DataFrame | None = None
    at = 0
    for frame in checked.frames(wanted):
        rows = frame.with_columns(owners.slice(at, frame.height))
        at += frame.height
        if held is not None:
            rows = pl.concat([held, rows])
        if at < len(owners):
            last = pl.col("row_no") == pl.col("row_no").last()
            held, rows = rows.filter(last), rows.filter(~last)
        if rows.height or at == len(owners):
            yield flat.nest(rows, layout)
