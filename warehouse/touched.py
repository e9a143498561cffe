"""Dates whose stored rows changed after they were published: to restate, or too old and listed.

Noted in the transaction that changes the rows, settled in the one that publishes: no change is lost
between the two, whatever stops in between. Dates never published need no note, since their first
publication reads everything there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import duckdb

from sources.contracts import CONTRACTS
from transforms.families import FAMILIES
from transforms.measures import DEFINITION_VERSION
from warehouse import sql

#: Why a date has a vintage; where several hold, the first in this order is told.
FIRST = "publication"
PROVISIONAL = "provisional"
FINAL = "final"  # the first vintage that is not provisional, after ones that were
METHOD = "method"  # other definitions, or lists made anew: the rates or formulas of today, no new documents
CORRECTION = "correction"
LATE_DATA = "late data"

#: How many days before and after its own date a document of a kind counts in figures without a list: those
#: of families that read its table themselves, and its own date (timeliness and quality).
READ_DIRECTLY: dict[str, tuple[int, int]] = {
    kind: (max(each.after for each in reads), max(each.before for each in reads)) if reads else (0, 0)
    for kind, contract in CONTRACTS.items()
    for reads in [
        [each for family in FAMILIES for each in family.reads if each.table == f"documents.{contract.table}"]
    ]
}


#: Documents of the commit under way: stored ones and those set aside (temporary tables of the ledger).
STORED_NOW = (
    "(SELECT kind, business_date, rows FROM stored_tallies UNION ALL "
    "SELECT kind, business_date, 1 FROM quarantined_now)"
)


def note(con: duckdb.DuckDBPyConnection, zone: str, run_id: str, days: str, reason: str = LATE_DATA) -> None:
    """Note the dates of a query (business_date, lists, documents); `reason` is LATE_DATA, CORRECTION or METHOD.

    To be called inside the transaction that changes the rows.
    """
    con.execute(
        "INSERT INTO wh.ledger.touched_dates BY NAME "
        f"SELECT {sql.literal(zone)} AS zone, business_date, {sql.literal(run_id)} AS run_id, "
        f"{sql.literal(reason)} AS reason, lists, documents "
        f"FROM ({days}) WHERE business_date IS NOT NULL ORDER BY business_date"
    )


def note_documents(
    con: duckdb.DuckDBPyConnection,
    zone: str,
    run_id: str,
    reason: str = LATE_DATA,
    tallies: str = STORED_NOW,
) -> None:
    """Note the published dates whose figures read a document just stored or set aside, or of other `tallies`.

    `tallies` is a table or subquery (kind, business_date, rows).
    """
    reach = ", ".join(
        f"({sql.literal(kind)}, {before}, {after})" for kind, (before, after) in READ_DIRECTLY.items()
    )
    note(
        con,
        zone,
        run_id,
        "SELECT p.business_date, 0 AS lists, sum(s.rows)::BIGINT AS documents "
        f"FROM {tallies} s JOIN (VALUES {reach}) r (kind, before, after) USING (kind) "
        f"JOIN (SELECT DISTINCT business_date FROM {_published(zone)}) p "
        "ON p.business_date BETWEEN s.business_date - r.before AND s.business_date + r.after GROUP BY 1",
        reason,
    )


def pending(con: duckdb.DuckDBPyConnection, zone: str) -> dict[date, str]:
    """Dates that wait to be looked at, each with its reason."""
    return _reasons(con, f"(FROM wh.ledger.touched_dates WHERE zone = {sql.literal(zone)})")


def reasons(con: duckdb.DuckDBPyConnection, zone: str) -> dict[date, str]:
    """Why dates would be restated now: those that wait, and those listed as out of window.

    The latter wait for nobody: only a run that is told to looks at them, and would find no note of why.
    """
    here = f"zone = {sql.literal(zone)}"
    return _reasons(
        con,
        f"(SELECT business_date, reason FROM wh.ledger.touched_dates WHERE {here} UNION ALL "
        f"SELECT business_date, reason FROM wh.ledger.out_of_window WHERE {here} AND restated_at IS NULL)",
    )


def _reasons(con: duckdb.DuckDBPyConnection, notes: str) -> dict[date, str]:
    rows = con.execute(
        f"SELECT business_date, list(DISTINCT reason) FROM {notes} WHERE business_date IS NOT NULL GROUP BY 1"
    ).fetchall()
    return {
        day: next((each for each in (METHOD, CORRECTION) if each in found), LATE_DATA) for day, found in rows
    }


def made_anew(con: duckdb.DuckDBPyConnection, zone: str, but_for: date) -> set[date]:
    """Published dates that wait because lists were made anew without new documents, another date excepted."""
    rows = con.execute(f"SELECT DISTINCT business_date FROM {_published(zone)}").fetchall()
    waiting_for = {day for day, reason in pending(con, zone).items() if reason == METHOD}
    return waiting_for & {day for (day,) in rows} - {but_for}


def reason(day: date, made_with: str, noted: Mapping[date, str]) -> str:
    """Why a date gets another vintage; `made_with` is the definition version of its newest one."""
    return METHOD if made_with != DEFINITION_VERSION else noted.get(day, LATE_DATA)


def settle(
    con: duckdb.DuckDBPyConnection, zone: str, dates: Sequence[date], since: date | None, at: datetime
) -> None:
    """Close what publishing `dates` answers; list what lies before `since` in ledger.out_of_window.

    What is neither stays noted. Nothing to close leaves the tables as they are.
    """
    here = f"zone = {sql.literal(zone)}"
    looked_at = f"business_date IN ({', '.join(sql.literal(day) for day in sorted(set(dates)))})"
    con.execute(
        f"UPDATE wh.ledger.out_of_window SET restated_at = {sql.literal(at)} "
        f"WHERE {here} AND {looked_at} AND restated_at IS NULL"
    )
    unpublished = f"business_date NOT IN (FROM {_published(zone)})"
    con.execute(f"DELETE FROM wh.ledger.touched_dates WHERE {here} AND ({looked_at} OR {unpublished})")
    if since is None:
        return
    too_old = f"{here} AND business_date < {sql.literal(since)}"
    con.execute(
        "INSERT INTO wh.ledger.out_of_window BY NAME "
        "SELECT zone, business_date, run_id, reason, sum(lists)::BIGINT AS lists, "
        f"sum(documents)::BIGINT AS documents, {sql.literal(at)} AS noted_at "
        f"FROM wh.ledger.touched_dates WHERE {too_old} GROUP BY ALL ORDER BY ALL"
    )
    con.execute(f"DELETE FROM wh.ledger.touched_dates WHERE {too_old}")


def waiting(con: duckdb.DuckDBPyConnection, zone: str) -> list[date]:
    """Dates listed as out of window and not restated since, in order."""
    rows = con.execute(
        "SELECT DISTINCT business_date FROM wh.ledger.out_of_window "
        f"WHERE zone = {sql.literal(zone)} AND restated_at IS NULL ORDER BY 1"
    ).fetchall()
    return [day for (day,) in rows]


def sentence(days: Iterable[date], zone: str) -> str | None:
    """For the day's report; None where nothing waits."""
    listed = [day.isoformat() for day in days]
    if not listed:
        return None
    more = f" and {len(listed) - 10} more" if len(listed) > 10 else ""
    return (
        f"{len(listed)} published dates lie before the look-back, have new data and are not restated: "
        f"{', '.join(listed[:10])}{more} (ledger.out_of_window); "
        f"restate one with `tongguan run --zone {zone} --date {listed[0]}`"
    )


def _published(zone: str) -> str:
    return f"(SELECT business_date FROM wh.vintages.published WHERE zone = {sql.literal(zone)})"
