"""One kind of upkeep: what it would do, and what it did."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from sources import beijing
from warehouse.connection import Lake
from warehouse.upkeep.policy import Policy

#: Author of the commits of upkeep.
AUTHOR = "tongguan maintenance"


@dataclass(frozen=True)
class Task:
    """What one upkeep works on: the lake, its policy, and when and as which run it works."""

    lake: Lake
    policy: Policy
    run_id: str
    at: datetime  # local Beijing time
    zone: str | None  # landed files of this zone only; None: of all

    def before(self, days: int) -> datetime:
        """The moment this many days ago, local Beijing time."""
        return self.at - timedelta(days=days)


@dataclass(frozen=True)
class Plan:
    """Names of what would be acted upon (tables, snapshots, files) and their bytes; `kept`: what cannot, and why."""

    names: Sequence[str] = ()
    bytes: int = 0
    kept: Sequence[str] = ()


@dataclass(frozen=True)
class Done:
    """What was acted upon; `left`: what could not be done now, as sentences that say what to do."""

    names: Sequence[str] = ()
    bytes: int = 0
    left: Sequence[str] = ()


@dataclass(frozen=True)
class Upkeep:
    """A kind of upkeep. `removes`: takes something off the disk or the catalog for good."""

    name: str
    says: str  # what its names are
    plan: Callable[[Task], Plan]
    do: Callable[[Task, Plan], Done]
    removes: bool = True


def instant(moment: datetime) -> str:
    """SQL of local Beijing time as an instant."""
    return f"TIMESTAMPTZ '{moment.replace(tzinfo=beijing.BEIJING).isoformat(sep=' ')}'"


def newest(path: Path) -> float | None:
    """When a file, or the last of everything in a folder, was written; None where it is gone."""
    return max((each.st_mtime for each in _stats(path)), default=None)


def size(paths: Iterable[Path]) -> int:
    """Bytes of files and of everything in folders; what is gone has none."""
    return sum(each.st_size for path in paths for each in _stats(path) if S_ISREG(each.st_mode))


def _stats(path: Path) -> Iterator[os.stat_result]:
    """Of a path and of everything in it. Runs and analysts come and go meanwhile: what vanished is passed over."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    yield found
    if S_ISDIR(found.st_mode):
        try:
            inside = list(path.iterdir())
        except FileNotFoundError:
            return
        for each in inside:
            yield from _stats(each)
