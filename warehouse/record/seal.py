"""Sealing: append the commits since the last seal to the log and sign a checkpoint over all of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from warehouse import sql
from warehouse.connection import Lake
from warehouse.errors import RecordError
from warehouse.record.book import HASH_BYTES, Book, append, canonical, cut_back, publish_key, whole
from warehouse.record.commits import SEALER, entries, snapshots
from warehouse.record.key_files import signing_key
from warehouse.record.keys import known
from warehouse.record.merkle import Tree, leaf_hash
from warehouse.record.note import Checkpoint, public_text, read, signed

#: What the seal locks of a shared lake: commits of zones go on meanwhile.
LOCK = "(record)"


@dataclass(frozen=True)
class Sealed:
    """What a seal did; `size` is the length of the log."""

    added: int
    size: int
    elsewhere: bool = False  # another machine keeps the log

    def sentence(self) -> str:
        """For the progress line."""
        if self.elsewhere:
            return "TONGGUAN_RECORD is off: the machine that keeps the record seals these commits with its next run"
        return f"{self.added:,} commits sealed, {self.size:,} in the log" if self.added else "nothing to seal"


def seal(lake: Lake, day: date, run_id: str, at: datetime) -> Sealed:
    """Log every commit since the last one logged and sign the checkpoint of `day`; under the writer's lock.

    The log and the checkpoint are on disk before the catalog learns of them, so a crash in between leaves a log
    that is ahead, never one that is behind. What has no checkpoint yet is written anew, and a checkpoint that the
    catalog was not told of is told now. Nothing new adds nothing. Raises RecordError where the log has
    lost entries that were sealed, another log than this one was sealed last, or the catalog is older than the log;
    SigningKeyError where the key is not that of the log.
    """
    book = Book.of(lake.home)
    book.folder.mkdir(exist_ok=True)
    whole(book)
    notes = book.notes()
    untold = _untold(lake, book, notes)
    sealed = read(notes[-1]).size if notes else 0
    cut_back(book, sealed)
    leaves, last = book.leaves(), book.last()
    if len(leaves) != sealed or (last["index"] + 1 if last else 0) != sealed:
        raise RecordError(
            f"the log in {book.folder} lacks entries that were sealed: {sealed} were, it ends with number "
            f"{last['index'] if last else 'none'}. Run `tongguan verify` and put the folder back from its copy"
        )
    _not_older(lake, book, last)
    keys = known(
        book
    )  # before anything is signed with another: then no checkpoint of it could be proved any more
    key = signing_key(lake.home, keys.current if keys else None)
    new = [canonical(each) for each in entries(lake, sealed, last)]
    if new:
        hashes = [leaf_hash(each) for each in new]
        assert all(len(each) == HASH_BYTES for each in hashes)
        note = signed(Checkpoint(sealed + len(new), Tree([*leaves, *hashes]).root(), day).text(), key)
        if not book.public.exists():
            publish_key(book, public_text(key.public_key()))
        append(book.entries, b"".join(each + b"\n" for each in new))
        append(book.hashes, b"".join(hashes))
        append(book.checkpoints, json.dumps(note, ensure_ascii=False).encode() + b"\n")
        untold.append(note)
    if untold:
        _tell(lake, untold, run_id, at)
    return Sealed(len(new), sealed + len(new))


def _not_older(lake: Lake, book: Book, last: dict[str, Any] | None) -> None:
    """The catalog has the last commit that was logged: else it is one of before, put back beside the log of after."""
    if last is None:
        return
    newest = lake.snapshot()
    told = f"the last in {book.folder} is number {last['snapshot']} ({last['message']})"
    if newest < last["snapshot"]:
        problem = f"the catalog ends with commit {newest}, {told}"
    else:
        now = next(iter(snapshots(lake.con, last["snapshot"] - 1)), None)
        if now is None or now["snapshot"] > last["snapshot"]:
            return  # it has expired, which only commits after it let it do
        if all(now[name] == last[name] for name in now):
            return
        problem = f"the commit of that number in the catalog is another ({now['message']}), {told}"
    raise RecordError(
        f"the catalog is older than the log of commits, or another: {problem}. Nothing was sealed. Put back the "
        "catalog and the record folder of one moment (docs/operations/shared.md, backup)"
    )


def _tell(lake: Lake, notes: Sequence[str], run_id: str, at: datetime) -> None:
    """Keep checkpoints in the catalog too."""
    told = [(read(note), note) for note in notes]
    values = ", ".join(
        f"({sql.literal(each.day)}, {each.size}, {sql.literal(each.root.hex())}, {sql.literal(note)}, "
        f"{sql.literal(at)}, {sql.literal(run_id)})"
        for each, note in told
    )
    newest = told[-1][0]
    lake.commit(
        SEALER,
        f"checkpoint of {newest.day} over {newest.size} commits",
        run_id,
        lambda con: con.execute(f"INSERT INTO wh.ledger.checkpoints VALUES {values}"),
    )


def _untold(lake: Lake, book: Book, notes: Sequence[str]) -> list[str]:
    """Checkpoints the catalog was not told of, since a run was killed in between.

    One lake has one log: the newest checkpoint the catalog knows must be of this one.
    """
    row = lake.con.execute(
        "SELECT note, day, size FROM wh.ledger.checkpoints ORDER BY size DESC, sealed_at DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return list(notes)
    if row[0] not in notes:
        raise RecordError(
            f"the record of this warehouse is kept elsewhere: its last checkpoint (day {row[1]}, {row[2]} commits) "
            f"is not in {book.folder}. Set TONGGUAN_RECORD=off on this machine, or name the folder that holds the "
            "record; if it was this one, put it back from its copy"
        )
    return list(notes[len(notes) - notes[::-1].index(row[0]) :])
