"""The command line. Every command says what it does, with an example, under `--help`.

Exit codes: 0 all well; 1 finished with gaps, refused or quarantined data or failed warnings, each
named; 2 wrong usage or configuration; 3 stopped, nothing of the stopped stage committed.
"""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from flows import trouble
from flows.commands import (
    backfill,
    backup,
    check_published,
    corrections,
    maintain,
    move,
    notifications,
    quarantine,
    revisions,
    run,
    serve,
    signing_key,
    simulate,
    sources,
    status,
    verify,
)
from flows.commands import sql as question
from flows.errors import DayStopped, UsageProblem
from flows.output import complain

app = typer.Typer(
    name="tongguan",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=__doc__,
    rich_markup_mode=None,
)
app.command("demo")(run.demo)
app.command("simulate")(simulate.simulate)
app.command("run")(run.run)
app.command("backfill")(backfill.backfill)
app.command("serve")(serve.serve)
app.command("sql")(question.sql)
app.command("move")(move.move)
app.command("status")(status.status)
app.command("verify")(verify.verify)
app.command("maintain")(maintain.maintain)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("revisions")(revisions.revisions)
app.command("corrections")(corrections.corrections)
app.command("check-published")(check_published.check_published)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(notifications.app, name="notifications")
app.add_typer(sources.app, name="sources")
app.add_typer(signing_key.app, name="signing-key")


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Tongguan 通关: statistical monitoring of a cross-border e-commerce pilot zone."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"tongguan {installed('tongguan')}")
        raise typer.Exit


def main() -> None:
    """Entry point: run a command and turn what went wrong into a sentence and an exit code."""
    try:
        app()
    except UsageProblem as problem:
        complain("wrong usage or configuration", str(problem))
        sys.exit(2)
    except DayStopped as stopped:
        complain("stopped", str(stopped))
        sys.exit(3)
    except Exception as error:  # nothing unforeseen may end with 1, which says that a run finished
        if sentence := trouble.told(error):
            complain("stopped", sentence)
        else:
            traceback.print_exc()
        sys.exit(3)


if __name__ == "__main__":
    main()
