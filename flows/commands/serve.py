"""`tongguan serve`: everything that runs by itself, on one machine, with one command."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from flows import output
from flows.commands.run import ensure_key
from flows.errors import UsageProblem
from flows.options import HomeOption, all_zones
from flows.serving.declared import zones_without
from flows.serving.environment import Service
from flows.settings import home_path


def serve(
    home: HomeOption = None,
    port: Annotated[int, typer.Option("--port", help="Port of Prefect's server and interface.")] = 4200,
    host: Annotated[
        str,
        typer.Option(
            "--host", help="Address to listen on; the server knows no passwords, so keep it inside."
        ),
    ] = "127.0.0.1",
    zones: Annotated[
        list[str] | None,
        typer.Option("--zones", help="Zones to serve, repeated or comma-separated; default all."),
    ] = None,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Flow runs at a time.")] = 4,
    grace: Annotated[
        float,
        typer.Option("--grace", min=0, help="Seconds that running days have to finish when told to stop."),
    ] = 60,
) -> None:
    """Start server, worker and the deployments of prefect.yaml; stop all of them with Ctrl-C or SIGTERM.

    Schedules then run by themselves (times are Asia/Shanghai). A day under way when told to stop has --grace
    seconds; one that does not finish is run again at the next start. A second serve on the same home is
    refused. Exit code 3: server or worker died, and which.

    Example: tongguan serve --home /var/lib/tongguan --zones zhengzhou
    """
    base = home_path(home)
    wanted = chosen_zones(zones)
    service = Service(base, host, port)
    ensure_key(base)
    os.environ.update(service.environment(os.environ))  # before prefect is imported, which reads it once
    from flows.serving.service import serve as keep_serving

    keep_serving(service, wanted, runs, grace, say=lambda text: output.err.print(text, markup=False))


def chosen_zones(given: list[str] | None) -> list[str]:
    """The zones to serve; raises UsageProblem for one that is not there or has no deployment."""
    there = all_zones()
    wanted = [name for part in given or [] for name in part.split(",") if name] or list(there)
    if unknown := [name for name in wanted if name not in there]:
        raise UsageProblem(f"--zones: no zone {', '.join(unknown)}; there are {', '.join(there)}")
    if undeployed := zones_without(wanted):
        raise UsageProblem(
            f"prefect.yaml has no deployment of {', '.join(undeployed)}: copy the lines of another zone there"
        )
    return wanted
