"""Options shared by several commands, each worded once, and the parsing of their values."""

from __future__ import annotations

import getpass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.errors import UsageProblem
from sources.zone import Zone, ZoneError, stated_zones

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Home of catalog and data; default $TONGGUAN_HOME, else ./.tongguan."),
]
ZoneOption = Annotated[
    str, typer.Option("--zone", help="Zone: the name of a file in zones/, e.g. zhengzhou.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def parse_date(text: str, option: str) -> date:
    """A date written yyyy-mm-dd; raises UsageProblem naming the option."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageProblem(f"{option} {text!r} is not a date: write it as 2026-11-11.") from error


def refuse_reversed(first: date | None, last: date | None) -> None:
    """Refuse a range that ends before it begins; raises UsageProblem."""
    if first and last and last < first:
        raise UsageProblem(f"--to {last} lies before --from {first}: swap them.")


def load_zone(name: str) -> Zone:
    """The zone's configuration; raises UsageProblem that lists the zones there are."""
    try:
        return Zone.load(name)
    except ZoneError as error:
        raise UsageProblem(str(error)) from error


def all_zones() -> tuple[str, ...]:
    """The zones that have a file; raises UsageProblem where there is none."""
    try:
        return stated_zones()
    except ZoneError as error:
        raise UsageProblem(str(error)) from error


def account() -> str:
    """The account this process runs under; where the system knows none, its number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container with a user id and no name
        return "unknown"
