"""Which files of a listing are whole: standing still, marked, or named by a manifest; the others wait."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from sources.connectors.entry import DONE_MARKER, Entry
from sources.manifest import Entry as Stated


@dataclass(frozen=True)
class Judged:
    """Entries that can be taken, and those that cannot yet, each with the reason."""

    ready: tuple[Entry, ...]
    waiting: tuple[tuple[Entry, str], ...]
    #: Seconds after which another listing may find the waiting ones ready; None: time does not help.
    again_after_s: float | None = None


class Settling:
    """Since when each file that was not taken yet has stood still, remembered between runs in one small file.

    Losing the file costs another wait and nothing else, so it is no part of the lake. `by_times`: a file's own time
    says too since when it has stood still, which it does where nothing but its writer sets it.
    """

    def __init__(self, path: Path, settle_s: int, *, by_times: bool = False) -> None:
        self._path, self._settle_s, self._by_times = path, settle_s, by_times
        self._seen: dict[str, dict[str, Any]] = {}
        if path.exists():
            try:
                self._seen = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                self._seen = {}  # cut off by a crash: everything waits once more

    def judge(self, entries: Sequence[Entry], now: datetime) -> Judged:
        """Ready is what has been seen with this very size, time and version for the settling time."""
        before, self._seen = self._seen, {}
        ready, waiting, longest = [], [], 0.0
        for entry in entries:
            seen = before.get(entry.name)
            since = (
                datetime.fromisoformat(seen["since"]) if seen and seen["state"] == list(entry.state) else now
            )
            if self._by_times and entry.modified_at:
                since = min(since, entry.modified_at)
            since = min(since, now)  # a clock that was set back
            self._seen[entry.name] = {"state": list(entry.state), "since": since.isoformat()}
            left = self._settle_s - (now - since).total_seconds()
            if left <= 0:
                ready.append(entry)
                continue
            longest = max(longest, left)
            waiting.append((entry, f"may still be growing: it has not stood still for {self._settle_s} s"))
        self._save()
        return Judged(tuple(ready), tuple(waiting), longest if waiting else None)

    def _save(self) -> None:
        if not self._seen and not self._path.exists():
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(json.dumps(self._seen, ensure_ascii=False), encoding="utf-8")
        temporary.replace(self._path)


def marked(entries: Sequence[Entry], listing: Sequence[Entry]) -> Judged:
    """Ready is what has `<name>.done` beside it in the listing, not older than itself."""
    markers = {
        each.name.removesuffix(DONE_MARKER): each for each in listing if each.name.endswith(DONE_MARKER)
    }
    ready, waiting = [], []
    for entry in entries:
        marker = markers.get(entry.name)
        if marker is None:
            waiting.append((entry, f"has no {PurePosixPath(entry.name).name}{DONE_MARKER} beside it"))
        elif marker.modified_at and entry.modified_at and marker.modified_at < entry.modified_at:
            waiting.append((entry, f"was changed after its {DONE_MARKER} marker was set"))
        else:
            ready.append(entry)
    return Judged(tuple(ready), tuple(waiting))


def named(entries: Sequence[Entry], manifests: Mapping[str, Sequence[Stated]]) -> Judged:
    """Ready is what a manifest in the same folder names. `manifests`: name of the manifest, what it states."""
    stated = {(_folder(manifest), PurePosixPath(each.name).name) for manifest, each in _flat(manifests)}
    ready, waiting = [], []
    for entry in entries:
        if (_folder(entry.name), PurePosixPath(entry.name).name) in stated:
            ready.append(entry)
        else:
            waiting.append((entry, "is named by no manifest beside it"))
    return Judged(tuple(ready), tuple(waiting))


def digests(entry: Entry, manifests: Mapping[str, Sequence[Stated]]) -> frozenset[str] | None:
    """The SHA-256 that manifests beside a file state for it; None where one of them states none."""
    found = {
        each.sha256
        for manifest, each in _flat(manifests)
        if (_folder(manifest), PurePosixPath(each.name).name)
        == (_folder(entry.name), PurePosixPath(entry.name).name)
    }
    return None if None in found or not found else frozenset(each for each in found if each)


def _flat(manifests: Mapping[str, Sequence[Stated]]) -> list[tuple[str, Stated]]:
    return [(name, each) for name, stated in manifests.items() for each in stated]


def _folder(name: str) -> str:
    return str(PurePosixPath(name).parent)
