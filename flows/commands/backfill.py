"""`tongguan backfill`: a range of days again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from flows import output, trouble
from flows.backfilling.failures import WORDED, sentence
from flows.commands.run import check_inbox, ensure_key
from flows.errors import DayStopped, UsageProblem
from flows.options import HomeOption, JsonOption, ZoneOption, load_zone, parse_date
from flows.settings import home_path, prepare_prefect
from warehouse import Home


def backfill(
    zone: ZoneOption,
    first: Annotated[str, typer.Option("--from", help="First business date, e.g. 2026-10-01.")],
    last: Annotated[str, typer.Option("--to", help="Last business date, included.")],
    inbox: Annotated[
        str | None,
        typer.Option(
            "--inbox",
            help="Folder (or URL) with a folder a day such as 2026-10-01, or flat; default: the zone file's sources, else "
            "<home>/inbox/<zone>.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Days prepared at a time; default half the processors."),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; kept in ledger.backfills.")] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Also days done before, and all lists anew by today's rates, formulas and corrections.",
        ),
    ] = False,
    runner: Annotated[
        str, typer.Option("--runner", help="Where days are prepared: threads, processes, dask or ray.")
    ] = "threads",
    address: Annotated[
        str | None, typer.Option("--address", help="Scheduler of --runner dask or ray, e.g. tcp://host:8786.")
    ] = None,
    asked_by: Annotated[
        str | None, typer.Option("--by", help="Who asks; default the account this runs under.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load and publish a range of days of a zone; started again, it goes on where it was.

    Days are prepared side by side and loaded one after the other. A day that fails is listed with its reason
    and the rest is completed. Days done before are skipped while their files, rates, rules and method are the
    same. Daily runs go on beside it. Exit code 1 where days failed or have something to look at, 3 where the lake itself failed.

    Example: tongguan backfill --zone zhengzhou --from 2026-10-01 --to 2026-10-30 --inbox extracts --force --reason "new rates"
    """
    load_zone(zone)
    days = (parse_date(first, "--from"), parse_date(last, "--to"))
    base = home_path(home)
    if inbox is not None:
        check_inbox(inbox)
    ensure_key(base)
    report = _run(
        as_json,
        zone=zone,
        first=days[0],
        last=days[1],
        inbox=inbox,
        workers=workers,
        reason=reason,
        force=force,
        home=base,
        runner=runner,
        address=address,
        asked_by=asked_by,
    )
    if as_json:
        typer.echo(json.dumps(report.as_json(), default=str, ensure_ascii=False))
    else:
        _show(report)
    raise typer.Exit(report.exit_code)


def _run(quiet: bool, home: Path, **parameters: Any) -> Any:
    """The flow, with progress on standard error; DayStopped where it stopped."""
    prepare_prefect(home)
    from flows.backfill import backfill as flow
    from flows.backfilling.progress import shown_on
    from flows.ending import outcome

    try:
        if quiet:
            return outcome(flow(home=str(home), **parameters, return_state=True))
        with shown_on(output.err):
            return outcome(flow(home=str(home), **parameters, return_state=True))
    except (DayStopped, UsageProblem):
        raise
    except Exception as error:
        told = trouble.told(error, Home(home))
        if told is None and not isinstance(error, WORDED):
            output.err.print_exception()  # nobody foresaw this one: the whole story, and the exit code of a stop
        raise DayStopped(told or sentence(error)) from error


def _show(report: Any) -> None:
    from flows.backfilling.report import BackfillReport
    from warehouse.backfills import DONE, FAILED, SKIPPED

    assert isinstance(report, BackfillReport)
    asked = report.asked
    done, failed, skipped = (report.of(each) for each in (DONE, FAILED, SKIPPED))
    output.line(
        f"{asked.zone} {asked.first} to {asked.last}: {len(done):,} days done, {len(failed):,} failed, "
        f"{len(skipped):,} done before; {report.documents:,} documents, {report.lists:,} lists"
    )
    if report.days_an_hour:
        output.line(
            f"  {report.seconds:,.0f} s, {report.days_an_hour:,.1f} days/h, {report.lists_a_second or 0:,.0f} lists/s"
        )
    for each in report.failures:
        output.line(f"  failed {each}", style="red")
    for day, problems in sorted(report.problems.items()):
        for kind, said in problems:
            output.line(f"  {day} {kind}: {said}", style="yellow")
    if failed:
        output.line("  mend these and start the same backfill again: days that are done are skipped")
    output.line(f"  kept as {asked.backfill_id} (ledger.backfills, ledger.backfill_days)")
