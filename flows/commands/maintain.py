"""`tongguan maintain`: merge, expire and remove by policy, without losing anything published."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from flows import output, upkeep
from flows.errors import UsageProblem
from flows.options import HomeOption, JsonOption, load_zone
from flows.settings import home_path
from sources.zone import ZoneError
from warehouse.errors import WarehouseError
from warehouse.upkeep import Maintained


def maintain(
    zone: Annotated[
        str | None, typer.Option("--zone", help="Expire landed files of this zone only; all where left out.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Merge small files, expire snapshots and landed files by policy, remove what nothing refers to.

    Never touches documents, vintages or a landed file that a quarantine release needs. Ages in days are read
    from `maintenance.toml` in the home (snapshots_days, landed_days, ...) and `[retention]` of the zone files.
    Each action is a row of ledger.maintenance. Exit code 1: something could not be done or was kept; it is named.

    Example: tongguan maintain --dry-run
    """
    if zone:
        load_zone(zone)
    try:
        result = upkeep.run(
            home_path(home), zone, dry=dry_run, say=output.err.print if not as_json else lambda _: None
        )
    except (WarehouseError, ZoneError) as error:
        raise UsageProblem(str(error)) from error
    if as_json:
        typer.echo(json.dumps({**asdict(result), "exit_code": result.exit_code}, ensure_ascii=False))
    else:
        show(result)
    raise typer.Exit(result.exit_code)


def show(result: Maintained) -> None:
    """What was done as a table, and what is left line by line."""
    rows = [
        {
            "action": each["action"],
            "objects": each["objects"],
            "of": each["of"],
            "MB": round(each["bytes"] / 1e6, 1),
        }
        for each in result.actions
    ]
    output.table("Would be done" if result.dry else "Done", rows, ("objects", "MB"))
    for kind, sentences in (("left", result.left), ("kept", result.kept)):
        for each in sentences:
            output.out.print(f"[yellow]{kind}[/yellow] ", end="")
            output.out.print(each, markup=False)
