"""The book of alerts: what is wrong, from when it was found to when it no longer held.

An alert is one episode. Finding the same again changes nothing and leaves no snapshot; what is judged and no
longer found is resolved with its time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

import duckdb

from warehouse import sql
from warehouse.connection import Lake
from warehouse.tables import ALERTS

#: What can be wrong, each kind with its meaning; Prefect events bear these names (docs/operations/watching.md).
KINDS: dict[str, str] = {
    "missing_delivery": "documents that must be there of a data date are not",
    "volume_out_of_band": "a day has far more or far fewer lists than the zone's own days of its type",
    "critical_rule_failed": "documents of a day were set aside by a critical rule",
    "invariant_broken": "what must add up did not, or a check itself broke; nothing was committed",
    "run_stopped": "the last run for a day stopped before its end",
    "run_stuck": "a run began and left no end",
    "nothing_happened": "a day is due and was not run, brought no documents, or was not published",
    "stale_data": "the newest data date lies two or more expected days behind",
    "calendar_unknown": "nobody has stated the holidays of a year",
    "zone_file_wrong": "the file of a zone cannot be used, so that no run of it can begin",
    "record_not_verified": "log, catalog and data files are not what was recorded and signed",
}
#: A zone has one of these at a time for a subject, whatever day it began with.
LASTING = frozenset({"run_stuck", "stale_data", "calendar_unknown", "zone_file_wrong", "record_not_verified"})


@dataclass(frozen=True)
class Finding:
    """Something wrong as a check sees it now."""

    kind: str
    business_date: date
    subject: str
    sentence: str
    details: str | None = None

    @property
    def key(self) -> tuple[str, str, date | None]:
        """What makes two findings the same alert."""
        return self.kind, self.subject, None if self.kind in LASTING else self.business_date


@dataclass(frozen=True)
class Alert:
    """One row of alerts.alerts."""

    zone: str
    business_date: date
    kind: str
    subject: str
    sentence: str
    details: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    run_id: str

    @property
    def key(self) -> tuple[str, str, date | None]:
        """As of a finding."""
        return Finding(self.kind, self.business_date, self.subject, "").key

    def as_record(self) -> dict[str, Any]:
        """For tables, JSON and events."""
        return asdict(self)


#: Whether a kind was judged for a day; what was not judged is neither found nor resolved.
Judged = Callable[[str, date], bool]


@dataclass(frozen=True)
class Change:
    """What a look changed: alerts that are new, and those that no longer hold."""

    new: tuple[Alert, ...] = ()
    resolved: tuple[Alert, ...] = ()

    @property
    def all(self) -> tuple[Alert, ...]:
        """Both."""
        return self.new + self.resolved


def standing(con: duckdb.DuckDBPyConnection, zone: str) -> list[Alert]:
    """Alerts of a zone that still hold, oldest first."""
    return read(con, f"zone = {sql.literal(zone)} AND resolved_at IS NULL")


def zones(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Zones of which an alert stands."""
    rows = con.execute(f"SELECT DISTINCT zone FROM {ALERTS.qualified} WHERE resolved_at IS NULL").fetchall()
    return {zone for (zone,) in rows}


def read(con: duckdb.DuckDBPyConnection, where: str) -> list[Alert]:
    """Alerts by a condition, oldest first."""
    columns = ", ".join(name for name, _, _ in ALERTS.columns)
    rows = con.execute(
        f"SELECT {columns} FROM {ALERTS.qualified} WHERE {where} ORDER BY first_seen_at, business_date, kind, subject"
    ).fetchall()
    return [Alert(*row) for row in rows]


def compare(
    zone: str, before: Sequence[Alert], found: Sequence[Finding], judged: Judged, run_id: str, at: datetime
) -> tuple[Change, tuple[Alert, ...]]:
    """What is new and what is resolved, and the alerts that hold on but with another sentence."""
    open_by_key = {each.key: each for each in before}
    found_by_key = {each.key: each for each in found}
    new = [
        Alert(
            zone,
            each.business_date,
            each.kind,
            each.subject,
            each.sentence,
            each.details,
            at,
            at,
            None,
            run_id,
        )
        for key, each in found_by_key.items()
        if key not in open_by_key
    ]
    resolved, retold = [], []
    for key, alert in open_by_key.items():
        again = found_by_key.get(key)
        if again is None:
            if judged(alert.kind, alert.business_date):
                ended = max(at, alert.last_seen_at)  # a clock that was set back ends nothing before it began
                resolved.append(replace(alert, last_seen_at=ended, resolved_at=ended))
        elif (again.sentence, again.details) != (alert.sentence, alert.details):
            retold.append(replace(alert, sentence=again.sentence, details=again.details, last_seen_at=at))
    return Change(tuple(new), tuple(resolved)), tuple(retold)


def keep(
    lake: Lake, zone: str, found: Sequence[Finding], judged: Judged, run_id: str, at: datetime
) -> Change:
    """Bring the book up to date in one commit, none where nothing changed; returns what is new and resolved."""

    def work(con: duckdb.DuckDBPyConnection) -> Change:
        change, retold = compare(zone, standing(con, zone), found, judged, run_id, at)
        for each in change.new:
            con.execute(f"INSERT INTO {ALERTS.qualified} VALUES ({_values(each)})")
        for each in (*change.resolved, *retold):
            con.execute(
                f"UPDATE {ALERTS.qualified} SET sentence = {sql.literal(each.sentence)}, "
                f"details = {sql.literal(each.details)}, last_seen_at = {sql.literal(each.last_seen_at)}, "
                f"resolved_at = {sql.literal(each.resolved_at)} WHERE zone = {sql.literal(zone)} "
                f"AND kind = {sql.literal(each.kind)} AND subject = {sql.literal(each.subject)} "
                f"AND business_date = {sql.literal(each.business_date)} AND resolved_at IS NULL"
            )
        return change

    return lake.commit("tongguan", f"{zone}: alerts", run_id, work)


def _values(alert: Alert) -> str:
    return ", ".join(sql.literal(value) for value in asdict(alert).values())
