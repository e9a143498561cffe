"""`tongguan simulate`: extracts of an invented zone, with what a perfect system must find."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows import output
from flows.errors import UsageProblem
from flows.options import ZoneOption, load_zone, parse_date, refuse_reversed
from flows.progress import reporter, terminal_progress
from sources.simulator import FORMATS
from sources.simulator import simulate as write_extracts
from sources.zone import ZoneError


def simulate(
    out: Annotated[Path, typer.Argument(help="Folder to write to; one folder a day, and truth.json.")],
    zone: ZoneOption,
    start: Annotated[str, typer.Option("--from", help="First day, e.g. 2026-11-08.")],
    end: Annotated[str, typer.Option("--to", help="Last day, included.")],
    lists_per_day: Annotated[int, typer.Option("--lists-per-day", min=1, help="Lists on a mean day.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 1,
    format_: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "parquet",
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", help="NAME=RATE, may be repeated; an unknown name lists those there are."),
    ] = None,
) -> None:
    """Write simulated extracts of every document kind, and truth.json beside them.

    Example: tongguan simulate out --zone zhengzhou --from 2026-11-08 --to 2026-11-14 --lists-per-day 2000
    --seed 1 --format xml --fault duplicate=0.01 --fault malformed=0.002
    """
    first, last = parse_date(start, "--from"), parse_date(end, "--to")
    refuse_reversed(first, last)
    if format_ not in FORMATS:
        raise UsageProblem(f"--format {format_!r} is not one of {', '.join(FORMATS)}.")
    if any(each.exists() and not each.is_dir() for each in (out, *out.parents)):
        raise UsageProblem(f"{out} is a file or lies in one: name a folder to write to.")
    faults = dict(parse_fault(each) for each in fault or [])
    try:
        with terminal_progress(output.err):
            truth = write_extracts(
                out,
                load_zone(zone),
                first,
                last,
                lists_per_day,
                seed,
                format_,
                faults,
                progress=reporter().stage("simulate"),
            )
    except (ValueError, ZoneError) as error:
        raise UsageProblem(str(error)) from error
    output.out.print(f"wrote extracts to {out} and what must be found in them to {truth}")


def parse_fault(text: str) -> tuple[str, float]:
    """`duplicate=0.01` as a name and a rate between 0 and 1; raises UsageProblem."""
    name, _, rate = text.partition("=")
    try:
        value = float(rate)
    except ValueError:
        value = -1.0
    if not name or not 0 <= value <= 1:
        raise UsageProblem(
            f"--fault {text!r}: write NAME=RATE with a rate between 0 and 1, e.g. duplicate=0.01."
        )
    return name, value
