"""Declared corrections and the lake: what they match, whether their guards hold, what changed since the last run.

ledger.corrections gets a row whenever a correction, or the number of documents it matches, changed; the
newest row of each says what the stored lists and figures were computed with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from sources.corrections import Declared, Value, parse
from transforms.corrections import Correction
from warehouse import sql, touched
from warehouse.connection import Lake
from warehouse.errors import CorrectionError
from warehouse.links import LINKS
from warehouse.schema import document_table
from warehouse.window import LOOK_BACK

#: How far a business time may be moved, so that what belongs together is still found within the look-back.
FARTHEST = LOOK_BACK / 2
#: Status of a correction whose file is gone.
REMOVED = "removed"
_CURRENT = "QUALIFY row_number() OVER (PARTITION BY zone, correction_id ORDER BY applied_at DESC) = 1"


@dataclass(frozen=True)
class Found:
    """The stored documents a correction selects: how many, of which dates, in which batches.

    `other` counts, by column of its guard, those that do not hold what the guard says.
    """

    documents: int
    first: date | None
    last: date | None
    batches: tuple[str, ...]
    other: dict[str, int]


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

    Raises CorrectionError for an active one that cannot be used or whose guard does not hold.
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
    for id_ in old.keys() - new.keys():
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


def matches(con: duckdb.DuckDBPyConnection, zone: str, each: Declared) -> Found:
    """The stored documents the correction selects, all versions of them."""
    other = "".join(
        f", count(*) FILTER ({sql.name(column)} IS DISTINCT FROM {_literal(each, column, value)})"
        for column, value in each.holds.items()
    )
    row = con.execute(
        "SELECT count(*), min(business_date), max(business_date), "
        f"coalesce(list_sort(list(DISTINCT batch_id)), []){other} FROM {_selection(zone, each)}"
    ).fetchone()
    if row is None:
        raise AssertionError("an aggregate always has a row")
    documents, first, last, batches, *counts = row
    return Found(documents, first, last, tuple(batches), dict(zip(each.holds, counts, strict=True)))


def broken(each: Declared, found: Found) -> str | None:
    """What keeps the correction from being applied and what to do, as the rest of a sentence; else None."""
    links = LINKS.get(each.kind)
    identities = (*links.lists, *links.chain) if links else ()
    names = {column for one in identities if not one.items for column in one.columns}
    if linking := sorted(names & each.set.keys()):
        return (
            f"sets {', '.join(linking)}, by which documents find each other: drop the document instead and "
            "have it sent again"
        )
    if (day := each.moved_to) and not each.first - FARTHEST <= day <= each.last + FARTHEST:
        return (
            f"moves documents to {day}, more than {FARTHEST.days} days away from {each.first} to {each.last}: "
            "drop them instead and have them sent again"
        )
    found_text = f"{found.documents:,} match"
    mend = 'look at them, then mend select and expect, or set status = "withdrawn"'
    if each.documents is not None and each.documents != found.documents:
        return f"expects {each.documents:,} documents of {each.kind}, {found_text}: {mend}"
    if not found.documents:
        return f"expects documents of {each.kind}, none matches: {mend}"
    for column, count in found.other.items():
        if count:
            wanted = each.holds[column]
            return f"expects {column} to be {wanted} in all of them, {count:,} of {found_text} hold another value: {mend}"
    return None


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


def _selection(zone: str, each: Declared) -> str:
    """The documents selected, as a subquery that opens only the partitions of their dates."""
    tests = [
        f"{sql.name(column)} IN ({', '.join(_literal(each, column, value) for value in values)})"
        for column, values in each.fields.items()
    ]
    here = " AND ".join(
        [f"SELECT * FROM {document_table(each.contract)} WHERE zone = {sql.literal(zone)}", *tests]
    )
    dated = f"{here} AND business_date BETWEEN {sql.literal(each.first)} AND {sql.literal(each.last)}"
    return f"({dated} UNION ALL {here} AND business_date IS NULL)" if each.undated else f"({dated})"


def _tallies(zone: str, each: Declared) -> str:
    """Documents concerned by kind and business date, where they are and where an override puts them."""
    kind = f"SELECT {sql.literal(each.kind)} AS kind"
    rows = f"{kind}, business_date, count(*) AS rows FROM {_selection(zone, each)} GROUP BY 2"
    if each.moved_to is None:
        return rows
    moved = f"{kind}, {sql.literal(each.moved_to)} AS business_date, count(*) AS rows FROM {_selection(zone, each)}"
    return f"{rows} UNION ALL {moved}"


def _literal(each: Declared, column: str, value: Value) -> str:
    kind = each.contract.sql_columns[column]
    return f"CAST({sql.literal(str(value))} AS {kind})"
