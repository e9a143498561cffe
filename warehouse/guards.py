"""What a declared correction meets in the lake, and whether that is what it expects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from sources.corrections import Declared, Value
from warehouse import sql
from warehouse.links import LINKS
from warehouse.schema import document_table
from warehouse.window import LOOK_BACK

#: How far a business time may be moved, so that what belongs together is still found within the look-back.
FARTHEST = LOOK_BACK / 2


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


def matches(con: duckdb.DuckDBPyConnection, zone: str, each: Declared) -> Found:
    """The stored documents the correction selects, all versions of them."""
    other = "".join(
        f", count(*) FILTER ({sql.name(column)} IS DISTINCT FROM {_literal(each, column, value)})"
        for column, value in each.holds.items()
    )
    row = con.execute(
        "SELECT count(*), min(business_date), max(business_date), "
        f"coalesce(list_sort(list(DISTINCT batch_id)), []){other} FROM {selection(zone, each)}"
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


def selection(zone: str, each: Declared) -> str:
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


def _literal(each: Declared, column: str, value: Value) -> str:
    kind = each.contract.sql_columns[column]
    return f"CAST({sql.literal(str(value))} AS {kind})"
