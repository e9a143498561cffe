"""Workbooks (.xlsx): the platforms' templates with Chinese headers, or CEB field names; one row an item."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from sources.contracts import Contract, Field, Type
from sources.readers import flat, limits, sheet, values
from sources.readers.batch import Batch, finding_rows
from sources.readers.names import nameable
from sources.readers.reading import Reading
from sources.readers.recognise import KIND_COLUMN, Layout, one_kind
from sources.readers.refusal import RefusalError
from sources.templates import Template

_DOCTYPE = re.compile(rb"<!DOCTYPE|<\x00!\x00D\x00O\x00C\x00T|\x00<\x00!\x00D\x00O\x00C\x00T", re.IGNORECASE)
#: A sheet keeps 15 digits of a number; longer ones (identity numbers) have lost their last digits.
_DIGITS = 15
_Row = tuple[Any, ...]
#: What zipfile raises on a damaged or encrypted archive.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
#: What openpyxl raises on parts that are not as a workbook has them (it checks little itself).
_UNREADABLE = (
    *_DAMAGED,
    InvalidFileException,
    AttributeError,
    LookupError,
    SyntaxError,
    TypeError,
    ValueError,
    OverflowError,
)


def read(path: Path) -> Reading:
    """The documents of the one sheet that has a header row Tongguan knows."""
    _sound(path)
    found: list[tuple[int, Layout, Template | None, list[str], list[tuple[int, _Row]]]] = []
    refusals: list[tuple[int, RefusalError]] = []
    beside: list[str] = []
    alone: RefusalError | None = None  # of a page of text, where nothing else is there
    try:
        sheets = _sheets(path)
    except _UNREADABLE as error:
        raise RefusalError(
            "F1", "the workbook cannot be opened; save it again as .xlsx and send it"
        ) from error
    for number, shown, rows in sheets:
        names = [_header(each) for each in _trimmed(rows[0][1])]
        try:
            layout, template = sheet.understand(names, _kind(names, rows[1:]))
            found.append((number, layout, template, names, rows))
        except RefusalError as error:
            # Templates keep the lists of their choices in hidden sheets, and how they are filled in as a page of
            # text: those are named, not refused.
            if not shown:
                beside.append(f"(hidden sheet {number})")
            elif all(len(_trimmed(row)) <= 1 for _, row in rows):
                beside.append(f"(sheet {number}, a text)")
                alone = alone or error
            else:
                refusals.append((number, error))
    if not found:
        if refusals:
            raise refusals[0][1]
        if alone:
            raise alone
        raise RefusalError("F1", "the workbook has no visible sheet with documents; export it again")
    if len(found) > 1:
        numbers = ", ".join(str(each[0]) for each in found)
        raise RefusalError("F9", f"sheets {numbers} all hold documents; send one sheet a file")
    if refusals:
        number, refused = refusals[0]
        raise RefusalError(
            refused.refusal.rule,
            f"sheet {number} beside the documents of sheet {found[0][0]} cannot be read ({refused.refusal.message}); "
            "delete it, or send what it holds as a file of its own",
            refused.refusal.line,
        )
    _, layout, template, names, rows = found[0]
    reading = Reading("xlsx", layout.contract, iter(()), lines=len(rows) - 1, template=template)
    reading.unknown.update(layout.unknown if template is not None else nameable(layout.unknown))
    reading.unknown.update(beside)
    reading.batches = _batches(names, rows, layout)
    return reading


def _sheets(path: Path) -> list[tuple[int, bool, list[tuple[int, _Row]]]]:
    """Number, whether people see it, and rows of the sheets that are not blank.

    By number, as a name may be a person's. (Given a path, openpyxl judges by its ending.)
    """
    with path.open("rb") as handle:
        book = load_workbook(handle, read_only=True, data_only=True)
        try:
            found = [
                (number, each.sheet_state == "visible", list(_rows(each)))
                for number, each in enumerate(book.worksheets, 1)
            ]
        finally:
            book.close()
    return [each for each in found if each[2]]


def _sound(path: Path) -> None:
    """Refuses a workbook that unpacks too large, is encrypted or damaged, or has a DOCTYPE in a part."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if "[Content_Types].xml" not in archive.namelist():
                raise RefusalError("F4", "a zip archive that is no workbook; send it as an archive (.zip)")
            if sum(each.file_size for each in parts) > limits.WORKBOOK_BYTES:
                raise RefusalError("F3", "the workbook unpacks to more than 1 GiB; split it")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _no_doctype(archive, part)
    except _DAMAGED as error:
        raise RefusalError("F1", "the workbook is damaged or encrypted; save it again as .xlsx") from error


def _no_doctype(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    size, tail = 0, b""
    with archive.open(part) as handle:
        while piece := handle.read(limits.FEED_BYTES):
            size += len(piece)
            if size > limits.WORKBOOK_BYTES:
                raise RefusalError("F3", "the workbook unpacks to more than 1 GiB; split it")
            if _DOCTYPE.search(tail + piece):
                raise RefusalError("F2", f"part {part.filename} of the workbook has a DOCTYPE; save it again")
            tail = piece[-32:]


def _rows(worksheet: Any) -> Iterator[tuple[int, _Row]]:
    """(sheet row, cells) of rows that are not blank.

    What a sheet says of its size is forgotten first: writers leave it behind, and rows outside it would not be read.
    """
    worksheet.reset_dimensions()
    for number, row in enumerate(worksheet.iter_rows(values_only=True), 1):
        if any(cell is not None and str(cell).strip() for cell in row):
            yield number, row


def _trimmed(row: _Row) -> list[Any]:
    cells = list(row)
    while cells and (cells[-1] is None or not str(cells[-1]).strip()):
        cells.pop()
    return cells


def _header(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _kind(names: list[str], rows: list[tuple[int, _Row]]) -> str | None:
    if KIND_COLUMN not in names or not rows:
        return None
    place = names.index(KIND_COLUMN)
    return one_kind(
        str(row[place]) if place < len(row) and row[place] is not None else None for _, row in rows
    )


def _batches(names: list[str], rows: list[tuple[int, _Row]], layout: Layout) -> Iterator[Batch]:
    body = rows[1:]
    beyond = next((number for number, row in body if len(_trimmed(row)) > len(names)), None)
    if beyond is not None:
        raise RefusalError("F6", "a row has more cells than the header has columns; correct it", beyond)
    columns = [pl.Series("line_no", [number for number, _ in body], dtype=pl.Int64)]
    lost: list[tuple[str, str, list[int]]] = []
    for place, name in enumerate(names):
        prefix, field = _field(name, layout)
        if field is None:
            continue
        cells = [row[place] if place < len(row) else None for _, row in body]
        texts = [_text(cell, field) for cell in cells]
        columns.append(pl.Series(name, [each[0] for each in texts], dtype=pl.String))
        bad = [at for at, each in enumerate(texts) if each[1]]
        if bad:
            lost.append((prefix, field.name, bad))
    frame = pl.DataFrame(columns)
    batch = flat.grouped(frame, layout)
    if not lost:
        yield batch
        return
    owners = (
        flat.with_documents(frame, layout).get_column("row_no")
        if layout.items
        else pl.int_range(1, len(body) + 1, dtype=pl.Int64, eager=True)
    )
    notes = [] if batch.findings is None else [batch.findings]
    for prefix, field_name, bad in lost:
        notes.append(
            finding_rows(
                owners.gather(bad).unique(maintain_order=True),
                "P1",
                prefix + field_name,
                "(a number of more than 15 digits: the sheet lost the last ones; format the column as text)",
            )
        )
    yield Batch(batch.contract, batch.head, batch.items, pl.concat(notes))


def _field(name: str, layout: Layout) -> tuple[str, Field | None]:
    contract: Contract = layout.contract
    if name in layout.head:
        return "", contract[layout.head[name]]
    if name in layout.items:
        return "items.", contract.item(layout.items[name])
    return "", None


def _text(cell: Any, field: Field) -> tuple[str | None, bool]:
    """(the text a message would bear, whether digits were lost). A sheet keeps codes as numbers and drops
    their leading zeros; a code of fixed length gets them back."""
    if cell is None:
        return None, False
    if isinstance(cell, bool):
        return str(cell).lower(), False
    if isinstance(cell, datetime):
        return cell.strftime("%Y%m%d" if field.type is Type.DATE else "%Y-%m-%d %H:%M:%S.%f")[:23], False
    if isinstance(cell, date):
        return cell.strftime("%Y%m%d"), False
    if isinstance(cell, int | float):
        text = str(cell) if isinstance(cell, int) else format(cell, f".{_DIGITS}g")
        if field.type is not Type.TEXT:
            return text, False
        if len(text.lstrip("-").split(".")[0]) > _DIGITS or "e" in text:
            return None, True
        return values.zero_filled(text, field), False
    return str(cell), False
