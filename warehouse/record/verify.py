"""Verification: the log extends itself from checkpoint to checkpoint, and lake and files are what it says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import duckdb

from sources import beijing
from warehouse import catalogs
from warehouse.connection import Lake, attached
from warehouse.errors import RecordError, SigningKeyError
from warehouse.home import Home
from warehouse.record.book import Book
from warehouse.record.commits import SEALER, files, snapshots
from warehouse.record.keys import Change, Keys
from warehouse.record.merkle import Tree, extends, leaf_hash
from warehouse.record.note import Checkpoint, CheckpointError, opened, read
from warehouse.record.rows import beside_files, differing, in_force, never_fewer
from warehouse.record.seal import LOCK

#: The table that a seal itself adds to, in a commit after those it seals.
CHECKPOINTS = "ledger.checkpoints"
#: What DuckDB says of a file that is missing, or is no Parquet file any more.
_SPOILT = (duckdb.IOException, duckdb.InvalidInputException)


@dataclass(frozen=True)
class Verified:
    """What was proved, and the first thing that does not hold; None: everything does."""

    entries: int
    checkpoints: int
    files: int
    unsealed: int  # commits since the last seal, short of its own
    problem: str | None = None
    keys: tuple[str, ...] = ()  # a sentence for each time that the key of the log was replaced


class _Broken(Exception):
    """The first thing that does not hold."""


@dataclass
class _Done:
    entries: int = 0
    checkpoints: int = 0
    files: int = 0
    unsealed: int = 0
    keys: tuple[Change, ...] = ()


def verify_home(
    home: Home, zone: str | None = None, first: date | None = None, last: date | None = None
) -> Verified:
    """`verify` of a home, also where a file that is read on opening it is missing or spoilt."""
    try:
        with Lake.read(home) as lake:
            return verify(lake, zone, first, last)
    except _SPOILT:
        with attached(home) as con:
            return verify(Lake(con, home), zone, first, last)


def verify(
    lake: Lake, zone: str | None = None, first: date | None = None, last: date | None = None
) -> Verified:
    """Check the log, its checkpoints, the catalog and the data files, in this order; stops at the first that fails.

    The chain is checked whole. `zone`, `first` and `last` (days of commit, Asia/Shanghai) only narrow which data
    files are hashed: files of one zone, with those of no zone; files committed in these days. A run may seal
    meanwhile: what does not hold is looked at again while none can, before it is told.
    """
    found = _verified(lake, zone, first, last)
    if found.problem is None or lake.writable:
        return found
    with catalogs.of(lake.home).writing(LOCK, None):
        return _verified(lake, zone, first, last)


def _verified(lake: Lake, zone: str | None, first: date | None, last: date | None) -> Verified:
    done = _Done()
    problem = None
    try:
        _checked(lake, zone, first, last, done)
    except (_Broken, RecordError, SigningKeyError) as broken:
        problem = str(broken)
    except _SPOILT as error:
        if "locked" in str(error):  # by another program: that says nothing about the files
            raise
        problem = f"a data file that holds part of the ledger cannot be read: {str(error).splitlines()[0]}"
    told = tuple(each.sentence() for each in done.keys)
    return Verified(done.entries, done.checkpoints, done.files, done.unsealed, problem, told)


def _checked(lake: Lake, zone: str | None, first: date | None, last: date | None, done: _Done) -> None:
    book = Book.of(lake.home)
    lines = list(book.lines())
    if not lines:
        raise _Broken(f"there is no log in {book.folder}: run `tongguan run`, which seals what it commits")
    leaves = [leaf_hash(each) for each in lines]
    stored = book.leaves()
    for at, (computed, kept) in enumerate(zip(leaves, stored, strict=False)):
        if computed != kept:
            raise _Broken(f"entry {at} of the log was altered: it is not what was hashed when it was sealed")
    notes = book.notes()
    _chain(book, notes, leaves, done)
    if len(stored) != len(leaves):
        raise _Broken(
            f"{book.hashes} has {len(stored)} hashes for {len(leaves)} entries of the log: put it back from its copy"
        )
    entries = [json.loads(each) for each in lines]
    done.entries = len(entries)
    _catalog_checkpoints(lake, notes)
    known = _commits(lake, entries, done)
    _rows(lake, entries, known, done)
    _files(lake, entries, zone, first, last, done)


def _chain(book: Book, notes: list[str], leaves: list[bytes], done: _Done) -> None:
    """Every checkpoint is signed, holds over the log, and extends the one before."""
    if not notes or not book.public.exists():
        raise _Broken(f"the checkpoints or the public key are missing in {book.folder}")
    keys, tree = Keys.of(book), Tree(leaves)
    before: Checkpoint | None = None
    for number, note in enumerate(notes, 1):
        try:
            checkpoint = opened(note, keys.at(read(note).size))
        except CheckpointError as error:
            raise _Broken(f"checkpoint {number}: {error}") from error
        name = f"checkpoint {number} (day {checkpoint.day}, {checkpoint.size} entries)"
        if checkpoint.size > len(leaves):
            raise _Broken(f"{name} covers more than the log holds: the log was cut to {len(leaves)} entries")
        root = tree.root(checkpoint.size)
        if before is not None:
            if checkpoint.size < before.size:
                raise _Broken(f"{name} covers less than the one before it, {before.size} entries")
            proof = tree.consistency(before.size, checkpoint.size)
            if not extends(before.size, checkpoint.size, proof, before.root, checkpoint.root):
                raise _Broken(f"{name} does not extend that of {before.day}: the log was rewritten")
        elif root != checkpoint.root:
            raise _Broken(f"{name} does not fit the log: an entry it covers was rewritten")
        before = checkpoint
        done.checkpoints = number
    if before is None or before.size != len(leaves):
        raise _Broken(
            f"the log has {len(leaves)} entries, its last checkpoint covers fewer: one was removed or added"
        )
    for number, change in enumerate(keys.changes, 1):
        if change.size > len(leaves) or tree.root(change.size) != change.root:
            raise _Broken(
                f"change {number} of the key (day {change.day}) was declared over another log than this one"
            )
    done.keys = keys.changes


def _catalog_checkpoints(lake: Lake, notes: list[str]) -> None:
    """The catalog holds the same checkpoints; the last may be missing where a run was killed in between."""
    rows = lake.con.execute("SELECT note FROM wh.ledger.checkpoints ORDER BY size, sealed_at").fetchall()
    kept = [note for (note,) in rows]
    if len(kept) > len(notes):
        raise _Broken(
            f"the catalog holds {len(kept)} checkpoints, the record folder {len(notes)}: some were removed"
        )
    for number, (mine, other) in enumerate(zip(kept, notes, strict=False), 1):
        if mine != other:
            raise _Broken(
                f"checkpoint {number} of the record folder is not the one the catalog holds: it was replaced"
            )


def _commits(lake: Lake, entries: list[dict[str, Any]], done: _Done) -> list[int]:
    """Every commit the catalog still knows is the logged one, and none that was logged is ahead of it; their numbers."""
    known = {each["snapshot"]: each for each in snapshots(lake.con, -1)}
    logged = entries[-1]["snapshot"]
    newest = max(known, default=-1)
    if newest < logged:
        raise _Broken(
            f"the catalog ends with commit {newest}, the log with {logged}: the catalog was rolled back"
        )
    for entry in entries:
        found = known.get(entry["snapshot"])
        if found is not None and any(found[name] != entry[name] for name in found):
            raise _Broken(
                f"commit {entry['snapshot']} ({entry['message']}) is not the one that was logged: "
                "the catalog was rolled back or altered"
            )
    # The commit that keeps a seal's checkpoint comes after what it seals; the next seal logs it.
    done.unsealed = sum(number > logged and each["author"] != SEALER for number, each in known.items())
    return sorted(known)


def _rows(lake: Lake, entries: list[dict[str, Any]], known: list[int], done: _Done) -> None:
    """Every table has the rows that were noted at the seals, as of each sealed commit and now.

    Seals of releases that noted none are not asked; what expired is not, but for the newest.
    """
    if found := beside_files(lake):
        raise _Broken(
            f"the catalog holds rows or deletions outside the data files, in {found[0]}: nothing here writes any"
        )
    counted = [each for each in entries if "in_force" in each]
    if not counted:
        return
    _seals(counted)
    newest, last = known[-1], counted[-1]
    kept = {*known, last["snapshot"]}
    asked = {each["snapshot"] for each in counted} & kept | {newest}
    told = in_force(lake, asked, newest, last["snapshot"])
    for each in counted:
        if each["snapshot"] in told:
            _same_rows(each["in_force"], told[each["snapshot"]], f"when commit {each['snapshot']} was sealed")
    if last is entries[-1] and not done.unsealed:  # what was committed since are checkpoints
        noted, now = ({**found, CHECKPOINTS: 0} for found in (last["in_force"], told[newest]))
        _same_rows(noted, now, f"in commit {last['snapshot']}, the last but for checkpoints,")


def _seals(counted: list[dict[str, Any]]) -> None:
    """What the log alone tells: no seal missed rows that the one before had noted."""
    for before, after in pairwise(counted):
        for table, (noted, found) in after["altered"].items():
            raise _Broken(
                f"{table} had {noted:,} rows when commit {before['snapshot']} was sealed, of which {found:,} were "
                f"left when commit {after['snapshot']} was: the catalog was altered in between"
            )
        for table, rows in before["in_force"].items():
            if never_fewer(table) and (left := after["in_force"].get(table, 0)) < rows:
                raise _Broken(
                    f"{table} had {rows:,} rows when commit {before['snapshot']} was sealed and {left:,} when commit "
                    f"{after['snapshot']} was, though none is ever taken out of it"
                )


def _same_rows(noted: dict[str, int], found: dict[str, int], when: str) -> None:
    for table, (rows, left) in differing(noted, found).items():
        raise _Broken(
            f"{table} had {rows:,} rows {when} and the catalog now tells of {left:,}: data files or deletions were "
            "taken out of it, ended or added by hand"
        )


def _files(
    lake: Lake,
    entries: list[dict[str, Any]],
    zone: str | None,
    first: date | None,
    last: date | None,
    done: _Done,
) -> None:
    """Files the catalog refers to are those that were logged, to the byte."""
    logged = {file["path"]: (file, entry) for entry in entries for file in entry["files"]}
    sealed, stored = entries[-1]["file_id"], lake.home.storage
    seen: set[str] = set()
    for live in files(lake):
        if live.path in seen:
            raise _Broken(f"data file {live.path} stands in the catalog twice")
        seen.add(live.path)
        if live.id > sealed:
            continue  # committed since the last seal
        if live.path not in logged:
            raise _Broken(f"data file {live.path} is in the catalog and was never logged")
        file, entry = logged[live.path]
        if live.rows != file["rows"]:
            raise _Broken(
                f"data file {live.path} has {live.rows:,} rows in the catalog, {file['rows']:,} were logged"
            )
        if not _wanted(live.path, entry, zone, first, last):
            continue
        where = f"data file {live.path} of commit {entry['snapshot']} ({entry['message']})"
        size = stored.size(live.path)
        if size is None:
            raise _Broken(f"{where} is missing")
        if size != file["bytes"] or stored.sha256(live.path) != file["sha256"]:
            raise _Broken(f"{where} was altered: its bytes are not those that were logged")
        done.files += 1


def _wanted(
    path: str, entry: dict[str, Any], zone: str | None, first: date | None, last: date | None
) -> bool:
    if zone is not None and "zone=" in path and f"zone={zone}/" not in path:
        return False
    day = beijing.from_seconds(entry["time_us"] / 1e6).date()
    return (first is None or day >= first) and (last is None or day <= last)
