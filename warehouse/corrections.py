"""Declared corrections and the lake: what is in force, what changed since the last run, what is kept of it.

ledger.corrections gets a row whenever a correction, or the number of documents it matches, changed; the
newest row of each says what the stored lists and figures were computed with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from sources.corrections import Declared, parse
from sources.zone import zones_folder
from transforms.corrections import Correction
from warehouse import sql, touched
from warehouse.connection import Lake
from warehouse.errors import CorrectionError
from warehouse.guards import broken, matches, selection

#: Status of a correction whose file is gone.
REMOVED = "removed"
_CURRENT = "QUALIFY row_number() OVER (PARTITION BY zone, correction_id ORDER BY applied_at DESC) = 1"


@dataclass(frozen=True)
class Row:
    """What ledger.corrections says of a correction."""

    declared: Declared
    status: str
    documents: int
    first: date | None
    last: date | None

    @property
    def effect(self) -> tuple[Any, ...] | None:
        """What it does to figures; None where it does nothing to them."""
        return None if self.status == REMOVED else self.declared.effect

    @property
    def content(self) -> tuple[str, str, int]:
        """What makes a new row worth keeping."""
        return self.declared.text, self.status, self.documents


@dataclass(frozen=True)
class Change:
    """What a run does about corrections.

    `before` and `after`: those in force until now and from now on. `batches`: hold the documents concerned,
    where lists made of them are stored already and must be computed again. `rows`: news for
    ledger.corrections. `moved`: what changed in effect, in its old and its new form.
    """

    before: tuple[Correction, ...]
    after: tuple[Correction, ...]
    batches: tuple[str, ...]
    rows: tuple[Row, ...]
    moved: tuple[Declared, ...]


def change(lake: Lake, zone: str, declared: Sequence[Declared]) -> Change:
    """What is new about the corrections of a zone since the last run.

    Raises CorrectionError for an active one that cannot be used or whose guard does not hold, and where the file of
    one that is in force is gone: a machine that was set up without it must not bring the figures of before back.
    """
    found = {each.id: matches(lake.con, zone, each) for each in declared}
    for each in declared:
        if each.status == "active" and (problem := broken(each, found[each.id])):
            raise CorrectionError(f"{each.file}: correction {each.id!r} {problem}")
    old = _kept(lake.con, zone)
    new = {
        each.id: Row(each, each.status, (at := found[each.id]).documents, at.first, at.last)
        for each in declared
    }
    for id_ in sorted(old.keys() - new.keys()):
        if old[id_].status == "active":
            raise CorrectionError(lost(id_, old[id_].declared.file))
        each = old[id_].declared
        at = matches(lake.con, zone, each)
        new[id_] = Row(each, REMOVED, at.documents, at.first, at.last)
    rows = [row for id_, row in sorted(new.items()) if id_ not in old or old[id_].content != row.content]
    moved = [
        form.declared
        for row in rows
        if (before := old.get(row.declared.id)) is None or before.effect != row.effect
        for form in (before, row)
        if form is not None and form.effect is not None
    ]
    batches = sorted({batch for each in moved for batch in matches(lake.con, zone, each).batches})
    again = _linked(lake.con, zone, batches)
    after = _in_force(new.values())
    return Change(
        _in_force(old.values()) if again else after,
        after,
        tuple(batches) if again else (),
        tuple(rows),
        tuple(moved),
    )


def lost(id_: str, file: str) -> str:
    """What to do about a correction in force whose file is gone."""
    return (
        f"{zones_folder() / file} is not there, and correction {id_!r} is in force: put the file back (backup, or its text "
        "in ledger.corrections), or let TONGGUAN_ZONES name the folder with the zone files and corrections. To end it, "
        'put it back with status = "withdrawn"'
    )


def keep(lake: Lake, zone: str, run_id: str, at: datetime, change: Change) -> None:
    """Keep what is new, and note the published dates whose figures read documents concerned directly."""
    if not change.rows:
        return

    def work(con: duckdb.DuckDBPyConnection) -> None:
        for row in change.rows:
            each = row.declared
            values = ", ".join(
                sql.literal(value)
                for value in (
                    *(zone, each.id, each.file, each.action, each.kind, row.status, each.reason),
                    *(each.reporter, each.reported, str(row.documents), row.first, row.last),
                    *(each.text, at, run_id),
                )
            )
            con.execute(f"INSERT INTO wh.ledger.corrections VALUES ({values})")
        if change.moved:
            tallies = " UNION ALL ".join(_tallies(zone, each) for each in change.moved)
            touched.note_documents(con, zone, run_id, touched.CORRECTION, f"({tallies})")

    lake.commit("tongguan", f"{zone}: corrections", run_id, work)


def in_force(lake: Lake, zone: str) -> tuple[Correction, ...]:
    """The corrections that stored lists and figures are computed with."""
    return _in_force(_kept(lake.con, zone).values())


def records(con: duckdb.DuckDBPyConnection, zone: str) -> list[dict[str, Any]]:
    """The newest row of every correction, as shown to people."""
    columns = (
        "correction_id, status, action, kind, documents, first_date, last_date, reason, reporter, reported, "
        "file, applied_at, run_id"
    )
    result = con.execute(
        f"SELECT {columns} FROM wh.ledger.corrections WHERE zone = {sql.literal(zone)} {_CURRENT} "
        "ORDER BY correction_id"
    )
    return [dict(zip(columns.split(", "), row, strict=True)) for row in result.fetchall()]


def sentences(con: duckdb.DuckDBPyConnection, zone: str) -> list[str]:
    """What corrections are in force, for the day's report."""
    done = {"drop": "leaves out", "override": "mends", "flag": "marks"}
    return [
        f"{each['correction_id']} {done[each['action']]} {each['documents']:,} documents of {each['kind']}: "
        f"{each['reason']} ({each['reporter']}, {each['reported']})"
        for each in records(con, zone)
        if each["status"] == "active"
    ]


def changed_by(con: duckdb.DuckDBPyConnection, run_id: str) -> bool:
    """Whether the run took up, changed or withdrew any."""
    row = con.execute(
        f"SELECT count(*) FROM wh.ledger.corrections WHERE run_id = {sql.literal(run_id)}"
    ).fetchone()
    return row is not None and row[0] > 0


def _in_force(rows: Iterable[Row]) -> tuple[Correction, ...]:
    chosen = sorted((row.declared for row in rows if row.effect is not None), key=lambda each: each.id)
    return tuple(
        Correction(
            table=each.contract.table,
            first=each.first,
            last=each.last,
            undated=each.undated,
            fields=each.fields,
            values=each.set if each.action == "override" else None,
        )
        for each in chosen
    )


def _kept(con: duckdb.DuckDBPyConnection, zone: str) -> dict[str, Row]:
    rows = con.execute(
        "SELECT correction_id, file, definition, status, documents, first_date, last_date "
        f"FROM wh.ledger.corrections WHERE zone = {sql.literal(zone)} {_CURRENT}"
    ).fetchall()
    return {
        id_: Row(parse(text, zone, f"{id_}.toml", f"{file} (as kept in ledger.corrections)"), *rest)
        for id_, file, text, *rest in rows
    }


def _linked(con: duckdb.DuckDBPyConnection, zone: str, batches: Sequence[str]) -> bool:
    """Whether documents of any of the batches are in stored lists."""
    row = con.execute(
        f"SELECT count(*) FROM wh.ledger.batches WHERE zone = {sql.literal(zone)} AND linked_at IS NOT NULL "
        f"AND list_contains({sql.literals(batches)}::VARCHAR[], batch_id)"
    ).fetchone()
    return row is not None and row[0] > 0


def _tallies(zone: str, each: Declared) -> str:
    """Documents concerned by kind and business date, where they are and where an override puts them."""
    kind = f"SELECT {sql.literal(each.kind)} AS kind"
    rows = f"{kind}, business_date, count(*) AS rows FROM {selection(zone, each)} GROUP BY 2"
    if each.moved_to is None:
        return rows
    moved = f"{kind}, {sql.literal(each.moved_to)} AS business_date, count(*) AS rows FROM {selection(zone, each)}"
    return f"{rows} UNION ALL {moved}"
