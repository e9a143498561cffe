"""Manifests: what a source says it sent (name, rows, amount total, SHA-256 a file), and the comparison.

A manifest is JSON: `{"files": [{"name", "rows", "amount_total", "sha256"}]}`, with or without a key
`tongguan_manifest` beside it; `rows` are documents. Fields of an entry that are missing are not compared.
"""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from sources.staging import LandedFile, ReadOutcome, Refusal

RULE = "F8"
#: How the refusal of a file begins that its manifest refused: another manifest may let it in.
DIFFERS = "differs from its manifest"
#: Digits of the largest number that a manifest can state.
_MOST_DIGITS = 38

#: How new a manifest is, newest first. Runs are all that tells: names and listings have no order in time,
#: and a source may set any time on a file.
THIS_RUN, THIS_DAY, OTHER_DAY = range(3)


class ManifestError(ValueError):
    """The manifest cannot be understood; the message names the entry and what is wrong with it."""


@dataclass(frozen=True)
class Entry:
    """What a manifest says of one file; None where it says nothing."""

    name: str
    rows: int | None = None
    amount_total: Decimal | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Manifest:
    """One manifest as it arrived: where it lies says which files it means, its age whether it decides."""

    name: str  # as the source calls it; of a member "archive.zip!member.json"
    source: str
    age: int
    entries: tuple[Entry, ...]


def of_file(file: LandedFile) -> list[Manifest]:
    """What a landed manifest states, once for every name it arrived under. Raises ManifestError."""
    entries = tuple(load(Path(file.path)))
    age = OTHER_DAY if file.earlier else THIS_DAY if file.known else THIS_RUN
    return [Manifest(name, source, age, entries) for source, name in file.sent]


def is_manifest(document: object) -> bool:
    """Whether a JSON document is a manifest."""
    if not isinstance(document, Mapping):
        return False
    if "tongguan_manifest" in document:
        return True
    files = document.get("files")
    return isinstance(files, list) and all(
        isinstance(each, Mapping) and "name" in each and ("sha256" in each or "rows" in each)
        for each in files
    )


def load(path: Path) -> list[Entry]:
    """The entries of a manifest file; numbers are read exactly."""
    try:
        document = json.loads(
            path.read_text(encoding="utf-8-sig"), parse_float=Decimal, parse_constant=_constant
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise ManifestError(f"the manifest is not JSON: {error}") from error
    except RecursionError as error:
        raise ManifestError("the manifest is nested too deep") from error
    return parse(document)


def _constant(text: str) -> object:
    raise ValueError(f"{text} is no number")


def parse(document: object) -> list[Entry]:
    """The entries of a manifest document."""
    if not is_manifest(document) or not isinstance(document, Mapping):
        raise ManifestError("not a manifest: it needs a list `files`")
    inner = document.get("tongguan_manifest")
    files = document.get("files", inner.get("files") if isinstance(inner, Mapping) else None)
    if not isinstance(files, list):
        raise ManifestError("the manifest has no list `files`")
    return [_entry(each, number) for number, each in enumerate(files, 1)]


def _entry(record: Any, number: int) -> Entry:
    if not isinstance(record, Mapping):
        raise _misunderstood(number, "it is no object")
    name, sha256 = record.get("name"), record.get("sha256")
    if name is None:
        raise _misunderstood(number, "it has no `name`")
    rows = _number(record.get("rows"), number, "rows")
    if rows is not None and rows != rows.to_integral_value():
        raise _misunderstood(number, "`rows` is not a whole number")
    return Entry(
        name=str(name),
        rows=None if rows is None else int(rows),
        amount_total=_number(record.get("amount_total"), number, "amount_total"),
        sha256=None if sha256 is None else str(sha256).lower(),
    )


def _number(value: Any, number: int, field: str) -> Decimal | None:
    """A number, or a text that is one; no number has more digits before the point than a total can have."""
    if value is None:
        return None
    try:
        found = None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or abs(found.adjusted()) > _MOST_DIGITS:
        raise _misunderstood(number, f"`{field}` is not a number")
    return found


def _misunderstood(number: int, why: str) -> ManifestError:
    return ManifestError(f"entry {number} of the manifest is not understood: {why}")


def check(
    manifests: Sequence[Manifest], landed: Sequence[LandedFile], outcomes: Sequence[ReadOutcome]
) -> dict[str, Refusal]:
    """file_hash -> refusal (F8) for every read file that disagrees with what was stated of it.

    The bytes say first whose entry it is: an entry with the file's SHA-256 is about it, in whatever manifest.
    Else its name does, in manifests of its source and folder. The newest that name it decide; of those that
    are as new as each other one that agrees is enough, since nothing tells their order. Files that no
    manifest names are left alone, and so are those that were refused already. Totals are compared as
    numbers (12.5 is 12.50000).
    """
    if not manifests:
        return {}
    read = {each.file_hash: each for each in outcomes if each.refusal is None}
    shelf = _Shelf(landed)
    by_bytes: dict[str, list[_Stated]] = {}
    by_name: dict[str, list[_Stated]] = {}
    for manifest in manifests:
        for entry in manifest.entries:
            if entry.sha256 in shelf.digests:
                by_bytes.setdefault(entry.sha256 or "", []).append((manifest.age, entry))
            elif manifest.age < OTHER_DAY:
                for file_hash in _left_to_judge(entry, manifest, shelf):
                    by_name.setdefault(file_hash, []).append((manifest.age, entry))
    refused: dict[str, Refusal] = {}
    for file_hash, outcome in read.items():
        wrong = _disagreement(by_bytes.get(file_hash) or by_name.get(file_hash, []), outcome)
        if wrong:
            refused[file_hash] = Refusal(
                RULE,
                f"{DIFFERS}: {'; '.join(wrong)}. Ask the source for the file again, or for a manifest that fits",
            )
    return refused


def spoken_of(manifests: Sequence[Manifest], landed: Iterable[LandedFile]) -> set[str]:
    """Hashes of the files that manifests of this run are about, by their bytes or by their name."""
    shelf, found = _Shelf(landed), set[str]()
    for manifest in manifests:
        for entry in manifest.entries:
            if entry.sha256 is not None and entry.sha256 in shelf.digests:
                found.add(entry.sha256)
            else:
                found.update(_left_to_judge(entry, manifest, shelf))
    return found


def missing(manifests: Sequence[Manifest], landed: Sequence[LandedFile]) -> list[tuple[str, str]]:
    """(manifest, name) of every file that a manifest of this day names and that did not arrive.

    Manifests of other days told on their own day what they missed; here they say which of the files that
    are still listed were theirs, so that yesterday's file does not pass for today's of the same name.
    """
    if all(each.age == OTHER_DAY for each in manifests):
        return []
    shelf = _Shelf(landed)
    unanswered = [
        (manifest, entry, shelf.named(manifest, entry))
        for manifest in manifests
        if manifest.age < OTHER_DAY
        for entry in manifest.entries
        if entry.sha256 not in shelf.digests
    ]
    stated = {entry.sha256 for manifest in manifests for entry in manifest.entries}
    earlier = {item for _, _, items in unanswered for item in items if item.file.earlier}
    theirs = _stated_before(earlier, manifests, shelf)

    def answers(item: _Item, entry: Entry) -> bool:
        if not item.file.earlier:
            return entry.sha256 is None or item.digest not in stated
        return entry.sha256 is None and not any(_contradict(entry, each) for each in theirs[item])

    return [
        (manifest.name, entry.name)
        for manifest, entry, items in unanswered
        if not any(answers(each, entry) for each in items)
    ]


#: What is stated of a file, with the age of the manifest that states it.
_Stated = tuple[int, Entry]


class _Item(NamedTuple):
    """What an entry may name: a landed file, or the archive it came in."""

    digest: str | None  # of the file, or of the archive
    file: LandedFile


class _Shelf:
    """Landed files, found from where a manifest lies."""

    def __init__(self, landed: Iterable[LandedFile]) -> None:
        self.digests: set[str] = set()
        self._at: dict[tuple[str, str], list[_Item]] = {}  # source, path
        self._inside: dict[tuple[str, str, str], list[_Item]] = {}  # source, where the archive lies, own name
        self._members: Counter[tuple[str, str]] = Counter()  # source, archive
        for file in landed:
            self.digests.add(file.file_hash)
            if file.archive_hash is not None:
                self.digests.add(file.archive_hash)
            for source, name in file.sent:
                self._put(source, name, file)

    def named(self, manifest: Manifest, entry: Entry) -> Sequence[_Item]:
        """What an entry names: at the path it writes, seen from its manifest, else beside the manifest.

        A name without folders also means members of archives there, wherever in the archive they lie.
        """
        source, own = manifest.source, _bare(entry.name)
        for home in self._homes(manifest):
            found = self._at.get((source, _seen_from(home, entry.name))) or self._at.get((source, home + own))
            if not found and own == entry.name:
                found = self._inside.get((source, home, own))
            if found:
                return found
        return ()

    def _put(self, source: str, name: str, file: LandedFile) -> None:
        """A file lies at its path; a member in its archive, and as if it were unpacked where that lies."""
        item, (archive, _, path) = _Item(file.file_hash, file), name.rpartition("!")
        self._at.setdefault((source, name), []).append(item)
        if not archive:
            return
        packed = self._at.setdefault((source, archive), [])
        if not packed or packed[-1].digest != file.archive_hash:
            packed.append(_Item(file.archive_hash, file))
        self._members[source, archive] += 1
        beside, own = _home(archive), _bare(path)
        self._at.setdefault((source, beside + path), []).append(item)
        for home in (beside, f"{archive}!"):
            self._inside.setdefault((source, home, own), []).append(item)

    def _homes(self, manifest: Manifest) -> tuple[str, ...]:
        """Where a manifest looks; one that is packed alone, as into a .gz, means what lies beside its archive."""
        archive = manifest.name.rpartition("!")[0]
        if archive and self._members[manifest.source, archive] == 1:
            return _home(manifest.name), _home(archive)
        return (_home(manifest.name),)


def _left_to_judge(entry: Entry, manifest: Manifest, shelf: _Shelf) -> list[str]:
    """Hashes of the files an entry means by name; none where a file read before answered it already.

    An entry is about one file: what comes later under that name is a redelivery it does not know of.
    """
    items = shelf.named(manifest, entry)
    if manifest.age == THIS_DAY and entry.sha256 is None and any(each.file.known for each in items):
        return []
    return [each.file.file_hash for each in items if each.digest == each.file.file_hash]


def _stated_before(
    items: set[_Item], manifests: Iterable[Manifest], shelf: _Shelf
) -> dict[_Item, list[Entry]]:
    """What manifests of other days state of files that were taken on other days."""
    found: dict[_Item, list[Entry]] = {each: [] for each in items}
    for manifest in manifests if items else ():
        for entry in manifest.entries if manifest.age == OTHER_DAY else ():
            for item in items.intersection(shelf.named(manifest, entry)):
                found[item].append(entry)
    return found


def _disagreement(stated: Sequence[_Stated], outcome: ReadOutcome) -> list[str]:
    """How a file differs from what the newest manifests state of it; nothing where one of them agrees."""
    newest = min((age for age, _ in stated), default=OTHER_DAY)
    wrong = [_differences(entry, outcome) for age, entry in stated if age == newest]
    return wrong[0] if wrong and all(wrong) else []


def _contradict(one: Entry, other: Entry) -> bool:
    """Whether two entries cannot be about the same file."""
    pairs = ((one.rows, other.rows), (one.amount_total, other.amount_total), (one.sha256, other.sha256))
    return any(None not in each and each[0] != each[1] for each in pairs)


def _differences(entry: Entry, outcome: ReadOutcome) -> list[str]:
    wrong = []
    if entry.sha256 is not None and entry.sha256 != outcome.file_hash:
        wrong.append("its SHA-256 is another")
    if outcome.kind is None:
        return wrong
    if entry.rows is not None and entry.rows != outcome.rows:
        wrong.append(f"{outcome.rows} documents, the manifest says {entry.rows}")
    if entry.amount_total is not None and entry.amount_total != outcome.amount_total:
        wrong.append(f"amount total {outcome.amount_total}, the manifest says {entry.amount_total}")
    return wrong


def _bare(name: str) -> str:
    """The file's own name: without the archive it came in, without folders."""
    return name.rpartition("!")[2].rpartition("/")[2]


def _home(name: str) -> str:
    """What stands before the own name: the archive and the folder, as written."""
    return name[: len(name) - len(_bare(name))]


def _seen_from(home: str, written: str) -> str:
    """The path of a name that a manifest in `home` writes."""
    if "/" not in written:
        return home + written
    archive, mark, folder = home.rpartition("!")
    return archive + mark + posixpath.normpath(posixpath.join(folder, written))
