"""`tongguan corrections`: what corrections a zone declares, and whether their guards hold."""

from __future__ import annotations

import json
from typing import Any

import typer

from flows import output
from flows.commands.quarantine import reading
from flows.errors import UsageProblem
from flows.options import HomeOption, JsonOption, ZoneOption, load_zone
from sources.corrections import Declared, load
from sources.zone import ZoneError
from warehouse import Lake
from warehouse.corrections import lost, records
from warehouse.guards import broken, matches


def corrections(zone: ZoneOption, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the declared corrections of a zone: what they select, what they meet, whether they are applied.

    The files lie in corrections/<zone>/ beside the zone files. A new, changed or withdrawn correction is
    applied by the next run; an active one whose guard does not hold, or whose file is gone, stops that run. Exit
    code 1 where there is one.

    Example: tongguan corrections --zone zhengzhou
    """
    load_zone(zone)
    try:
        declared = load(zone)
    except ZoneError as error:
        raise UsageProblem(str(error)) from error
    with reading(home) as lake:
        applied = {each["correction_id"]: each for each in records(lake.con, zone)}
        rows = [standing(lake, zone, each, applied.get(each.id)) for each in declared]
        gone = [row for id_, row in applied.items() if id_ not in {each.id for each in declared}]
    if as_json:
        typer.echo(json.dumps(rows + gone, default=str, ensure_ascii=False))
    else:
        output.table("Corrections", [brief(each) for each in rows + gone], ("documents", "expected"))
        for each in rows:
            if each["problem"]:
                output.line(f"{each['file']}: {each['correction_id']} {each['problem']}", "red")
        for each in gone:
            if each["status"] == "active":
                output.line(lost(each["correction_id"], each["file"]), "red")
    if any(each["status"] == "active" and (each in gone or each["problem"]) for each in rows + gone):
        raise typer.Exit(1)


def standing(lake: Lake, zone: str, each: Declared, applied: dict[str, Any] | None) -> dict[str, Any]:
    """One declared correction with what it meets now and what the last run made of it."""
    found = matches(lake.con, zone, each)
    return {
        "correction_id": each.id,
        "status": each.status,
        "action": each.action,
        "kind": each.kind,
        "documents": found.documents,
        "expected": each.documents,
        "first_date": each.first,
        "last_date": each.last,
        "select": dict(each.fields),
        "set": dict(each.set),
        "problem": broken(each, found),
        "reason": each.reason,
        "reporter": each.reporter,
        "reported": each.reported,
        "file": each.file,
        "applied_status": applied["status"] if applied else None,
        "applied_at": applied["applied_at"] if applied else None,
        "run_id": applied["run_id"] if applied else None,
    }


def brief(row: dict[str, Any]) -> dict[str, Any]:
    """One correction as a line."""
    problem = row.get("problem")
    guard = "fails" if problem else "holds"
    return {
        "correction_id": row["correction_id"],
        "status": row["status"],
        "action": row["action"],
        "kind": row["kind"],
        "documents": row["documents"],
        "expected": row.get("expected"),
        "guard": guard if "problem" in row else None,
        "applied": f"{row['applied_at']:%Y-%m-%d %H:%M} as {row.get('applied_status') or row['status']}"
        if row["applied_at"]
        else "not yet",
        "reason": row["reason"],
    }
