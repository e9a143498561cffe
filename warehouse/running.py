"""Start marks: which runs have begun and not ended, beside the lake, so that a run that dies is missed.

A mark is a file of the home with who runs what since when. Its run holds a lock on it, which the system
frees when the process dies, however it dies: a mark whose lock is free belongs to a run that left no end.
Process numbers alone would not tell, since they are given anew, and differ between containers.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from sources import beijing
from warehouse.home import Home

log = logging.getLogger(__name__)

#: How runs are named (flows.stages.run.named).
_RUN = re.compile(r"(?P<zone>.+)-(?P<day>\d{8})-[0-9a-f]{8}")
_held: dict[Path, FileLock] = {}


@dataclass(frozen=True)
class Mark:
    """A run that has begun. `alive`: its process still holds the mark."""

    run_id: str
    zone: str
    business_date: date
    started_at: datetime
    process: int | None  # None: the mark cannot be read
    flow_run_id: str | None
    alive: bool

    @property
    def number(self) -> str:
        """The process in a sentence, after the word."""
        return "" if self.process is None else f" {self.process}"


def begun(
    home: Home, run_id: str, zone: str, business_date: date, started_at: datetime, flow_run_id: str | None
) -> None:
    """Leave the mark of a run that begins in this process."""
    home.running.mkdir(parents=True, exist_ok=True)
    path = home.running / f"{run_id}.json"
    lock = FileLock(_lock(path), thread_local=False)
    lock.acquire(timeout=0)
    _held[path] = lock
    said = {
        "run_id": run_id,
        "zone": zone,
        "business_date": business_date.isoformat(),
        "started_at": started_at.isoformat(),
        "process": os.getpid(),
        "flow_run_id": flow_run_id,
    }
    beside = path.with_suffix(".part")
    with beside.open("w", encoding="utf-8") as file:
        file.write(json.dumps(said))
        file.flush()
        os.fsync(file.fileno())  # a power cut must not leave the name without the words
    beside.replace(path)


def ended(home: Home, run_id: str) -> None:
    """Take the mark of a run away, whichever process left it; none there is fine."""
    path = home.running / f"{run_id}.json"
    path.unlink(missing_ok=True)
    lock = _held.pop(path, None)
    if lock:
        lock.release()
    _lock(path).unlink(missing_ok=True)


def abandoned(home: Home, run_id: str) -> None:
    """Let go of the mark of a run that ends and can leave no record of it: it counts as one that died."""
    if lock := _held.pop(home.running / f"{run_id}.json", None):
        lock.release()


def marks(home: Home, zone: str | None = None) -> list[Mark]:
    """The marks there are, oldest first."""
    found = [mark for path in home.running.glob("*.json") for mark in _read(path)]
    return sorted((each for each in found if zone in (None, each.zone)), key=lambda each: each.started_at)


def forget_dead(home: Home, zone: str, business_date: date) -> None:
    """Take away the marks of dead runs for a day that has been run to its end since."""
    for mark in marks(home, zone):
        if mark.business_date == business_date and not mark.alive:
            ended(home, mark.run_id)


def _read(path: Path) -> Iterator[Mark]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        mark = Mark(
            **{
                **said,
                "business_date": date.fromisoformat(said["business_date"]),
                "started_at": datetime.fromisoformat(said["started_at"]),
            },
            alive=False,
        )
    except FileNotFoundError:
        return  # its run ended just now
    except (ValueError, TypeError, KeyError):
        yield from _unreadable(path)
        return
    yield replace(mark, alive=_alive(path))


def _unreadable(path: Path) -> Iterator[Mark]:
    """The run whose mark a power cut left empty, by the name of its file; such a run is dead."""
    named = _RUN.fullmatch(path.stem)
    if named is None:
        log.warning("%s is no start mark of a run: look what it is and remove it", path)
        return
    try:
        day = date.fromisoformat(named["day"])
        since = beijing.from_seconds(path.stat().st_mtime)
    except FileNotFoundError:
        return  # a run of the day has taken it away just now
    except ValueError:
        log.warning("%s is no start mark of a run: look what it is and remove it", path)
        return
    yield Mark(path.stem, named["zone"], day, since, None, None, alive=False)


def _alive(path: Path) -> bool:
    if path in _held:
        return True
    lock = FileLock(_lock(path), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _lock(path: Path) -> Path:
    return path.with_suffix(".lock")
