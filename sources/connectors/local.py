"""Folders of this machine, or mounted on it. Files are used where they lie: landing copies and hashes them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sources.connectors.entry import CHUNK, Entry, EntryProblem, SourceRefused
from sources.zone_sources import Source

BEIJING = ZoneInfo("Asia/Shanghai")


class LocalFolder:
    """A folder, walked recursively; links to folders are not followed."""

    atomic = False

    def __init__(self, source: Source) -> None:
        self.root = Path(source.root)
        if not self.root.is_dir():
            raise SourceRefused(
                f"the folder {self.root} does not exist or is not mounted; make it, or mend url in the zone file"
            )

    def entries(self) -> Sequence[Entry]:
        """Every file below the folder, by name."""
        found = []
        for folder, inner, names in os.walk(self.root, onerror=_refuse):
            inner.sort()
            for name in names:
                path = Path(folder) / name
                if path.is_file():
                    found.append(self._entry(path.relative_to(self.root).as_posix()))
        return sorted(found, key=lambda each: each.name)

    def entry(self, listed: Entry) -> Entry:
        """The file as it is now."""
        try:
            return self._entry(listed.name)
        except OSError as error:
            raise EntryProblem(f"it cannot be read: {error.strerror}") from None

    def stream(self, entry: Entry, start: int) -> tuple[int, Iterator[bytes]]:
        """Its bytes."""
        return start, self._chunks(entry, start)

    def path(self, entry: Entry) -> Path:
        """Where the file lies. Raises EntryProblem where it must not be read."""
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
        with self.path(entry).open("rb") as file:
            file.seek(start)
            while chunk := file.read(CHUNK):
                yield chunk

    def _entry(self, name: str) -> Entry:
        about = (self.root / name).stat()
        moment = datetime.fromtimestamp(about.st_mtime_ns // 1000 / 1e6, BEIJING).replace(tzinfo=None)
        return Entry(name, about.st_size, moment)


def _refuse(error: OSError) -> None:
    raise SourceRefused(
        f"{error.filename} cannot be read: {error.strerror}; give the service account the right"
    )
