"""The files of the record: entries, their hashes, checkpoints, the public key; appended, fsynced, never rewritten."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.home import Home

HASH_BYTES = 32


@dataclass(frozen=True)
class Book:
    """The record folder of a home."""

    folder: Path

    @classmethod
    def of(cls, home: Home) -> Book:
        """The record of a home."""
        return cls(home.record)

    @property
    def entries(self) -> Path:
        """One entry a commit of the lake, a line of canonical JSON each."""
        return self.folder / "log.jsonl"

    @property
    def hashes(self) -> Path:
        """Leaf hashes of the entries, 32 bytes each: sealing a day does not read the whole log."""
        return self.folder / "leaves.bin"

    @property
    def checkpoints(self) -> Path:
        """Signed notes, one JSON string a line."""
        return self.folder / "checkpoints.jsonl"

    @property
    def public(self) -> Path:
        """The public key that checkpoints are verified with."""
        return self.folder / "public.key"

    def lines(self) -> Iterator[bytes]:
        """The entries as they are hashed, without their line ends."""
        if self.entries.exists():
            with self.entries.open("rb") as file:
                for line in file:
                    yield line.removesuffix(b"\n")

    def leaves(self) -> list[bytes]:
        """The stored leaf hashes."""
        raw = self.hashes.read_bytes() if self.hashes.exists() else b""
        return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]

    def last(self) -> dict[str, Any] | None:
        """The newest entry; reads the end of the log only."""
        if not self.entries.exists():
            return None
        with self.entries.open("rb") as file:
            size, block, tail = file.seek(0, os.SEEK_END), 1 << 16, b""
            while size > 0 and tail.rstrip(b"\n").count(b"\n") == 0:
                step = min(block, size)
                size -= step
                file.seek(size)
                tail = file.read(step) + tail
        lines = tail.rstrip(b"\n").splitlines()
        return dict(json.loads(lines[-1])) if lines else None

    def notes(self) -> list[str]:
        """The checkpoints, oldest first."""
        if not self.checkpoints.exists():
            return []
        return [str(json.loads(line)) for line in self.checkpoints.read_text(encoding="utf-8").splitlines()]


def append(path: Path, data: bytes) -> None:
    """Add to the end of a file and wait until it is on disk, the file's own name too where it is new."""
    fresh = not path.exists()
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if fresh:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def canonical(entry: dict[str, Any]) -> bytes:
    """An entry as the bytes that are hashed: JSON, keys sorted, no spaces, UTF-8."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def cut_back(book: Book, count: int) -> None:
    """Keep the first `count` entries: what a crash left behind them was never sealed and is appended anew."""
    temporary = book.entries.with_suffix(".tmp")
    with temporary.open("wb") as file:
        for _, line in zip(range(count), book.lines(), strict=False):
            file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(book.entries)
