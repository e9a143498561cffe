"""`tongguan backup` and `tongguan restore`: a copy of a home, and the home from it."""

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
from sources.beijing import now
from sources.zone import zones_folder
from warehouse import Home, record
from warehouse import backup as backups
from warehouse.errors import WarehouseError


def backup(
    to: Annotated[
        Path, typer.Option("--to", help="Folder of the backup, on another disk; brought up to date.")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the home, also while runs go on; files that the backup has already are not copied again.

    The keys are not copied: they are named at the end, keep them apart. Published copies, pages, landed files, the
    log of commits, and the zone files with their corrections go along.

    Example: tongguan backup --to /backup/tongguan
    """
    try:
        with terminal_progress(output.err):
            made = backups.backup(
                Home(home_path(home)), to, now(), output.err.print, reporter().stage("backup"), zones_folder()
            )
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
    if as_json:
        typer.echo(json.dumps(asdict(made), ensure_ascii=False))
        return
    output.line(
        f"{to} holds the warehouse as of snapshot {made.snapshot}: {made.files:,} files, {made.bytes / 1e6:,.1f} MB, "
        f"{made.copied:,} of them copied now"
    )
    for key in made.without_keys:
        output.line(f"not copied: {key}. Keep a copy of it apart from this one; without it nothing can go on")


def restore(
    source: Annotated[Path, typer.Option("--from", help="Folder of the backup.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a backup back into a new home and prove it against the log of commits.

    Exit code 1 where something is not as recorded; it is named. Landed files that were altered are left out.

    Example: tongguan restore --from /backup/tongguan --home /srv/tongguan
    """
    store = Home(home_path(home))
    try:
        with terminal_progress(output.err):
            restored = backups.restore(source, store, reporter().stage("restore"))
        said = restored.said
        found = record.verify_home(store)
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
    if as_json:
        typer.echo(
            json.dumps(
                {**asdict(said), "altered": restored.altered, "verified": asdict(found)}, ensure_ascii=False
            )
        )
    else:
        output.line(f"{store.path} is the warehouse of {said.taken_at}, snapshot {said.snapshot}")
        for key in said.without_keys:
            output.line(
                f"put {key} there from its own copy, readable by the service account only, before the next run"
            )
        for name in restored.altered:
            output.complain(
                "not as recorded",
                f"{name} does not hold the bytes of its name and was left out: take it from another backup, or have its "
                "source send it again, if a released row or a new rule needs it",
            )
        if found.problem:
            output.complain("not as recorded", found.problem)
        else:
            output.line(f"{found.entries:,} commits and {found.files:,} data files are as recorded")
    if found.problem or restored.altered:
        raise typer.Exit(1)
