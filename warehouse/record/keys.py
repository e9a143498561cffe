"""The keys of the record: which one signs from where on, and how one is replaced in the open (decision 0020)."""

from __future__ import annotations

import dataclasses
import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from warehouse.connection import Lake
from warehouse.errors import RecordError, SigningKeyAbsentError, SigningKeyError
from warehouse.home import Home
from warehouse.record.book import Book, append, whole
from warehouse.record.key_files import key_file, make, pair, private_key, signing_key
from warehouse.record.merkle import Tree
from warehouse.record.note import (
    ORIGIN,
    CheckpointError,
    key_name,
    opened,
    public_key,
    public_text,
    read,
    signed,
    signed_by,
)

_CHANGE = f"{ORIGIN}/key"
_FIELDS = ("size", "root", "day", "old", "new", "by", "reason")


@dataclass(frozen=True)
class Change:
    """One replacement of the key: checkpoints over more than `size` entries are signed with `new`."""

    size: int
    root: bytes  # of the log at that size
    day: date
    old: str  # verifier keys
    new: str
    by: str
    reason: str
    by_old: bool = False  # the key that was replaced signed this too

    def text(self) -> str:
        """What is signed: a line a field."""
        said = (str(self.size), b64encode(self.root).decode(), self.day.isoformat(), self.old, self.new)
        lines = zip(_FIELDS, (*said, self.by, self.reason), strict=True)
        return "\n".join([_CHANGE, *(f"{name} {value}" for name, value in lines)]) + "\n"

    def sentence(self) -> str:
        """For people: who, when, why, and whether the key before agreed."""
        agreed = (
            "the key before it signed this too"
            if self.by_old
            else "the key before it did not sign this: ask whether it was lost, and hold the log against a copy kept elsewhere"
        )
        return (
            f"another key signs since {self.day}, after {self.size:,} commits, declared by {self.by} "
            f"({self.reason}); {agreed}"
        )


@dataclass(frozen=True)
class Keys:
    """The key the log began with, and its replacements, oldest first."""

    first: str  # verifier key
    changes: tuple[Change, ...] = ()

    @classmethod
    def of(cls, book: Book) -> Keys:
        """Those of a record that has a public key. Raises SigningKeyError where what the folder tells of them is not sound."""
        first, found = book.public.read_text(encoding="utf-8").strip(), list[Change]()
        current = first
        for number, note in enumerate(book.changes(), 1):
            try:
                change = _opened(note, current, found[-1].size if found else 0)
            except (CheckpointError, SigningKeyError) as error:
                raise SigningKeyError(
                    f"change {number} of the key of the record, in {book.keys}, does not hold: {error}"
                ) from error
            found.append(change)
            current = change.new
        return cls(first, tuple(found))

    @property
    def current(self) -> Ed25519PublicKey:
        """The one that signs now."""
        return public_key(self.changes[-1].new if self.changes else self.first)

    def at(self, size: int) -> Ed25519PublicKey:
        """The one a checkpoint over so many entries is signed with."""
        before = [each.new for each in self.changes if each.size < size]
        return public_key(before[-1] if before else self.first)


@dataclass(frozen=True)
class Standing:
    """The key of a record as this machine sees it."""

    public: str  # verifier key
    file: str  # where its other half is
    problem: str | None  # why it is not there
    changes: tuple[str, ...]  # a sentence each


def standing(home: Home) -> Standing:
    """The key that signs now. Raises RecordError where nothing is sealed, SigningKeyError where a change does not hold."""
    keys = _begun(Book.of(home))
    try:
        signing_key(home, keys.current)
        problem = None
    except SigningKeyError as error:
        problem = str(error)
    changes = tuple(each.sentence() for each in keys.changes)
    return Standing(public_text(keys.current).strip(), str(key_file(home)), problem, changes)


def replace(
    lake: Lake, day: date, by: str, reason: str, *, given: Path | None = None, without_old: bool = False
) -> tuple[Change, Path]:
    """Let another key sign from the next seal on; under the writer's lock of the record. Returns the change, and its file.

    The new key is that of the file `given`, else one made here, which takes the place of the file in use. The key so
    far signs the change with it; `without_old`: it is lost, and the change goes without. The file in use is put aside
    after the change is on disk: what was stopped in between is finished by asking again. Raises RecordError where
    nothing was sealed or the log is not whole, SigningKeyError where a key is not what it must be.
    """
    book, who, why = Book.of(lake.home), _line(by, "name"), _line(reason, "reason")
    whole(book)
    keys, in_use = _begun(book), key_file(lake.home)
    path = given or in_use.with_name(f"{in_use.name}.part")
    if given is None and keys.changes and path.exists() and pair(private_key(path), keys.current):
        return keys.changes[-1], _put(path, in_use, keys.changes[-1])
    size, root = _end(book, keys)
    old = _old(lake, keys, without_old)
    if given is None:
        path.unlink(missing_ok=True)  # of one that was stopped before it was declared
        make(path)
    new = private_key(path)
    if pair(new, keys.current):
        raise SigningKeyError(f"{path} holds the key that signs already")
    before, after = (public_text(each).strip() for each in (keys.current, new.public_key()))
    change = Change(size, root, day, before, after, who, why, old is not None)
    note = signed(change.text(), *([new, old] if old else [new]))
    append(book.keys, json.dumps(note, ensure_ascii=False).encode() + b"\n")
    return change, given or _put(path, in_use, change)


def _put(fresh: Path, in_use: Path, change: Change) -> Path:
    """The new key in the place of the old one, which stays beside it: a backup of before goes on with that."""
    if in_use.exists():
        in_use.replace(in_use.with_name(f"{in_use.name}.{key_name(change.old)}"))
    return fresh.replace(in_use)


def known(book: Book) -> Keys | None:
    """The keys of a record; None where nothing is sealed. Raises SigningKeyError where its public key is missing."""
    if book.public.exists():
        return Keys.of(book)
    if book.notes():
        raise SigningKeyError(
            f"the public key of the record is missing in {book.folder}, and nothing is signed without it. Put "
            f"{book.public.name} back from the copy of the folder, then ask again"
        )
    return None


def _begun(book: Book) -> Keys:
    """The keys of a record in which something was sealed."""
    if keys := known(book):
        return keys
    raise RecordError(
        f"nothing is sealed in {book.folder}: its key is made or taken by the first run that seals"
    )


def _end(book: Book, keys: Keys) -> tuple[int, bytes]:
    """Size and root of the newest checkpoint, which the key so far must have signed over the log there is."""
    leaves, notes = book.leaves(), book.notes()
    if not notes:
        return 0, Tree([]).root()
    note = notes[-1]
    try:
        last = opened(note, keys.at(read(note).size))
    except CheckpointError as error:
        raise RecordError(f"the last checkpoint in {book.folder} does not hold: {error}") from error
    if len(leaves) < last.size or Tree(leaves).root(last.size) != last.root:
        raise RecordError(
            f"the log in {book.folder} is not what its last checkpoint says: run `tongguan verify`, and put the folder "
            "back from its copy before its key is replaced"
        )
    return last.size, last.root


def _old(lake: Lake, keys: Keys, without: bool) -> Ed25519PrivateKey | None:
    """The key that is replaced; None where it is lost and that was said."""
    try:
        return signing_key(lake.home, keys.current)
    except SigningKeyAbsentError as error:
        if without:
            return None
        raise SigningKeyError(
            f"the key of the record, which is to sign its replacement, is not in {key_file(lake.home)}. Put it there "
            "from its copy; where it is lost for good, say --without-old: whoever verifies the record is told so from "
            "then on"
        ) from error


def _opened(note: str, current: str, least: int) -> Change:
    """The change in a note, which follows the key in use then. Raises CheckpointError, SigningKeyError."""
    text, _, _ = note.partition("\n\n")
    head, *lines = text.splitlines()
    said = dict(each.partition(" ")[::2] for each in lines)
    try:
        change = Change(
            int(said["size"]),
            b64decode(said["root"], validate=True),
            date.fromisoformat(said["day"]),
            said["old"],
            said["new"],
            said["by"],
            said["reason"],
        )
    except (KeyError, ValueError, Base64Error) as error:
        raise CheckpointError(f"not a signed change of key: {error}") from error
    if head != _CHANGE or not note.startswith(f"{change.text()}\n"):
        raise CheckpointError("not a change of key of this log")
    if change.old != current:
        raise CheckpointError("it replaces another key than the one in use then")
    if change.size < least:
        raise CheckpointError("it lies before the change that stands before it")
    if not signed_by(note, public_key(change.new)):
        raise CheckpointError("the new key did not sign it")
    return dataclasses.replace(change, by_old=signed_by(note, public_key(change.old)))


def _line(value: str, name: str) -> str:
    """A value that fits into a line of a note."""
    if not value.strip() or not value.isprintable():
        raise SigningKeyError(f"the {name} of a change of key must be one line of text, not {value!r}")
    return value.strip()
