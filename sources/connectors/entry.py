"""What every connector speaks: entries of a listing, streams of bytes, and two kinds of failure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Protocol

#: Left by tools that have not finished writing, or that no one meant to send.
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp")
#: Beside a file it says that the file is whole.
DONE_MARKER = ".done"
#: Made by the file system itself at the root of a mount, closed to everybody.
LOST_AND_FOUND = "lost+found"
#: Bytes handed on at a time.
CHUNK = 1 << 20


class SourceError(Exception):
    """A source cannot be used. The text says why and what to do, and holds no credential."""


class SourceDown(SourceError):
    """Out of reach or cut off: another try may succeed."""


class SourceRefused(SourceError):
    """Another try would fail the same way: wrong host key, credentials, folder or configuration."""


class EntryProblem(Exception):
    """One file cannot be taken now, the others can: it changed meanwhile, is gone, or must not be read."""


@dataclass(frozen=True)
class Entry:
    """One file of a listing. What a source does not tell is None."""

    name: str  # relative to the root, with /
    size: int | None = None  # bytes
    modified_at: datetime | None = None  # local Beijing time
    version: str | None = None  # ETag, where there is one

    @property
    def state(self) -> tuple[int | None, str | None, str | None]:
        """What tells two contents under one name apart without reading them."""
        return (self.size, self.modified_at.isoformat() if self.modified_at else None, self.version)

    @property
    def tells_nothing(self) -> bool:
        """Whether only its bytes can say if it changed."""
        return self.state == (None, None, None)


@dataclass(frozen=True)
class Unlisted:
    """A file or a whole folder that a listing could not look at, while the rest of the source could be."""

    name: str  # relative to the root, with /
    reason: str  # goes on where the name ends: "is refused ..."
    folder: bool = False


class Connector(Protocol):
    """An open connection to one source; closed by `close`."""

    #: Whether a file appears whole or not at all, so that none is ever seen half-uploaded.
    atomic: bool

    @property
    def unlisted(self) -> Sequence[Unlisted]:
        """What the last `entries` could not look at."""
        ...

    def entries(self) -> Sequence[Entry]:
        """Every file below the root, however it is called. Raises SourceError.

        One file or inner folder that cannot be looked at is left out and stands in `unlisted`.
        """
        ...

    def entry(self, listed: Entry) -> Entry:
        """The file as it is now. Raises EntryProblem where it is gone, SourceError."""
        ...

    def stream(self, entry: Entry, start: int) -> tuple[int, Iterator[bytes]]:
        """Its bytes from `start` on, and where they really begin: at 0 where the server cannot resume.

        Raises EntryProblem or SourceError, also while the bytes are being read.
        """
        ...

    def identity(self) -> str:
        """What the server proved to be: its host key or certificate, for people to compare."""
        ...

    def close(self) -> None:
        """End the connection; never raises."""
        ...


def unsafe(name: str) -> bool:
    """Whether a remote name could step out of the folder it belongs to, or forge a line of a log."""
    parts = name.split("/")
    return (
        not name
        or "\\" in name
        or not name.isprintable()
        or any(part in ("", ".", "..") for part in parts)
        or len(name.encode("utf-8", "surrogatepass")) > 1024
    )


def passed_over(name: str) -> bool:
    """Editors', transfer programs' and file systems' leavings, and markers: hidden, unfinished or *.done."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "~")) or part == LOST_AND_FOUND for part in path.parts)
    return hidden or path.name.lower().endswith((*UNFINISHED, DONE_MARKER))
