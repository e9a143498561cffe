"""`tongguan verify`: prove that the record of commits extends itself and that the data are what was recorded."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from flows import output
from flows.errors import UsageProblem
from flows.options import HomeOption, JsonOption, load_zone, parse_date, refuse_reversed
from flows.settings import home_path
from warehouse import Home, record
from warehouse.errors import WarehouseError


def verify(
    zone: Annotated[
        str | None, typer.Option("--zone", help="Hash the data files of one zone only; all where left out.")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="Hash only files committed from this day on.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Hash only files committed up to this day.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that every day's checkpoint extends the day before and that catalog and data files match the log.

    Names the first thing that does not hold and ends with exit code 1. The chain is always checked whole.

    Example: tongguan verify --zone zhengzhou --from 2026-11-01
    """
    if zone:
        load_zone(zone)
    days = [
        parse_date(text, option) if text else None for text, option in ((first, "--from"), (last, "--to"))
    ]
    refuse_reversed(*days)
    try:
        found = record.verify_home(Home(home_path(home)), zone, days[0], days[1])
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False))
    elif found.problem:
        output.complain("not as recorded", found.problem)
    else:
        unsealed = f"; {found.unsealed:,} commits are not sealed yet" if found.unsealed else ""
        output.line(
            f"{found.entries:,} commits, {found.checkpoints:,} checkpoints, each extending the one before, and "
            f"{found.files:,} data files are as recorded{unsealed}"
        )
    if not as_json:
        for each in found.keys:
            output.line(each, "yellow")
    if found.problem:
        raise typer.Exit(1)
