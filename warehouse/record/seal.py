"""Sealing: append the commits since the last seal to the log and sign a checkpoint over all of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from warehouse import sql
from warehouse.connection import Lake
from warehouse.errors import RecordError
from warehouse.record.book import HASH_BYTES, Book, append, canonical, cut_back
from warehouse.record.commits import SEALER, entries
from warehouse.record.merkle import Tree, leaf_hash
from warehouse.record.note import Checkpoint, public_text, signed, signing_key

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
    that is ahead, never one that is behind. Nothing new adds nothing. Raises RecordError where the log has
    lost entries that were sealed, or another log than this one was sealed last; SigningKeyError.
    """
    book = Book.of(lake.home)
    book.folder.mkdir(exist_ok=True)
    leaves = book.leaves()
    last = book.last()
    if last and last["index"] >= len(leaves):
        cut_back(book, len(leaves))
        last = book.last()
    if (last["index"] + 1 if last else 0) != len(leaves):
        raise RecordError(
            f"the log in {book.folder} lacks entries that were sealed: {len(leaves)} were, it ends with number "
            f"{last['index'] if last else 'none'}. Run `tongguan verify` and put the folder back from its copy"
        )
    _sole(lake, book)
    key = signing_key(lake.home)
    new = [canonical(each) for each in entries(lake, len(leaves), last)]
    if not new:
        return Sealed(0, len(leaves))
    hashes = [leaf_hash(each) for each in new]
    root = Tree([*leaves, *hashes]).root()
    checkpoint = Checkpoint(len(leaves) + len(new), root, day)
    note = signed(checkpoint, key)
    if not book.public.exists():
        append(book.public, public_text(key.public_key()).encode())
    append(book.entries, b"".join(each + b"\n" for each in new))
    append(book.hashes, b"".join(hashes))
    assert all(len(each) == HASH_BYTES for each in hashes)
    append(book.checkpoints, json.dumps(note, ensure_ascii=False).encode() + b"\n")

    def work(con: duckdb.DuckDBPyConnection) -> None:
        con.execute(
            f"INSERT INTO wh.ledger.checkpoints VALUES ({sql.literal(day)}, {checkpoint.size}, "
            f"{sql.literal(root.hex())}, {sql.literal(note)}, {sql.literal(at)}, {sql.literal(run_id)})"
        )

    lake.commit(SEALER, f"checkpoint of {day} over {checkpoint.size} commits", run_id, work)
    return Sealed(len(new), checkpoint.size)


def _sole(lake: Lake, book: Book) -> None:
    """One lake has one log: the newest checkpoint the catalog knows must be of this one."""
    row = lake.con.execute(
        "SELECT note, day, size FROM wh.ledger.checkpoints ORDER BY size DESC, sealed_at DESC LIMIT 1"
    ).fetchone()
    if row and row[0] not in book.notes():
        raise RecordError(
            f"the record of this warehouse is kept elsewhere: its last checkpoint (day {row[1]}, {row[2]} commits) "
            f"is not in {book.folder}. Set TONGGUAN_RECORD=off on this machine, or name the folder that holds the "
            "record; if it was this one, put it back from its copy"
        )
