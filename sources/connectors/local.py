"""Folders of this machine, or mounted on it. Files are used where they lie: landing copies and hashes them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sources import beijing
from sources.connectors.entry import (
    CHUNK,
    Entry,
    EntryProblem,
    SourceDown,
    SourceError,
    SourceRefused,
    Unlisted,
)
from sources.zone_sources import Source

#: Nothing is there: taken away meanwhile, or a link that leads nowhere.
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_CLOSED = (errno.EACCES, errno.EPERM)


class LocalFolder:
    """A folder, walked recursively; links to folders are not followed."""

    atomic = False

    def __init__(self, source: Source) -> None:
        self.root = Path(source.root)
        self.unlisted: list[Unlisted] = []
        try:
            there = stat.S_ISDIR(self.root.stat().st_mode)
        except OSError as error:
            if error.errno not in _GONE:
                raise meaning(self.root, error) from None
            there = False
        if not there:
            raise SourceRefused(
                f"the folder {self.root} does not exist or is not mounted; make it, or mend url in the zone file"
            )

    def entries(self) -> Sequence[Entry]:
        """Every file below the folder, by name."""
        self.unlisted = []
        found = []
        for folder, inner, names in os.walk(self.root, onerror=self._not_listed):
            inner.sort()
            for name in names:
                path = Path(folder) / name
                if (entry := self._found(path.relative_to(self.root).as_posix())) is not None:
                    found.append(entry)
        return sorted(found, key=lambda each: each.name)

    def entry(self, listed: Entry) -> Entry:
        """The file as it is now."""
        return _entry(listed.name, self._about(listed))

    def stream(self, entry: Entry, start: int) -> tuple[int, Iterator[bytes]]:
        """Its bytes."""
        return start, self._chunks(entry, start)

    def path(self, entry: Entry) -> Path:
        """Where the file lies. Raises EntryProblem where it is gone or must not be read, SourceDown."""
        self._about(entry)
        path = self.root / entry.name
        if not os.access(path, os.R_OK):
            raise EntryProblem("it must not be read; give the service account the right to read it")
        return path

    def identity(self) -> str:
        """The folder itself."""
        return str(self.root)

    def close(self) -> None:
        """Nothing is open."""

    def _chunks(self, entry: Entry, start: int) -> Iterator[bytes]:
        path = self.path(entry)
        try:
            with path.open("rb") as file:
                file.seek(start)
                while chunk := file.read(CHUNK):
                    yield chunk
        except OSError as error:
            raise of_file(path, error) from None

    def _about(self, entry: Entry) -> os.stat_result:
        path = self.root / entry.name
        try:
            return path.stat()
        except OSError as error:
            raise of_file(path, error) from None

    def _found(self, name: str) -> Entry | None:
        """A file of the listing; None where it is no file, gone meanwhile, or closed, which is noted."""
        path = self.root / name
        try:
            about = path.stat()
        except OSError as error:
            if error.errno in _CLOSED:
                self.unlisted.append(
                    Unlisted(name, "must not be looked at: give the service account the right")
                )
            elif error.errno not in _GONE:
                raise meaning(path, error) from None
            return None
        return _entry(name, about) if stat.S_ISREG(about.st_mode) else None

    def _not_listed(self, error: OSError) -> None:
        """An inner folder that is gone is no loss, one that is closed is noted; the root must be open."""
        path = Path(error.filename)
        if path == self.root or error.errno not in (*_GONE, *_CLOSED):
            raise meaning(path, error) from None
        if error.errno in _CLOSED:
            name = path.relative_to(self.root).as_posix()
            reason = f"cannot be looked into ({error.strerror}): give the service account the right"
            self.unlisted.append(Unlisted(name, reason, folder=True))


def meaning(path: Path, error: OSError) -> SourceError:
    """What a failure of the system at a path of the source means to people."""
    if error.errno in _CLOSED:
        return SourceRefused(f"{path} cannot be read: {error.strerror}; give the service account the right")
    if error.errno in _GONE:
        return SourceRefused(f"{path} is gone; make it, or mend url in the zone file")
    return SourceDown(
        f"{path} cannot be read: {error.strerror}; if it is mounted, see that the mount is alive"
    )


def of_file(path: Path, error: OSError) -> SourceError | EntryProblem:
    """The same for one file: what concerns it alone leaves the others to be taken."""
    if error.errno in _GONE:
        return EntryProblem("it is gone")
    if error.errno in _CLOSED:
        return EntryProblem("it must not be read; give the service account the right to read it")
    return meaning(path, error)


def _entry(name: str, about: os.stat_result) -> Entry:
    return Entry(name, about.st_size, _moment(about.st_mtime_ns))


def _moment(nanoseconds: int) -> datetime | None:
    """A time of the file system in Beijing; some file systems hold times that no calendar has."""
    try:
        return beijing.from_seconds(nanoseconds // 1000 / 1e6)
    except (ValueError, OverflowError, OSError):
        return None
