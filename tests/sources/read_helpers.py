"""Small extracts written by hand, and what reading them gives."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import polars as pl

from sources.contracts import CONTRACTS, Contract, Field, Type
from sources.readers import read_files
from sources.readers.recognise import flat_column
from sources.staging import LandedFile, ReadOutcome, staged_schema

KEY = b"a key for tests"
NAMESPACE = "http://www.chinaport.gov.cn/ceb"
Document = Mapping[str, Any]


def land(folder: Path, data: bytes, name: str = "any name.bin") -> LandedFile:
    """Bytes as landing keeps them: under their hash, without a telling name."""
    digest = hashlib.sha256(data).hexdigest()
    path = folder / digest
    path.write_bytes(data)
    return LandedFile(digest, str(path), (name,), len(data), "test")


def read(folder: Path, data: bytes | str, name: str = "any name.bin") -> tuple[ReadOutcome, pl.DataFrame]:
    """The outcome of one file and its staged rows (none if it was refused)."""
    raw = data.encode() if isinstance(data, str) else data
    (outcome,) = read_files([land(folder, raw, name)], folder / "parts", KEY)
    if outcome.part is None or outcome.kind is None:
        return outcome, pl.DataFrame()
    rows = pl.read_parquet(outcome.part)
    assert dict(rows.schema) == staged_schema(CONTRACTS[outcome.kind])
    assert rows.height == outcome.rows
    return outcome, rows


def value(field: Field, number: int = 1) -> str:
    """A plain right value of a field."""
    if field.type is Type.DECIMAL:
        return f"{number}.50"
    if field.type is Type.INTEGER:
        return str(number)
    if field.type is Type.TIME:
        return f"2026111108{number % 60:02d}00"
    if field.type is Type.DATE:
        return "20261111"
    if field.codes == "unit":
        return "011"
    return f"{field.name}{number}"[: field.max_length]


def document(kind: str, number: int = 1, items: int = 1, **changed: str | None) -> dict[str, Any]:
    """A full document of a kind, changed field by field (None leaves the field out)."""
    contract = CONTRACTS[kind]
    fields = {each.name: value(each, number) for each in contract.fields} | changed
    made: dict[str, Any] = {name: text for name, text in fields.items() if text is not None}
    if contract.items:
        made["items"] = [
            {each.name: value(each, at) for each in contract.items} for at in range(1, items + 1)
        ]
    return made


def message(kind: str, documents: Sequence[Document], prefix: str = "ceb") -> str:
    """A CEB message in the namespace, with a prefix or without."""
    contract = CONTRACTS[kind]
    p, xmlns = (f"{prefix}:", f"xmlns:{prefix}") if prefix else ("", "xmlns")
    body = "".join(_node(contract, each, p) for each in documents)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{p}{contract.root} {xmlns}="{NAMESPACE}" guid="g" version="1.0">\n'
        f"{body}<{p}BaseTransfer><{p}copCode>1</{p}copCode></{p}BaseTransfer>\n</{p}{contract.root}>\n"
    )


def _node(contract: Contract, each: Document, p: str) -> str:
    head = _elements(each, p)
    if contract.head:
        head = f"<{p}{contract.head}>{head}</{p}{contract.head}>"
    items = "".join(
        f"<{p}{contract.items_node}>{_elements(item, p)}</{p}{contract.items_node}>\n"
        for item in each.get("items", [])
    )
    return f"<{p}{contract.node}>\n{head}\n{items}</{p}{contract.node}>\n"


def _elements(fields: Document, p: str) -> str:
    return "".join(
        f"<{p}{name}>{escape(str(text))}</{p}{name}>" if text else f"<{p}{name}/>"
        for name, text in fields.items()
        if name != "items"
    )


def flat_rows(kind: str, documents: Sequence[Document]) -> list[dict[str, str]]:
    """One row an item, head fields repeated, item columns named as in flat files."""
    contract = CONTRACTS[kind]
    rows = []
    for each in documents:
        head = {name: text for name, text in each.items() if name != "items"}
        for item in each.get("items") or [{}]:
            rows.append(head | {flat_column(contract, name): text for name, text in item.items()})
    return rows


def as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as CSV under the header of the first row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def findings(rows: pl.DataFrame) -> list[tuple[int, str, str, str]]:
    """(row_no, rule, field, detail) of all findings."""
    flat = rows.select("row_no", "findings").explode("findings").drop_nulls().unnest("findings")
    return flat.rows()
