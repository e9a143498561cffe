"""One landed file, recognised by its content and read to a staged part, or refused with a reason."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from sources.privacy import Digest
from sources.readers import csv_reader, jsonl_reader, limits, parquet_reader, xml_reader
from sources.readers.batch import Batch
from sources.readers.json_documents import other_document
from sources.readers.names import nameable
from sources.readers.parts import write_part
from sources.readers.reading import Reading
from sources.readers.refusal import RefusalError
from sources.readers.sheet import complete
from sources.readers.stage import Context
from sources.staging import LandedFile, ReadOutcome


def _workbook(path: Path) -> Reading:
    from sources.readers import xlsx_reader  # openpyxl is slow to import and few files need it

    return xlsx_reader.read(path)


_READERS: dict[str, Callable[[Path], Reading]] = {
    "xml": xml_reader.read,
    "csv": csv_reader.read,
    "parquet": parquet_reader.read,
    "json": jsonl_reader.read,
    "xlsx": _workbook,
}
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def format_of(path: Path) -> str:
    """xml, parquet, json, xlsx or csv from the first bytes; refuses what is none of them (F4)."""
    with path.open("rb") as handle:
        start = handle.read(4096)
    if not start:
        raise RefusalError("F1", "the file is empty; export it again")
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"PK\x03\x04"):
        return "xlsx"
    for mark in _MARKS:
        start = start.removeprefix(mark)
    first = start.replace(b"\x00", b"").lstrip()[:1]
    if first == b"<":
        return "xml"
    if first in (b"{", b"["):
        return "json"
    # A NUL alone is a fault of a CSV, which its gate names with the line.
    if re.search(rb"[\x01-\x08\x0e-\x1f]", start):
        raise RefusalError(
            "F4", "the bytes are no format that is read; send XML, CSV, Parquet, JSON Lines or xlsx"
        )
    return "csv"


class ReadingBrokeError(Exception):
    """The reader itself failed: that says nothing about the file, and the run must stop.

    The message names the file, the kind of error and the place; not its text, which may hold values.
    """

    def __init__(self, landed: LandedFile, error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        places = " < ".join(f"{Path(each.filename).name}:{each.lineno}" for each in reversed(frames[-6:]))
        super().__init__(
            f"reading {landed.names[0]} ({landed.file_hash[:12]}) broke with {type(error).__name__} at {places}; "
            "this is an error of Tongguan, not of the file"
        )


def read_file(landed: LandedFile, out_dir: Path, digest: Digest) -> ReadOutcome:
    """What reading one file gave. Bad input is an outcome; whatever else happens is ReadingBrokeError."""
    if landed.refusal is not None:
        return ReadOutcome(landed.file_hash, None, None, refusal=landed.refusal)
    try:
        return _read(landed, out_dir, digest)
    except (
        Exception,
        pl.exceptions.PanicException,
    ) as error:  # told as what it is, without the values its text may hold
        raise ReadingBrokeError(landed, error) from None


def _read(landed: LandedFile, out_dir: Path, digest: Digest) -> ReadOutcome:
    kind: str | None = None
    form: str | None = None
    try:
        path = Path(landed.path)
        if path.stat().st_size > limits.FILE_BYTES:
            raise RefusalError("F3", f"larger than {limits.FILE_BYTES // 1024**3} GiB; split the extract")
        form = format_of(path)
        if form == "json":
            other = other_document(path)
            if other is not None:
                return ReadOutcome(landed.file_hash, other, None)
        reading = _READERS[form](path)
        form, kind = reading.format, reading.contract.kind
        template = reading.template
        context = Context(
            landed.file_hash,
            digest,
            undated=template.undated if template else None,
            dated_by=template.dated_by if template else None,
        )
        written = write_part(_batches(reading), reading.contract, context, out_dir)
    except RefusalError as refused:
        return ReadOutcome(landed.file_hash, form, kind, refusal=refused.refusal)
    return ReadOutcome(
        landed.file_hash,
        form,
        kind,
        part=str(written.path),
        rows=written.rows,
        lines=reading.lines or written.rows,
        amount_total=written.amount_total,
        unknown_fields=nameable(reading.unknown) if form == "xml" else tuple(sorted(reading.unknown)),
    )


def _batches(reading: Reading) -> Iterator[Batch]:
    for batch in reading.batches:
        yield complete(batch, reading.template) if reading.template is not None else batch
