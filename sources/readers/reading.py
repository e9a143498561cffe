"""What a format's reader gives before typing: the kind, and the batches still to be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sources.contracts import Contract
from sources.readers.batch import Batch
from sources.templates import Template


@dataclass
class Reading:
    """`lines` and `unknown` are complete when the batches are used up."""

    format: str
    contract: Contract
    batches: Iterator[Batch]
    lines: int = 0
    unknown: set[str] = field(default_factory=set)
    template: Template | None = None
