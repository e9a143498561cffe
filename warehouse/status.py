"""How a warehouse stands: coverage by day and kind, gaps, quarantine, last runs; as plain records."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sources.zone import Zone, ZoneError
from sources.zone_deliveries import LOOK_BACK_DAYS
from warehouse import alerts, corrections, running, runs, sql, watching
from warehouse.alerts import LASTING, Alert, Finding
from warehouse.connection import Lake
from warehouse.home import Home

RUNS_SHOWN = 10


def status(home: Home, zone: str | None = None, *, moment: datetime) -> list[dict[str, Any]]:
    """One record a zone (all that are known, or the one named):

    `coverage`: (business_date, kind, documents, files, first_document_at, last_document_at, last_loaded_at);
    `gaps`: sentences, one a day between the first and the last that misses a kind the zone expects;
    `quarantine`: (kind, rule, rows) still open; `files` by status; `runs`: the last ones, newest first;
    `corrections`: the declared ones as the last run took them up; `published`: dates with their newest vintage;
    `watch`: what stands as of `moment` (local Beijing time), see `_watch`.
    """
    with Lake.read(home) as lake:
        zones = [zone] if zone else _zones(lake, home)
        return [{**_of(lake, home, each), "watch": _watch(lake, home, each, moment)} for each in zones]


def watched(lake: Lake, home: Home, zone: str, moment: datetime, seen: watching.Seen) -> dict[str, Any]:
    """The record of one zone as `status` gives it, for the status page, from a look taken already where it fits."""
    return {**_of(lake, home, zone), "watch": _watch(lake, home, zone, moment, seen)}


def known_zones(home: Home) -> list[str]:
    """Zones that have files, were ever run, or have an alert that stands."""
    with Lake.read(home) as lake:
        return _zones(lake, home)


def _zones(lake: Lake, home: Home) -> list[str]:
    rows = lake.con.execute("SELECT DISTINCT zone FROM wh.ledger.files").fetchall()
    begun = {each.zone for each in running.marks(home)}
    begun |= {each["zone"] for each in runs.unchanged(home)}
    return sorted({name for (name,) in rows} | begun | alerts.zones(lake.con))


def _watch(
    lake: Lake, home: Home, name: str, moment: datetime, seen: watching.Seen | None = None
) -> dict[str, Any]:
    """How a zone stands as of a moment.

    `red`; `due`: the business date that must have been run, `next_due` and `next_due_at`; `alerts`: what is
    wrong now, whether a run or watchdog has noted it (`first_seen_at`) or not yet (null), `old` where the day
    lies too far back to be red; `freshness`; `missing`: deliveries; `volume`; `last_run` with
    `days_behind` by data date; `running`.
    """
    deliveries = watching.deliveries_of(name)
    due = max(deliveries.due_date(moment), seen.due if seen else date.min)
    if seen is None or seen.due != due:
        seen = watching.look_at(lake, home, name, due, moment)
    standing = {each.key: each for each in alerts.standing(lake.con, name)}
    found = {each.key: each for each in seen.findings}
    shown = [
        _alert(key, found.get(key), standing.get(key), due)
        for key in {**standing, **found}
        if key in found or not seen.judged(standing[key].kind, standing[key].business_date)
    ]
    following, at = deliveries.next_due(moment)
    run = seen.last_run
    return {
        "red": any(not each["old"] for each in shown),
        "due": due,
        "next_due": following,
        "next_due_at": at,
        "alerts": sorted(
            shown, key=lambda each: (each["old"], -each["business_date"].toordinal(), each["kind"])
        ),
        "freshness": [asdict(each) for each in seen.freshness],
        "missing": [each["sentence"] for each in shown if each["kind"] == "missing_delivery"],
        "volume": asdict(seen.volume) if seen.volume else None,
        "last_run": {**asdict(run), "days_behind": max(0, (due - run.business_date).days)} if run else None,
        "running": [asdict(each) for each in seen.running],
    }


def _alert(
    key: tuple[str, str, date | None], finding: Finding | None, alert: Alert | None, due: date
) -> dict[str, Any]:
    day = alert.business_date if alert else finding.business_date if finding else due
    return {
        "business_date": day,
        "kind": key[0],
        "subject": key[1],
        "sentence": finding.sentence if finding else alert.sentence if alert else "",
        "first_seen_at": alert.first_seen_at if alert else None,
        "old": (due - day).days >= LOOK_BACK_DAYS and key[0] not in LASTING,
    }


def _of(lake: Lake, home: Home, zone: str) -> dict[str, Any]:
    here = f"zone = {sql.literal(zone)}"
    coverage = _records(
        lake,
        "SELECT business_date, kind, documents, files, first_document_at, last_document_at, last_loaded_at "
        f"FROM wh.ledger.coverage WHERE {here} ORDER BY business_date NULLS LAST, kind",
    )
    return {
        "zone": zone,
        "coverage": coverage,
        "gaps": _gaps(zone, coverage),
        "quarantine": _records(
            lake,
            "SELECT kind, rule, count(*) AS rows FROM (SELECT kind, unnest(rules) AS rule FROM wh.quarantine.rows "
            f"WHERE {here} AND status <> 'accepted') GROUP BY ALL ORDER BY kind, rule",
        ),
        "files": _records(
            lake,
            "SELECT status, count(*) AS files, sum(rows_read)::BIGINT AS rows_read, "
            "sum(rows_quarantined)::BIGINT AS rows_quarantined "
            f"FROM wh.ledger.files WHERE {here} GROUP BY ALL ORDER BY status",
        ),
        "corrections": corrections.records(lake.con, zone),
        "runs": _runs(lake, home, zone),
        "published": _records(
            lake,
            "SELECT business_date, max(vintage) AS vintage, max(published_at) AS published_at, "
            "arg_max(coalesce(provisional, false), vintage) AS provisional "
            f"FROM wh.vintages.published WHERE {here} GROUP BY ALL ORDER BY business_date",
        ),
    }


def expecting(zone: Zone) -> Callable[[date], Sequence[str]]:
    """Which kinds the zone expects of a day, whenever they are due."""
    return lambda day: zone.deliveries.kinds(day, date.max, zone.calendar)


def _gaps(zone: str, coverage: Sequence[dict[str, Any]]) -> list[str]:
    try:
        return gaps(coverage, expecting(Zone.load(zone)))
    except ZoneError as error:
        return [f"which documents are missing cannot be told: {error}"]


def gaps(coverage: Sequence[dict[str, Any]], expected: Callable[[date], Sequence[str]]) -> list[str]:
    """Sentences for the days between the first and the last loaded that miss a kind expected of them."""
    seen: dict[date, set[str]] = {}
    for row in coverage:
        if row["business_date"] is not None and row["documents"]:
            seen.setdefault(row["business_date"], set()).add(row["kind"])
    if not seen:
        return ["no documents at all"]
    found = []
    day = min(seen)
    while day <= max(seen):
        missing = [kind for kind in expected(day) if kind not in seen.get(day, set())]
        if missing:
            found.append(f"{day}: no documents of {', '.join(missing)}")
        day += timedelta(days=1)
    return found


def _runs(lake: Lake, home: Home, zone: str) -> list[dict[str, Any]]:
    stored = _records(
        lake,
        "SELECT run_id, zone, business_date, started_at, finished_at, outcome, stages, problems, true AS changed "
        f"FROM wh.ledger.runs WHERE zone = {sql.literal(zone)} ORDER BY started_at DESC LIMIT {RUNS_SHOWN}",
    )
    for each in stored:
        each["stages"] = json.loads(each["stages"])
    unchanged = [{**each, "changed": False} for each in runs.unchanged(home) if each["zone"] == zone]
    return sorted([*stored, *unchanged], key=lambda each: each["started_at"], reverse=True)[:RUNS_SHOWN]


def _records(lake: Lake, query: str) -> list[dict[str, Any]]:
    result = lake.con.execute(query)
    columns = [each[0] for each in result.description or []]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
