"""One pull from one source: list, leave what is known or not whole, fetch the rest, and write down what came.

Plain functions without Prefect: a task calls them, and so does a test or `tongguan sources check`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath

from sources import beijing, manifest, readiness, zone_sources
from sources.connectors.entry import (
    CHUNK,
    Connector,
    Entry,
    EntryProblem,
    Unlisted,
    passed_over,
    unsafe,
)
from sources.connectors.local import LocalFolder, meaning, of_file
from sources.connectors.transfer import fetch
from sources.readiness import Judged, Settling
from sources.zone_sources import Source

#: How many files a sentence names before it only counts them.
NAMED = 5


@dataclass(frozen=True)
class Remembered:
    """What is known of a file that an earlier run took: its state then, and where its bytes lie."""

    state: tuple[int | None, str | None, str | None]
    file_hash: str
    path: Path  # may be gone: landed files expire


@dataclass(frozen=True)
class PulledFile:
    """One file taken by this pull. `path` holds its bytes, `name` is what the source calls it."""

    name: str
    path: str
    size: int | None
    modified_at: str | None
    version: str | None


@dataclass
class Pull:
    """What one source gave; kept as JSON so that a later attempt, and the landing, find it."""

    source: str  # label, as the ledger has it
    remembers: bool  # whether what was taken is looked up by name at the next run
    files: list[PulledFile] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)  # names listed that earlier runs took
    gaps: list[str] = field(default_factory=list)  # what could not be taken, each as a sentence
    failed: bool = False  # given up: the last gap says why

    def let_go(self, lost: Mapping[str, str], called: str) -> None:
        """Take out files whose bytes could not be had after all, and name them; `lost`: path and why."""
        by_reason: dict[str, list[str]] = {}
        for each in self.files:
            if each.path in lost:
                by_reason.setdefault(lost[each.path], []).append(each.name)
        self.files = [each for each in self.files if each.path not in lost]
        self.gaps += [
            f"{called}: {_some(names)} could not be taken: {reason}; tried again at the next run"
            for reason, names in by_reason.items()
        ]

    def save(self, path: Path) -> Path:
        """Write the record, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")
        temporary.replace(path)
        return path

    @classmethod
    def load(cls, path: Path) -> Pull:
        """Read what `save` wrote."""
        record = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**record, "files": [PulledFile(**each) for each in record["files"]]})


@dataclass(frozen=True)
class Listing:
    """A source looked at: what is new and ready, new and waiting, known, and refused by its name."""

    judged: Judged
    seen: tuple[str, ...]
    refused: tuple[str, ...]
    manifests: Mapping[str, Sequence[manifest.Entry]]


@dataclass(frozen=True)
class Puller:
    """What a pull needs besides the source."""

    called: str  # the source as sentences name it
    source: Source
    connector: Connector
    remembered: Mapping[str, Remembered]
    into: Path  # folder for fetched copies; kept between attempts of one run, so that they resume
    settling: Path  # file that remembers what stands still
    sleep: Callable[[float], None] = time.sleep
    progress: Callable[[int, int], None] = lambda done, total: None

    def pull(self, record: Path) -> Pull:
        """Take what is new and ready; the record is written after every file.

        Raises SourceDown or SourceRefused: what was taken until then stands in the record.
        """
        listing = self.look(wait=True)
        result = Pull(self.source.label, remembers=True, seen=list(listing.seen))
        sentences = [*_refused_names(listing.refused), *_waiting(listing.judged)]
        result.gaps = [f"{self.called}: {each}" for each in sentences]
        result.save(record)
        for done, entry in enumerate(listing.judged.ready):
            self.progress(done, len(listing.judged.ready))
            try:
                result.files.append(self._take(entry, listing))
            except EntryProblem as problem:
                result.gaps.append(
                    f"{self.called}: {entry.name} was not taken: {problem}; it is tried again at the next run"
                )
            result.save(record)
        return result

    def look(self, *, wait: bool) -> Listing:
        """List the source and judge what is there; `wait`: list again once where that may make files ready."""
        listing = self._look()
        if wait and listing.judged.again_after_s is not None:
            self.sleep(listing.judged.again_after_s)
            listing = self._look()
        return listing

    def _look(self) -> Listing:
        everything = self.connector.entries()
        closed = [each for each in self.connector.unlisted if self._misses(each)]
        names = [*(each.name for each in everything), *(each.name for each in closed)]
        refused = tuple(name for name in names if unsafe(name))
        listed = [each for each in everything if not unsafe(each.name)]
        found = self._judged(listed, refused)
        unlisted = tuple((Entry(each.name), each.reason) for each in closed if not unsafe(each.name))
        return replace(found, judged=replace(found.judged, waiting=(*found.judged.waiting, *unlisted)))

    def _judged(self, listed: Sequence[Entry], refused: tuple[str, ...]) -> Listing:
        own = [
            each
            for each in listed
            if not passed_over(each.name) and (self.source.takes(each.name) or self._is_manifest(each))
        ]
        known = {each.name for each in own if self._known(each)}
        new = [each for each in own if each.name not in known]
        seen = tuple(sorted(known))
        if self.source.ready == zone_sources.DONE:
            return Listing(readiness.marked(new, listed), seen, refused, {})
        if self.source.ready == zone_sources.MANIFEST:
            return self._by_manifest(own, new, seen, refused)
        if self.connector.atomic or not self.source.settle_seconds:
            return Listing(Judged(tuple(new), ()), seen, refused, {})
        settling = Settling(self.settling, self.source.settle_seconds, by_times=self.source.by_times)
        judged = settling.judge(new, beijing.now())
        return Listing(judged, seen, refused, {})

    def _misses(self, unlisted: Unlisted) -> bool:
        """Whether what could not be looked at may be an extract of this source, or hold some."""
        if passed_over(unlisted.name):
            return False
        return unlisted.folder or self.source.takes(unlisted.name) or self._is_manifest(Entry(unlisted.name))

    def _known(self, entry: Entry) -> bool:
        before = self.remembered.get(entry.name)
        return before is not None and not entry.tells_nothing and before.state == entry.state

    def _is_manifest(self, entry: Entry) -> bool:
        return self.source.ready == zone_sources.MANIFEST and PurePosixPath(entry.name).match(
            self.source.manifest
        )

    def _by_manifest(
        self, own: Sequence[Entry], new: Sequence[Entry], seen: tuple[str, ...], refused: tuple[str, ...]
    ) -> Listing:
        """Manifests are read first, known ones too: a file may come long after the manifest that names it."""
        stated: dict[str, Sequence[manifest.Entry]] = {}
        unread: list[tuple[Entry, str]] = []
        for entry in own if new else ():
            if not self._is_manifest(entry):
                continue
            try:
                path = self._manifest_file(entry)
                with self._reading(path):
                    stated[entry.name] = manifest.load(path)
            except (manifest.ManifestError, EntryProblem) as error:
                unread.append((entry, f"cannot be read as a manifest yet ({error})"))
        judged = readiness.named([each for each in new if not self._is_manifest(each)], stated)
        manifests = tuple(each for each in new if each.name in stated)
        unread = [(entry, reason) for entry, reason in unread if entry.name not in seen]
        return Listing(Judged((*manifests, *judged.ready), (*judged.waiting, *unread)), seen, refused, stated)

    def _manifest_file(self, entry: Entry) -> Path:
        before = self.remembered.get(entry.name)
        if before is not None and before.state == entry.state and before.path.exists():
            return before.path
        return self._bytes(entry)

    def _take(self, entry: Entry, listing: Listing) -> PulledFile:
        path = self._bytes(entry)
        stated = readiness.digests(entry, listing.manifests)
        if stated is not None and self._sha256(path) not in stated:
            if path.is_relative_to(self.into):
                path.unlink()
            raise EntryProblem(
                "its SHA-256 is not the one its manifest states: it is not whole, or not the one meant"
            )
        size, modified_at, version = entry.state
        return PulledFile(entry.name, str(path), size, modified_at, version)

    def _sha256(self, path: Path) -> str:
        with self._reading(path):
            return _sha256(path)

    @contextmanager
    def _reading(self, path: Path) -> Iterator[None]:
        """A file that is read where the source has it fails as the source, not as our own disk."""
        try:
            yield
        except OSError as error:
            if isinstance(self.connector, LocalFolder) and path.is_relative_to(self.connector.root):
                raise of_file(path, error) from None
            raise

    def _bytes(self, entry: Entry) -> Path:
        """Where the bytes of an entry lie: local ones where they are, others fetched."""
        if isinstance(self.connector, LocalFolder):
            return self.connector.path(entry)
        return fetch(self.connector, entry, self.into)


def by_hand(source: Source) -> Pull:
    """A local inbox named for this one run: every file in it, nothing remembered, nothing waited for.

    Files whose names cannot be written down are gaps.

    Raises SourceDown or SourceRefused.
    """
    root = Path(source.root)
    try:
        files = [root] if root.is_file() else sorted(each for each in root.rglob("*") if each.is_file())
    except OSError as error:
        raise meaning(root, error) from None
    names = {each: root.name if each == root else each.relative_to(root).as_posix() for each in files}
    own = [each for each in files if each == root or not passed_over(names[each])]
    taken = [PulledFile(each.name, str(each), None, None, None) for each in own if not unsafe(names[each])]
    odd = [names[each] for each in own if unsafe(names[each])]
    gaps = [f"{source.label}: {each}" for each in _refused_names(odd)]
    return Pull(source.label, remembers=False, files=taken, gaps=gaps)


def _waiting(judged: Judged) -> list[str]:
    """One sentence a reason."""
    by_reason: dict[str, list[str]] = {}
    for entry, reason in judged.waiting:
        by_reason.setdefault(reason, []).append(entry.name)
    return [f"{_some(names)} {reason}; left until it is ready" for reason, names in by_reason.items()]


def _refused_names(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    shown = [ascii(each[:80]) for each in names]
    return [
        f"{_some(shown)} is not taken: the name steps out of its folder or cannot be shown; ask for another name"
    ]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
