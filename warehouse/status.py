"""How a warehouse stands: coverage by day and kind, gaps, quarantine, last runs; as plain records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sources.zone import Zone
from warehouse import corrections, runs, sql
from warehouse.connection import Lake
from warehouse.home import Home

RUNS_SHOWN = 10


def status(home: Home, zone: str | None = None) -> list[dict[str, Any]]:
    """One record a zone (all that have files, or the one named):

    `coverage`: (business_date, kind, documents, files, first_document_at, last_document_at, last_loaded_at);
    `gaps`: sentences, one a day between the first and the last that misses a kind the zone expects;
    `quarantine`: (kind, rule, rows) still open; `files` by status; `runs`: the last ones, newest first;
    `corrections`: the declared ones as the last run took them up; `published`: dates with their newest vintage.
    """
    with Lake.read(home) as lake:
        zones = [zone] if zone else _zones(lake)
        return [_of(lake, home, each) for each in zones]


def _zones(lake: Lake) -> list[str]:
    rows = lake.con.execute("SELECT DISTINCT zone FROM wh.ledger.files ORDER BY 1").fetchall()
    return [name for (name,) in rows]


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
        "gaps": gaps(coverage, Zone.load(zone).expected_kinds),
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


def gaps(coverage: Sequence[dict[str, Any]], expected: Sequence[str]) -> list[str]:
    """Sentences for the days between the first and the last loaded that miss an expected kind."""
    seen: dict[date, set[str]] = {}
    for row in coverage:
        if row["business_date"] is not None and row["documents"]:
            seen.setdefault(row["business_date"], set()).add(row["kind"])
    if not seen:
        return [] if not expected else ["no documents at all"]
    found = []
    day = min(seen)
    while day <= max(seen):
        missing = [kind for kind in expected if kind not in seen.get(day, set())]
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
