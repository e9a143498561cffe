"""`tongguan move`: an embedded warehouse to PostgreSQL and S3."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows import output
from flows.errors import UsageProblem
from flows.options import HomeOption, JsonOption
from flows.progress import reporter, terminal_progress
from flows.settings import home_path
from warehouse import Home, moving
from warehouse.errors import WarehouseError


def move(
    home: HomeOption = None,
    as_json: JsonOption = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Folder that TONGGUAN_DATA named until now; default: data in the home."),
    ] = None,
) -> None:
    """Copy the embedded warehouse of the home to the place TONGGUAN_CATALOG and TONGGUAN_DATA name.

    Every snapshot, vintage and file goes along; nothing is computed again. The embedded one stays as it is.
    Interrupted, it goes on where it was. Exit code 2 where the settings do not fit or a data file is missing.

    Example: TONGGUAN_CATALOG=postgres://tongguan@db/tongguan TONGGUAN_DATA=s3://bucket/lake tongguan move
    """
    try:
        with terminal_progress(output.err):
            moved = moving.move(Home(home_path(home)), output.err.print, reporter().stage("move"), data)
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
    if as_json:
        typer.echo(json.dumps(asdict(moved)))
        return
    output.line(
        f"{moved.files:,} files ({moved.bytes / 1e6:,.1f} MB) are in {moved.data}, {moved.snapshots:,} snapshots in "
        f"{moved.catalog}. Next: tongguan verify; then keep the old catalog.sqlite and data as a backup"
    )
