"""`tongguan status`: how the warehouse stands."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from flows import output
from flows.errors import UsageProblem
from flows.options import HomeOption, JsonOption, load_zone
from flows.settings import home_path
from warehouse import Home
from warehouse.errors import WarehouseError
from warehouse.status import status as standing


def status(
    zone: Annotated[str | None, typer.Option("--zone", help="One zone; all where left out.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show coverage by day and kind, gaps, quarantined rows, published dates and the last runs.

    Example: tongguan status --zone zhengzhou
    """
    if zone:
        load_zone(zone)
    try:
        zones = standing(Home(home_path(home)), zone)
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
    if as_json:
        typer.echo(json.dumps(zones, default=str, ensure_ascii=False))
        return
    for each in zones:
        show(each)
    if not zones:
        output.out.print("No zone has any file yet.")


def show(record: dict[str, Any]) -> None:
    """One zone's standing as tables."""
    output.out.print(f"[bold]{record['zone']}[/bold]")
    output.table("Documents by day and kind", by_day(record["coverage"]))
    output.table("Published", record["published"], ("vintage",))
    output.table("Files", record["files"], ("files", "rows_read", "rows_quarantined"))
    output.table("In quarantine", record["quarantine"], ("rows",))
    output.table("Corrections", [corrected(each) for each in record["corrections"]], ("documents",))
    output.table("Last runs", [brief(each) for each in record["runs"]], ("seconds", "problems"))
    for gap in record["gaps"]:
        output.out.print("[yellow]gap[/yellow] ", end="")
        output.out.print(gap, markup=False)
    if not record["gaps"]:
        output.out.print("no gaps")


def by_day(coverage: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a day: documents in all, and each kind with its count."""
    days: dict[Any, list[dict[str, Any]]] = {}
    for row in coverage:
        days.setdefault(row["business_date"], []).append(row)
    return [
        {
            "business_date": day or "undated",
            "documents": sum(each["documents"] for each in rows),
            "kinds": " ".join(f"{each['kind']}:{each['documents']:,}" for each in rows),
        }
        for day, rows in days.items()
    ]


def corrected(correction: dict[str, Any]) -> dict[str, Any]:
    """One declared correction as a line."""
    shown = ("correction_id", "status", "action", "kind", "documents", "first_date", "last_date", "reason")
    return {name: correction[name] for name in shown}


def brief(run: dict[str, Any]) -> dict[str, Any]:
    """One run as a line."""
    return {
        "started_at": f"{run['started_at']:%Y-%m-%d %H:%M:%S}",
        "business_date": run["business_date"],
        "outcome": run["outcome"],
        "changed": "yes" if run["changed"] else "no",
        "seconds": round(sum(run["stages"].values()), 1),
        "problems": len(run["problems"]),
        "run_id": run["run_id"],
    }
