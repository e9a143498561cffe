"""`tongguan signing-key`: which key signs the record, and another in its place."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows import clock, output
from flows.errors import UsageProblem
from flows.options import HomeOption, JsonOption, account
from flows.settings import home_path
from warehouse import Home, Lake, record
from warehouse.connection import required
from warehouse.errors import WarehouseError
from warehouse.record import keys
from warehouse.record.key_files import KEY_FILE

app = typer.Typer(
    no_args_is_help=True,
    help="The key that signs the record: its public part, and another in its place.",
)


@app.command("show")
def show(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the public key that the record is signed with now, the file of its other half, and every change.

    Keep the public key where the operators of the warehouse cannot write. Exit code 1 where the other half is not
    on this machine.

    Example: tongguan signing-key show
    """
    try:
        found = keys.standing(Home(home_path(home)))
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False))
    else:
        output.line(found.public)
        output.line(found.problem or f"its other half is in {found.file}", "red" if found.problem else "")
        for each in found.changes:
            output.line(each)
    if found.problem:
        raise typer.Exit(1)


@app.command("replace")
def replace(
    reason: Annotated[str, typer.Option("--reason", help="Why; stands in the record for ever.")],
    by: Annotated[str | None, typer.Option("--by", help="Who decides; default: the account.")] = None,
    new: Annotated[
        Path | None,
        typer.Option("--new", help="File of the new key; default: one is made, in the place of the old."),
    ] = None,
    without_old: Annotated[
        bool,
        typer.Option("--without-old", help="The old key is lost: the change goes without its signature."),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Let another key sign the record from the next run on. The log goes on as it is; what was signed stays proved.

    The old key signs the change, where there is one; `tongguan verify` tells of every change, by whom and why.

    Example: tongguan signing-key replace --reason "the administrator who had a copy has left"
    """
    store = Home(home_path(home))
    if not store.keeps_record:
        raise UsageProblem("TONGGUAN_RECORD is off: ask this of the machine that keeps the record")
    try:
        required(store)
        with Lake.write(store, output.err.print, zone=record.LOCK) as lake:
            change, file = keys.replace(
                lake,
                clock.now().date(),
                by or account(),
                reason,
                given=new.absolute() if new else None,
                without_old=without_old,
            )
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
    output.line(change.new)
    output.line(change.sentence())
    if new:
        output.line(f"{KEY_FILE} must name {file} from now on")
    else:
        output.line(
            f"Put a copy of {file} where secrets are kept, beside the one of the key before (kept as {file}.*)"
        )
