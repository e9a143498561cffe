"""`tongguan run` and `tongguan demo`: the daily flow from the command line."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from expectations.outcome import CheckBroke
from flows import output, trouble
from flows.commands.figures import show
from flows.day import DayReport
from flows.errors import DayStopped, UsageProblem
from flows.options import HomeOption, JsonOption, ZoneOption, load_zone, parse_date
from flows.progress import reporter, terminal_progress
from flows.settings import home_path, prepare_prefect
from sources import zone_sources
from sources.simulator import simulate
from sources.zone import ZoneError
from warehouse import Home
from warehouse.errors import PiiKeyError, WarehouseError
from warehouse.home import pii_key

#: The demo shows a week with Double 11 in it.
DEMO_ZONE = "zhengzhou"
DEMO_DAYS = [date(2026, 11, 8) + timedelta(days=each) for each in range(7)]
DEMO_LISTS_PER_DAY = 1_000
DEMO_SEED = 1


def run(
    zone: ZoneOption,
    date_: Annotated[str, typer.Option("--date", help="Business date to publish, e.g. 2026-11-11.")],
    inbox: Annotated[
        str | None,
        typer.Option(
            "--inbox",
            help="Folder (or URL) of extracts, any kinds and formats; default: the sources of the zone file.",
        ),
    ] = None,
    home: HomeOption = None,
    catch_up: Annotated[
        bool,
        typer.Option("--catch-up", help="First publish the days before DATE that have no final figures."),
    ] = False,
    provisional: Annotated[
        bool,
        typer.Option("--provisional", help="The day is not over: mark its figures, publish no other date."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run one day of a zone: load what lies in the inbox, publish the date.

    Files are recognised by content, never by name; the same bytes are never loaded twice. Every file is
    loaded, whatever dates it bears; the figures of DATE are published, and published dates that the new
    documents touch are restated.

    Example: tongguan run --zone zhengzhou --date 2026-11-11 --inbox extracts/2026-11-11
    """
    load_zone(zone)
    day = parse_date(date_, "--date")
    base = home_path(home)
    if inbox is not None:
        check_inbox(inbox)
    ensure_key(base)
    report = run_day(zone, day, inbox, base, quiet=as_json, catch_up=catch_up, provisional=provisional)
    if as_json:
        typer.echo(json.dumps(report.as_json(), default=str, ensure_ascii=False))
    else:
        output.day_report(report)
    raise typer.Exit(report.exit_code)


def check_inbox(inbox: str) -> None:
    """Refuse a URL that no run could use, or that holds a credential, before anything keeps it as a parameter."""
    try:
        zone_sources.inbox(inbox)
    except ZoneError as error:
        raise UsageProblem(str(error)) from error


def demo(home: HomeOption = None) -> None:
    """Simulate seven days of a sample zone, run each, and show the figures of the last.

    The first day lacks what follows a declaration by a day (signatures); it says so as a gap. The exit
    code is that of the last day.

    Example: tongguan demo --home /tmp/tongguan-demo
    """
    base = home_path(home)
    zone = load_zone(DEMO_ZONE)
    ensure_key(base)
    extracts = base / "demo" / "extracts"
    output.out.print(
        f"Simulating {len(DEMO_DAYS)} days of {zone.en} {zone.zh}, {DEMO_LISTS_PER_DAY:,} lists a mean day"
    )
    if not (extracts / "truth.json").is_file():
        simulate(extracts, zone, DEMO_DAYS[0], DEMO_DAYS[-1], DEMO_LISTS_PER_DAY, DEMO_SEED, "parquet", {})
    output.out.print("Starting Prefect (no server needed; the first start on a new home takes longest)")
    for day in DEMO_DAYS:
        output.out.print(f"\n[bold]{zone.name} {day}[/bold]")
        report = run_day(zone.name, day, str(extracts / day.isoformat()), base)
        output.day_report(report)
    show(base, zone.name, DEMO_DAYS[-1])
    raise typer.Exit(report.exit_code)


def run_day(
    zone: str,
    day: date,
    inbox: str | None,
    home: Path,
    quiet: bool = False,
    catch_up: bool = False,
    provisional: bool = False,
) -> DayReport:
    """The daily flow with progress on standard error; DayStopped where it stopped."""
    prepare_prefect(home)
    from flows.daily import daily
    from flows.ending import outcome

    def work() -> DayReport:
        report: DayReport = outcome(
            daily(zone, day, inbox, str(home), catch_up, provisional, return_state=True)
        )
        return report

    try:
        if quiet:
            return work()
        with terminal_progress(output.err):
            reporter().stage("start")  # Prefect's own start is the longest silence of a run
            return work()
    except (UsageProblem, DayStopped):
        raise
    except (WarehouseError, ZoneError, CheckBroke, OSError) as error:
        raise DayStopped(trouble.told(error, Home(home)) or str(error)) from error
    except Exception as error:
        if sentence := trouble.told(error, Home(home)):
            raise DayStopped(sentence) from error
        output.err.print_exception()  # nobody foresaw this one: the whole story, and the exit code of a stop
        raise DayStopped(f"{type(error).__name__}: {error}") from error


def ensure_key(home: Path) -> None:
    """Make sure there is a personal-data key, and say so when one is made.

    Raises UsageProblem where the key given cannot be used.
    """
    store = Home(home)
    try:
        store.prepare()
        _, created = pii_key(store)
    except PiiKeyError as error:
        raise UsageProblem(str(error)) from error
    except OSError as error:
        raise DayStopped(trouble.told(error, store) or str(error)) from error
    if created:
        output.err.print(
            f"Made a personal-data key in {store.pii_key} (readable by you only). Keep it: without it new "
            "digests do not match old ones. Set TONGGUAN_PII_KEY to use your own."
        )
