"""One pull from one source in a test, and what was remembered of earlier ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from sources.connectors import connected
from sources.credentials import Credentials
from sources.pulling import Pull, Puller, Remembered
from sources.toml_table import TomlTable
from sources.zone_sources import Source, read_sources


def source(url: str, **keys: object) -> Source:
    """A source as a zone file gives it."""
    (read,) = read_sources(TomlTable({"far": {"url": url, **keys}}, Path("/zones/z.toml"), "sources"))
    return read


class Runs:
    """Pulls from one source, one after the other, as runs of days do."""

    def __init__(self, given: Source, folder: Path, credentials: Credentials | None = None) -> None:
        self.source, self.folder, self.credentials = given, folder, credentials or Credentials()
        self.remembered: dict[str, Remembered] = {}
        self.slept: list[float] = []
        self.sleep: Callable[[float], None] = self.slept.append
        self.number = 0

    def attempt(self) -> Pull:
        """One attempt of the present run."""
        with connected(self.source, self.credentials) as connector:
            return Puller(
                "source far of z",
                self.source,
                connector,
                self.remembered,
                into=self.folder / f"run {self.number}",
                settling=self.folder / "settling.json",
                sleep=self.sleep,
            ).pull(self.folder / "record.json")

    def run(self) -> dict[str, bytes]:
        """A run that succeeds and is committed: what it took, by name."""
        self.number += 1
        taken = {}
        for file in self.attempt().files:
            taken[file.name] = Path(file.path).read_bytes()
            digest = hashlib.sha256(taken[file.name]).hexdigest()
            self.remembered[file.name] = Remembered(
                (file.size, file.modified_at, file.version), digest, Path(file.path)
            )
        return taken

    def gaps(self) -> list[str]:
        """What the last pull could not take."""
        return Pull.load(self.folder / "record.json").gaps
