"""Manifests: what a source says it sent (name, rows, amount total, SHA-256 a file), and the comparison.

A manifest is JSON: `{"files": [{"name", "rows", "amount_total", "sha256"}]}`, with or without a key
`tongguan_manifest` beside it; `rows` are documents. Fields of an entry that are missing are not compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path, PurePosixPath
from typing import Any

from sources.staging import LandedFile, ReadOutcome, Refusal

RULE = "F8"


class ManifestError(ValueError):
    """The manifest cannot be understood; the message names the entry and what is wrong with it."""


@dataclass(frozen=True)
class Entry:
    """What a manifest says of one file; None where it says nothing."""

    name: str
    rows: int | None = None
    amount_total: Decimal | None = None
    sha256: str | None = None


def is_manifest(document: object) -> bool:
    """Whether a JSON document is a manifest."""
    if not isinstance(document, Mapping):
        return False
    if "tongguan_manifest" in document:
        return True
    files = document.get("files")
    return isinstance(files, list) and all(
        isinstance(each, Mapping) and "name" in each and ("sha256" in each or "rows" in each)
        for each in files
    )


def load(path: Path) -> list[Entry]:
    """The entries of a manifest file; numbers are read exactly."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except (UnicodeDecodeError, ValueError) as error:
        raise ManifestError(f"the manifest is not JSON: {error}") from error
    return parse(document)


def parse(document: object) -> list[Entry]:
    """The entries of a manifest document."""
    if not is_manifest(document) or not isinstance(document, Mapping):
        raise ManifestError("not a manifest: it needs a list `files`")
    inner = document.get("tongguan_manifest")
    files = document.get("files", inner.get("files") if isinstance(inner, Mapping) else None)
    if not isinstance(files, list):
        raise ManifestError("the manifest has no list `files`")
    return [_entry(each, number) for number, each in enumerate(files, 1)]


def _entry(record: Any, number: int) -> Entry:
    try:
        rows = record.get("rows")
        amount = record.get("amount_total")
        sha256 = record.get("sha256")
        return Entry(
            name=str(record["name"]),
            rows=None if rows is None else int(rows),
            amount_total=None if amount is None else Decimal(str(amount)),
            sha256=None if sha256 is None else str(sha256).lower(),
        )
    except (AttributeError, KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise ManifestError(f"entry {number} of the manifest is not understood: {error}") from error


def check(
    manifest: Iterable[Entry], landed: Sequence[LandedFile], outcomes: Sequence[ReadOutcome]
) -> dict[str, Refusal]:
    """file_hash -> refusal (F8) for every read file that disagrees with its entry.

    A file is found by its bytes, else by its name; files the manifest does not name are left alone, and
    so are those that were refused already. Totals are compared as numbers (12.5 is 12.50000).
    """
    read = {each.file_hash: each for each in outcomes}
    by_hash = {each.file_hash: each for each in landed}
    by_name: dict[str, list[LandedFile]] = {}
    for each in landed:
        for name in each.names:
            by_name.setdefault(_bare(name), []).append(each)
    refused: dict[str, Refusal] = {}
    for entry in manifest:
        same = by_hash.get(entry.sha256 or "")
        files = [same] if same is not None else by_name.get(_bare(entry.name), [])
        for file in files:
            outcome = read.get(file.file_hash)
            if outcome is None or outcome.refusal is not None:
                continue
            wrong = _differences(entry, file, outcome)
            if wrong:
                refused[file.file_hash] = Refusal(
                    RULE,
                    f"differs from its manifest: {'; '.join(wrong)}. "
                    "Ask the source for the file again, or for a manifest that fits",
                )
    return refused


def missing(manifest: Iterable[Entry], landed: Sequence[LandedFile]) -> list[str]:
    """Names the manifest lists that did not arrive, under any name."""
    hashes = {each.file_hash for each in landed} | {each.archive_hash for each in landed} - {None}
    names = {_bare(part) for each in landed for name in each.names for part in (name, name.split("!")[0])}
    return [each.name for each in manifest if each.sha256 not in hashes and _bare(each.name) not in names]


def _differences(entry: Entry, file: LandedFile, outcome: ReadOutcome) -> list[str]:
    wrong = []
    if entry.sha256 is not None and entry.sha256 != file.file_hash:
        wrong.append("its SHA-256 is another")
    if outcome.kind is None:
        return wrong
    if entry.rows is not None and entry.rows != outcome.rows:
        wrong.append(f"{outcome.rows} documents, the manifest says {entry.rows}")
    if entry.amount_total is not None and entry.amount_total != outcome.amount_total:
        wrong.append(f"amount total {outcome.amount_total}, the manifest says {entry.amount_total}")
    return wrong


def _bare(name: str) -> str:
    """The file's own name: without the archive it came in, without folders."""
    return PurePosixPath(name.rpartition("!")[2]).name
