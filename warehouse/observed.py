"""What the watch reads of the lake: documents by day, kind and source, lists by day, runs, publications.

Every query names its days: what it costs follows the days looked at, not the years kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from sources.contracts import CONTRACTS
from sources.zone_sources import INBOX
from warehouse import runs, sql
from warehouse.home import Home
from warehouse.schema import PROVISIONAL, document_table


@dataclass(frozen=True)
class LastRun:
    """The last run of a business date that has ended."""

    run_id: str
    business_date: date
    started_at: datetime
    finished_at: datetime
    outcome: str
    problems: tuple[str, ...]

    @property
    def stopped(self) -> bool:
        """Whether it stopped before its end."""
        return self.outcome == "stopped"


def kinds_by_day(
    con: duckdb.DuckDBPyConnection, zone: str, days: Collection[date]
) -> dict[date, frozenset[str]]:
    """Kinds with documents of each day."""
    rows = _of_days(
        con,
        "SELECT business_date, kind FROM wh.ledger.coverage WHERE documents > 0 AND {here}",
        zone,
        days,
    )
    found: dict[date, set[str]] = {}
    for day, kind in rows:
        found.setdefault(day, set()).add(kind)
    return {day: frozenset(kinds) for day, kinds in found.items()}


def kinds_by_source(
    con: duckdb.DuckDBPyConnection,
    zone: str,
    days: Collection[date],
    kinds: Iterable[str],
    declared: Collection[str],
) -> set[tuple[date, str, str]]:
    """(day, kind, source) of documents that came, new or repeated; a source that is not declared is the inbox."""
    found: set[tuple[date, str, str]] = set()
    for kind in sorted(set(kinds)):
        table = document_table(CONTRACTS[kind])
        rows = _of_days(
            con,
            "SELECT DISTINCT business_date, source FROM (SELECT business_date, file_hash "
            f"FROM {table} WHERE {{here}} UNION SELECT business_date, file_hash FROM wh.ledger.repeated_rows "
            f"WHERE kind = {sql.literal(kind)} AND {{here}}) "
            f"JOIN (SELECT file_hash, source FROM wh.ledger.files WHERE zone = {sql.literal(zone)}) USING (file_hash)",
            zone,
            days,
        )
        found |= {(day, kind, source if source in declared else INBOX) for day, source in rows}
    return found


def newest(con: duckdb.DuckDBPyConnection, zone: str, until: date) -> dict[str, date]:
    """The newest business date of each kind, of those up to `until`: a date misread as a later one is no newer data."""
    rows = con.execute(
        f"SELECT kind, max(business_date) FROM wh.ledger.coverage WHERE zone = {sql.literal(zone)} "
        f"AND documents > 0 AND business_date <= {sql.literal(until)} GROUP BY kind"
    ).fetchall()
    return dict(rows)


def lists_by_day(con: duckdb.DuckDBPyConnection, zone: str, first: date, last: date) -> dict[date, int]:
    """Customs lists of each day that has any."""
    rows = con.execute(
        f"SELECT business_date, sum(lists)::BIGINT FROM wh.core.partitions WHERE zone = {sql.literal(zone)} "
        f"AND business_date BETWEEN {sql.literal(first)} AND {sql.literal(last)} GROUP BY ALL"
    ).fetchall()
    return {day: int(lists) for day, lists in rows}


def published(con: duckdb.DuckDBPyConnection, zone: str, days: Collection[date]) -> set[date]:
    """Which of the days have final figures."""
    return {
        day
        for (day,) in _of_days(
            con,
            f"SELECT DISTINCT business_date FROM wh.vintages.published WHERE {PROVISIONAL} IS NOT true AND {{here}}",
            zone,
            days,
        )
    }


def set_aside(
    con: duckdb.DuckDBPyConnection, home: Home, zone: str, days: Collection[date]
) -> list[tuple[date, str, int, str]]:
    """(day, critical rule, documents, kinds) in quarantine.

    Undated documents count to the day of their run, and where that left no record, to the day they were set aside.
    """
    if not days:
        return []
    here = f"zone = {sql.literal(zone)}"
    listed = ", ".join(sql.literal(day) for day in sorted(set(days)))
    rows = con.execute(
        f"SELECT business_date, run_id, quarantined_at::DATE, kind, rules, count(*) FROM wh.quarantine.rows WHERE {here} "
        f"AND status <> 'accepted' AND (business_date IN ({listed}) OR business_date IS NULL) GROUP BY ALL"
    ).fetchall()
    dates: dict[str, date] = {}
    if any(day is None for day, *_ in rows):
        dates = {each["run_id"]: each["business_date"] for each in runs.unchanged(home)}
        dates |= dict(
            con.execute(f"SELECT run_id, business_date FROM wh.ledger.runs WHERE {here}").fetchall()
        )
    counted: dict[tuple[date, str], tuple[int, set[str]]] = {}
    for dated, run_id, set_aside_on, kind, rules, documents in rows:
        day = dated or dates.get(run_id, set_aside_on)
        if day is None or day not in days:
            continue
        for rule in rules:
            before, kinds = counted.get((day, rule), (0, set()))
            counted[day, rule] = (before + documents, kinds | {kind})
    return [
        (day, rule, documents, ", ".join(sorted(kinds)))
        for (day, rule), (documents, kinds) in sorted(counted.items())
    ]


def last_runs(con: duckdb.DuckDBPyConnection, home: Home, zone: str) -> dict[date, LastRun]:
    """The last run of every business date that was ever run: as they were recorded, whatever the clock was set to.

    Between a run of another machine and one of this home the clock decides.
    """
    rows = con.execute(
        "SELECT arg_max(run_id, rowid), business_date, arg_max(started_at, rowid), arg_max(finished_at, rowid), "
        f"arg_max(outcome, rowid), arg_max(problems, rowid) FROM wh.ledger.runs "
        f"WHERE zone = {sql.literal(zone)} GROUP BY business_date"
    ).fetchall()
    found = {row[1]: LastRun(row[0], row[1], row[2], row[3], row[4], tuple(row[5] or ())) for row in rows}
    place = runs.ended(home)
    for each in runs.unchanged(home):
        before = found.get(each["business_date"])
        if each["zone"] == zone and (before is None or _follows(each, before, place)):
            found[each["business_date"]] = LastRun(
                each["run_id"],
                each["business_date"],
                each["started_at"],
                each["finished_at"],
                each["outcome"],
                tuple(each["problems"]),
            )
    return found


def _follows(line: Mapping[str, Any], before: LastRun, place: Mapping[str, int]) -> bool:
    """Whether a run of this home ended after another."""
    if before.run_id in place:
        return place[line["run_id"]] > place[before.run_id]
    return bool(line["started_at"] > before.started_at)


def newest_from(
    con: duckdb.DuckDBPyConnection,
    zone: str,
    kind: str,
    source: str,
    declared: Collection[str],
    days: Collection[date],
) -> date | None:
    """The newest business date of a kind from one source, of the days given."""
    return max(
        (day for day, _, origin in kinds_by_source(con, zone, days, [kind], declared) if origin == source),
        default=None,
    )


def _of_days(
    con: duckdb.DuckDBPyConnection, query: str, zone: str, days: Collection[date]
) -> list[tuple[Any, ...]]:
    if not days:
        return []
    listed = ", ".join(sql.literal(day) for day in sorted(set(days)))
    here = f"zone = {sql.literal(zone)} AND business_date IN ({listed})"
    return con.execute(query.format(here=here)).fetchall()
