"""What passes between the stages of a day: landed files, staged parts and refusals, as JSON on disk.

Tasks hand each other paths and ids, never frames; these records are what the paths point at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from sources.contracts import Contract

#: Columns a reader puts before the contract's own columns in every staged part.
STAGED_PREFIX: dict[str, pl.DataType] = {
    "file_hash": pl.String(),
    "row_no": pl.Int64(),  # 1-based ordinal of the document in its file
    "line_no": pl.Int64(),  # line where it starts (for Parquet the row)
    "business_date": pl.Date(),  # null where the document bears no time
}
#: One entry a thing the reader noticed while typing a row; never holds a personal value.
FINDING = pl.Struct({"rule": pl.String(), "field": pl.String(), "detail": pl.String()})


def staged_schema(contract: Contract) -> dict[str, pl.DataType]:
    """Polars schema of a staged part: prefix, contract columns (items last), findings."""
    return {**STAGED_PREFIX, **contract.schema, "findings": pl.List(FINDING)}


@dataclass(frozen=True)
class Refusal:
    """Why a file as a whole is not loaded. `message` says what to do next."""

    rule: str
    message: str
    line: int | None = None


@dataclass(frozen=True)
class LandedFile:
    """One file (or member of an archive), stored under the SHA-256 of its bytes."""

    file_hash: str
    path: str  # where its bytes lie in landing/
    names: tuple[str, ...]  # names it arrived under; a member is "archive.zip!member.xml"
    bytes: int
    source: str  # the first that sent it
    archive_hash: str | None = None
    known: bool = False  # the ledger already holds these bytes
    earlier: bool = False  # taken from its source by a run of another day, which told its shortcomings
    judged_anew: bool = False  # its manifest refused it, and a new manifest speaks of it: read again
    refusal: Refusal | None = None  # an archive that could not be unpacked; not to be read
    arrivals: tuple[tuple[str, str], ...] = ()  # source and name of each, where several sent the same bytes

    @property
    def sent(self) -> tuple[tuple[str, str], ...]:
        """Source and name of every arrival of these bytes."""
        return self.arrivals or tuple((self.source, name) for name in self.names)


@dataclass(frozen=True)
class ReadOutcome:
    """What reading one landed file gave: a staged part, or a refusal."""

    file_hash: str
    format: str | None  # xml, csv, parquet, jsonl, xlsx
    kind: str | None  # contract kind
    part: str | None = None  # path of the staged Parquet
    rows: int = 0  # documents
    lines: int = 0  # physical records: CSV lines, sheet rows, JSON lines, Parquet rows, XML documents
    amount_total: Decimal = Decimal("0.00000")
    unknown_fields: tuple[str, ...] = field(default=())  # elements or columns outside the contract
    refusal: Refusal | None = None


def dumps(records: Iterable[LandedFile | ReadOutcome]) -> str:
    """Records as a JSON array on one line."""
    return json.dumps([asdict(each) for each in records], default=str, ensure_ascii=False)


def save(records: Iterable[LandedFile | ReadOutcome], path: Path) -> Path:
    """Write records as a JSON array."""
    path.write_text(dumps(records), encoding="utf-8")
    return path


def loads_landed(text: str) -> list[LandedFile]:
    """Landed files from what `dumps` gave."""
    return [
        LandedFile(
            **{
                **each,
                "names": tuple(each["names"]),
                "arrivals": tuple((source, name) for source, name in each["arrivals"]),
                "refusal": _refusal(each["refusal"]),
            }
        )
        for each in json.loads(text)
    ]


def loads_outcomes(text: str) -> list[ReadOutcome]:
    """Outcomes from what `dumps` gave."""
    return [_outcome(each) for each in json.loads(text)]


def load_landed(path: Path) -> list[LandedFile]:
    """Read what `save` wrote for landed files."""
    return loads_landed(path.read_text(encoding="utf-8"))


def load_outcomes(path: Path) -> list[ReadOutcome]:
    """Read what `save` wrote for read outcomes."""
    return loads_outcomes(path.read_text(encoding="utf-8"))


def _outcome(record: dict[str, Any]) -> ReadOutcome:
    return ReadOutcome(
        **{
            **record,
            "amount_total": Decimal(record["amount_total"]),
            "unknown_fields": tuple(record["unknown_fields"]),
            "refusal": _refusal(record["refusal"]),
        }
    )


def _refusal(record: dict[str, Any] | None) -> Refusal | None:
    return Refusal(**record) if record else None
