"""`tongguan status`: how the warehouse stands."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from flows import output
from flows.errors import UsageProblem
from flows.options import HomeOption, JsonOption, load_zone, parse_date
from flows.settings import home_path
from reports import status_page
from sources.beijing import now
from warehouse import Home
from warehouse.errors import WarehouseError
from warehouse.status import status as standing

#: Dates beyond these leave no room to look back and ahead; no zone is older than the first.
FIRST_DUE, LAST_DUE = date(2000, 1, 1), date(2999, 12, 31)


def status(
    zone: Annotated[str | None, typer.Option("--zone", help="One zone; all where left out.")] = None,
    due: Annotated[
        str | None,
        typer.Option(
            "--due", help="Business date that must have been run; default: the newest due by the clock."
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the status page here too; also for another --zone.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is wrong, how fresh each kind is by data date, the last runs, and all that was loaded and published.

    Ends with exit code 1 where anything is red: an alert of the last two weeks, or a day that is due and was
    not run, whether anything noticed so far or not. `reports/status.html` in the home shows the same, with
    the newest dates and runs, and is written by every run and watchdog.

    Example: tongguan status --zone zhengzhou --due 2026-11-11
    """
    if zone:
        load_zone(zone)
    moment = end_of_next_day(parse_date(due, "--due")) if due else now()
    try:
        zones = standing(Home(home_path(home)), zone, moment=moment)
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
    if html:
        try:
            status_page.render(zones, moment, html)
        except OSError as error:
            raise UsageProblem(
                f"--html {html} cannot be written: {error.strerror}. Name a file in a folder this account can write to."
            ) from error
    if as_json:
        typer.echo(json.dumps(zones, default=str, ensure_ascii=False))
    else:
        for each in zones:
            show(each)
        if not zones:
            output.out.print("No zone has any file yet.")
    raise typer.Exit(1 if any(each["watch"]["red"] for each in zones) else 0)


def end_of_next_day(due: date) -> datetime:
    """A moment at which `due` is the newest date that is due, in any zone. Raises UsageProblem."""
    if not FIRST_DUE <= due <= LAST_DUE:
        raise UsageProblem(f"--due {due} is no date to judge: name one from {FIRST_DUE} to {LAST_DUE}.")
    return datetime.combine(due + timedelta(days=1), time(23, 59))


def show(record: dict[str, Any]) -> None:
    """One zone's standing: what is wrong first, then the tables."""
    watch = record["watch"]
    mark = "[red]✗ RED[/red]" if watch["red"] else "[green]✓ all well[/green]"
    output.out.print(f"[bold]{record['zone']}[/bold] {mark}")
    output.line(due_sentence(watch))
    for each in watch["alerts"]:
        since = f", since {each['first_seen_at']:%m-%d %H:%M}" if each["first_seen_at"] else ""
        output.line(f"  ✗ {each['kind']}{' (old)' if each['old'] else ''}: {each['sentence']}{since}")
    for mark_ in watch["running"]:
        gone = "" if mark_["alive"] else ", which is gone"
        number = mark_["process"] or "unknown"
        output.line(
            f"  running: {mark_['business_date']} since {mark_['started_at']:%Y-%m-%d %H:%M}, process {number}{gone}"
        )
    output.line(f"  {volume_sentence(watch['volume'])}")
    late = status_page.late(watch)
    if late:
        output.table("Behind by data date", late, ("behind",))
    elif watch["freshness"]:
        output.line("  every kind is as fresh as it should be")
    else:
        output.line("  no kind is expected of this zone, so none can be late")
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


def due_sentence(watch: dict[str, Any]) -> str:
    """What must have been run, what was, and what comes next."""
    run = watch["last_run"]
    behind = run["days_behind"] if run else 0
    last = (
        f"last run {run['business_date']} ({run['outcome']}{f', {behind} days behind' if behind else ''})"
        if run
        else "no run has ended"
    )
    return f"  due {watch['due']}; {last}; next {watch['next_due']} by {watch['next_due_at']:%Y-%m-%d %H:%M}"


def volume_sentence(volume: dict[str, Any] | None) -> str:
    """The lists of the day that is due against their band."""
    if volume is None:
        return "lists: the day has not been run"
    band = volume["band"]
    said = f"{band['low']:,} to {band['high']:,} expected" if band else volume["reason"]
    return f"lists of {volume['business_date']}: {volume['lists']:,}; {said}"


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
