"""The files of the record: entries, their hashes, checkpoints, the public key; appended, fsynced, never rewritten."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.errors import RecordError
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
        """The public key that checkpoints are verified with, up to the first change of it."""
        return self.folder / "public.key"

    @property
    def keys(self) -> Path:
        """Changes of that key: signed notes, one JSON string a line. Most records have none."""
        return self.folder / "keys.jsonl"

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
        """The checkpoints, oldest first. Raises RecordError where a line is none."""
        return _notes(self.checkpoints)

    def changes(self) -> list[str]:
        """The changes of key, oldest first. Raises RecordError where a line is none."""
        return _notes(self.keys)


def _notes(path: Path) -> list[str]:
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            found.append(str(json.loads(line)))
        except ValueError as error:  # UnicodeDecodeError too
            raise RecordError(
                f"line {number} of {path} is no signed note ({error}): the next run cuts off half a last "
                "line that a crash left; put the folder back from its copy if it stays"
            ) from error
    return found


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


def publish_key(book: Book, text: str) -> None:
    """Leave the public key in the folder, whole or not at all."""
    beside = book.public.with_suffix(".part")
    beside.unlink(missing_ok=True)
    append(beside, text.encode())
    beside.replace(book.public)


def canonical(entry: dict[str, Any]) -> bytes:
    """An entry as the bytes that are hashed: JSON, keys sorted, no spaces, UTF-8."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def whole(book: Book) -> None:
    """Cut off the half line or half hash that a crash or a full disk left at the end of a file."""
    for path in (book.entries, book.checkpoints, book.keys):
        if path.exists():
            _cut(path, _last_line_end(path))
    if book.hashes.exists():
        _cut(book.hashes, book.hashes.stat().st_size // HASH_BYTES * HASH_BYTES)


def _last_line_end(path: Path) -> int:
    """Where the last line that was written whole ends; looks backwards from the end of the file."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            begin = max(0, end - (1 << 16))
            file.seek(begin)
            if (at := file.read(end - begin).rfind(b"\n")) >= 0:
                return begin + at + 1
            end = begin
    return 0


def cut_back(book: Book, count: int) -> None:
    """Keep the first `count` entries and hashes: what a crash left behind them has no checkpoint and is added anew."""
    ending = sum(len(line) + 1 for _, line in zip(range(count), book.lines(), strict=False))
    _cut(book.entries, ending)
    _cut(book.hashes, count * HASH_BYTES)


def _cut(path: Path, size: int) -> None:
    if not path.exists() or path.stat().st_size <= size:
        return
    with path.open("r+b") as file:
        file.truncate(size)
        os.fsync(file.fileno())
