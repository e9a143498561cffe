"""`tongguan sources check`: reach every source, say what lies there, download nothing."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from flows import output
from flows.options import HomeOption, JsonOption, all_zones, load_zone
from flows.settings import home_path, prepare_prefect
from sources.zone_sources import Source
from warehouse import Home

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Where extracts are pulled from.")

#: How many names the table shows; --json has them all.
SHOWN = 3


@dataclass
class Checked:
    """What one source showed. `problem` says why it cannot be pulled and what to do; None: it can."""

    zone: str
    source: str
    url: str
    identity: str | None = None  # host key or certificate, which was verified
    ready: list[str] = field(default_factory=list)  # new, would be fetched now
    ready_bytes: int = 0
    waiting: dict[str, str] = field(default_factory=dict)  # name -> why it is not taken yet
    seen: int = 0  # taken by earlier runs
    refused: list[str] = field(default_factory=list)  # names that are never taken
    problem: str | None = None


@app.callback()
def _sources() -> None:
    """Where extracts are pulled from."""


@app.command("check")
def check(
    zone: Annotated[str | None, typer.Option("--zone", help="One zone; all where left out.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Connect to each source, list it, and say what is ready, waiting and known; no extract is downloaded.

    Shows the host key or certificate that was verified. Exit code 1 where a source cannot be pulled.

    Example: tongguan sources check --zone zhengzhou
    """
    base = home_path(home)
    prepare_prefect(base)
    checked = []
    for name in (zone,) if zone else all_zones():
        declared = load_zone(name).sources
        for source in declared:
            if not as_json:
                output.err.print(f"asking {source.name} of {name} ...", highlight=False)
            checked.append(look(Home(base), name, source))
        if not declared and not as_json:
            output.line(f"{name} declares no source; runs read {base / 'inbox' / name}")
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in checked], ensure_ascii=False))
    else:
        for each in checked:
            show(each)
    raise typer.Exit(1 if any(each.problem for each in checked) else 0)


def look(home: Home, zone: str, source: Source) -> Checked:
    """One source as it is now."""
    from flows.credentials import credentials
    from flows.pull import puller
    from sources.connectors import connected
    from sources.connectors.entry import SourceError

    seen = Checked(zone, source.name, source.url)
    try:
        with (
            tempfile.TemporaryDirectory() as aside,  # manifests are read to judge by; nothing else comes here
            connected(source, credentials(source)) as connector,
        ):
            seen.identity = connector.identity()
            listing = puller(home, zone, source, connector, Path(aside)).look(wait=False)
    except SourceError as error:
        seen.problem = str(error)
        return seen
    seen.ready = [each.name for each in listing.judged.ready]
    seen.ready_bytes = sum(each.size or 0 for each in listing.judged.ready)
    seen.waiting = {each.name: reason for each, reason in listing.judged.waiting}
    seen.seen, seen.refused = len(listing.seen), list(listing.refused)
    return seen


def show(each: Checked) -> None:
    """One source in a few lines."""
    output.line(f"{each.zone} {each.source}  {each.url}", style="bold")
    if each.identity:
        output.line(f"  {each.identity}")
    if each.problem:
        output.err.print("  [red]cannot be pulled[/red] ", end="")
        output.err.print(each.problem, markup=False)
        return
    output.line(
        f"  ready    {len(each.ready):,} new files, {each.ready_bytes / 1e6:,.1f} MB  {_some(each.ready)}"
    )
    output.line(f"  known    {each.seen:,} files of earlier runs")
    for name, reason in list(each.waiting.items())[:SHOWN]:
        output.line(f"  waiting  {name} {reason}")
    if len(each.waiting) > SHOWN:
        output.line(f"  waiting  and {len(each.waiting) - SHOWN:,} more")
    if each.refused:
        output.line(
            f"  refused  {_some([ascii(name) for name in each.refused])}: names that lead out of the folder"
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
