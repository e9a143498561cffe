"""`tongguan quarantine`: look at rejected rows, put mended ones back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from expectations.rules import RULES
from flows import output
from flows.errors import UsageProblem
from flows.options import HomeOption, JsonOption, account
from flows.settings import home_path
from sources.beijing import now
from sources.contracts import CONTRACTS
from sources.zone import zone_names
from warehouse import Home, Lake
from warehouse import quarantine as rows
from warehouse.connection import required
from warehouse.errors import WarehouseError
from warehouse.status import known_zones

app = typer.Typer(
    no_args_is_help=True, help="Rejected rows: look at them, put mended ones back in the next run."
)
_Zone = Annotated[str | None, typer.Option("--zone", help="One zone; all where left out.")]
_Id = Annotated[str, typer.Argument(help="Id of the row, as `quarantine list` prints it.")]


class Status(StrEnum):
    """What became of a rejected row."""

    OPEN = "open"
    RELEASED = "released"
    ACCEPTED = "accepted"
    ALL = "all"


@app.command("list")
def list_rows(
    zone: _Zone = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Document kind, e.g. CEB411.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Rule id, e.g. P1.")] = None,
    status: Annotated[Status, typer.Option("--status", help="What became of them.")] = Status.OPEN,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows at the most.")] = 100,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List rejected rows with their rules, newest first.

    Example: tongguan quarantine list --kind CEB411 --rule P1
    """
    _known("--kind", kind, CONTRACTS)
    _known("--rule", rule, RULES)
    with reading(home) as lake:
        _known("--zone", zone, {*zone_names(), *known_zones(lake.home)})
        wanted = None if status is Status.ALL else status.value
        found = rows.list_rows(lake, zone, kind=kind, rule=rule, status=wanted, limit=limit)
    if as_json:
        print_json(found)
        return
    output.table("In quarantine", found, ("line_no",))
    for name in sorted({name for each in found for name in each["rules"]}):
        output.out.print(f"{name}: {RULES[name].en} {RULES[name].zh}", markup=False)


@app.command("show")
def show(row_id: _Id, zone: _Zone = None, home: HomeOption = None) -> None:
    """Show one rejected row: its record (personal values as digests), reasons, file and line, decisions.

    Example: tongguan quarantine show 0a1b2c3d4e5f-17
    """
    with reading(home) as lake:
        row = rows.show(lake, row_id, zone)
    row["rules"] = {name: f"{RULES[name].en} {RULES[name].zh}" for name in row["rules"]}
    print_json(row, indent=2)


@app.command("release")
def release(
    row_id: _Id,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the row for ever.")],
    mend: Annotated[
        list[str] | None,
        typer.Option("--set", help="FIELD=VALUE mends a head field by its CEB name; may be repeated."),
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who decides; default: the account.")] = None,
    zone: _Zone = None,
    home: HomeOption = None,
) -> None:
    """Put a row back: the next run reads it again from the landed file, mended, and checks it anew.

    Example: tongguan quarantine release 0a1b2c3d4e5f-17 --set payTime=20180808080808 --reason "confirmed by the payer's bank"
    """
    overrides = dict(parse_mend(each) for each in mend or [])
    store = Home(home_path(home))
    try:
        required(store)
        with Lake.write(store, output.err.print, zone=zone) as lake:
            rows.release(lake, row_id, overrides, reason=reason, by=by or account(), at=now(), zone=zone)
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
    output.out.print(f"{row_id} is taken in again by the next run of its zone")


def _known(option: str, given: str | None, there: Collection[str]) -> None:
    """Refuse what nothing bears: an empty answer would read as all well. Raises UsageProblem."""
    if given is not None and given not in there:
        raise UsageProblem(f"{option}: there is no {given}; there are {', '.join(sorted(there))}")


def parse_mend(text: str) -> tuple[str, str]:
    """`payTime=20180808080808` as a field and its value; raises UsageProblem."""
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise UsageProblem(f"--set {text!r}: write FIELD=VALUE, e.g. payTime=20180808080808.")
    return name, value


def print_json(value: Any, indent: int | None = None) -> None:
    """For scripts and for records too wide for a table."""
    typer.echo(json.dumps(value, default=str, ensure_ascii=False, indent=indent))


@contextmanager
def reading(home: Path | None) -> Iterator[Lake]:
    """The warehouse for reading; what it says on purpose becomes a usage problem."""
    try:
        with Lake.read(Home(home_path(home))) as lake:
            yield lake
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
