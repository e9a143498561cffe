"""The book of backfills: who asked for which days and why, what became of each day, what need not be done again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from warehouse import sql
from warehouse.connection import Lake

DONE = "done"
FAILED = "failed"
SKIPPED = "skipped"


@dataclass(frozen=True)
class Asked:
    """Who asked for which days of a zone, and why."""

    backfill_id: str
    zone: str
    first: date
    last: date
    inbox: str
    asked_by: str
    reason: str | None
    started_at: datetime  # local Beijing time

    @property
    def days(self) -> int:
        """Days of the range."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class DayOutcome:
    """What became of one day. `sentence`: why it failed; `run_id`: its run, where it had one."""

    day: date
    outcome: str  # DONE, FAILED or SKIPPED
    sentence: str | None = None
    fingerprint: str | None = None
    run_id: str | None = None


def done_before(lake: Lake, zone: str) -> dict[date, str]:
    """The fingerprint with which each day of a zone was last done; a day that failed since is not in it."""
    rows = lake.con.execute(
        "SELECT business_date, arg_max(fingerprint, noted_at) AS fingerprint FROM wh.ledger.backfill_days "
        f"WHERE zone = {sql.literal(zone)} GROUP BY 1 HAVING arg_max(outcome, noted_at) = {sql.literal(DONE)}"
    ).fetchall()
    return dict(rows)


def begin(lake: Lake, asked: Asked) -> None:
    """Enter a backfill as running; what still stands as running for the zone was interrupted.

    The caller holds the zone's backfill lock, so that nothing else can be running.
    """
    values = ", ".join(
        sql.literal(each)
        for each in (
            *(asked.backfill_id, asked.zone, asked.first, asked.last, asked.reason, asked.asked_by),
            *(asked.inbox, asked.started_at, None, "running"),
        )
    )

    def work(con: duckdb.DuckDBPyConnection) -> None:
        con.execute(
            f"UPDATE wh.ledger.backfills SET outcome = 'interrupted', finished_at = {sql.literal(asked.started_at)} "
            f"WHERE zone = {sql.literal(asked.zone)} AND finished_at IS NULL"
        )
        con.execute(f"INSERT INTO wh.ledger.backfills VALUES ({values}, {asked.days}, 0, 0, 0)")

    lake.commit("tongguan", f"{asked.zone}: backfill {_range(asked)} begun", asked.backfill_id, work)


def note(lake: Lake, asked: Asked, days: Sequence[DayOutcome], at: datetime) -> None:
    """Enter what became of days, in one commit; skipped ones leave no row."""
    rows = ", ".join(
        "("
        + ", ".join(
            sql.literal(value)
            for value in (
                *(asked.backfill_id, asked.zone, each.day, each.outcome),
                *(each.sentence, each.fingerprint, each.run_id, at),
            )
        )
        + ")"
        for each in days
        if each.outcome != SKIPPED
    )
    if not rows:
        return
    message = f"{asked.zone}: backfill of {', '.join(f'{each.day} {each.outcome}' for each in days)}"

    def work(con: duckdb.DuckDBPyConnection) -> None:
        con.execute(f"INSERT INTO wh.ledger.backfill_days VALUES {rows}")

    lake.commit("tongguan", message, asked.backfill_id, work)


def finish(lake: Lake, asked: Asked, days: Sequence[DayOutcome], outcome: str, at: datetime) -> None:
    """Enter the end of a backfill with its counts of days."""
    counts = Counter(each.outcome for each in days)

    def work(con: duckdb.DuckDBPyConnection) -> None:
        con.execute(
            f"UPDATE wh.ledger.backfills SET outcome = {sql.literal(outcome)}, finished_at = {sql.literal(at)}, "
            f"days_done = {counts[DONE]}, days_failed = {counts[FAILED]}, days_skipped = {counts[SKIPPED]} "
            f"WHERE backfill_id = {sql.literal(asked.backfill_id)}"
        )

    lake.commit("tongguan", f"{asked.zone}: backfill {_range(asked)} {outcome}", asked.backfill_id, work)


def batches(lake: Lake, zone: str) -> int:
    """How many batches of documents are stored for a zone: where it grew, comparisons with stored ones aged."""
    row = lake.con.execute(
        f"SELECT count(*) FROM wh.ledger.batches WHERE zone = {sql.literal(zone)}"
    ).fetchone()
    return int(row[0]) if row else 0


def _range(asked: Asked) -> str:
    return f"{asked.first} to {asked.last}"
