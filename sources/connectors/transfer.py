"""One file from a source to this disk: resumed where it was cut, verified, and only then under its name."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from sources.connectors.entry import CHUNK, Connector, Entry, EntryProblem, SourceDown


def fetch(connector: Connector, entry: Entry, into: Path) -> Path:
    """Copy a file into the folder, under a name made of what it is; returns the copy.

    A copy that an earlier attempt finished is used again; one that was cut is continued where the source
    can. The size must be the one listed and the file unchanged afterwards, then it is flushed to the disk
    and renamed. Raises EntryProblem (the file changed meanwhile), SourceDown or SourceRefused.
    """
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = into / hashlib.sha256(repr((entry.name, entry.state)).encode()).hexdigest()
    if target.exists():
        return target
    part = target.with_suffix(".part")
    size = _copy(connector, entry, part)
    if entry.size is not None and size != entry.size:
        part.unlink()
        if size > entry.size:
            raise EntryProblem("it grew while it was being read")
        raise SourceDown(f"{entry.name} came with {size:,} bytes, {entry.size:,} were announced")
    if connector.entry(entry).state != entry.state:
        part.unlink()
        raise EntryProblem("it was changed while it was being read")
    part.replace(target)
    return target


def _copy(connector: Connector, entry: Entry, part: Path) -> int:
    """Append what is missing; the size of the copy in bytes."""
    # Without a size there is nothing to hold a continued copy against.
    have = part.stat().st_size if part.exists() and entry.size is not None else 0
    if have and have == entry.size:
        return have  # it was cut between the last byte and its check
    begin, chunks = connector.stream(entry, have)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(handle, "wb", buffering=CHUNK) as copy:
        copy.truncate(begin)
        copy.seek(begin)
        for chunk in chunks:
            copy.write(chunk)
            if entry.size is not None and copy.tell() > entry.size:
                break  # it grew; the caller says so
        copy.flush()
        os.fsync(copy.fileno())
        return copy.tell()
