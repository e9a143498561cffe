"""Does a day cost the same after three years? Seconds of every stage before and after, and their ratio.

    python -m benchmarks.history --lists 2000 --days 1095 [--real 10] [--after 3] [--keep DIR] [--json]

Runs the real stages of a few days in an empty lake, makes years of history before them out of copies of one
of these days (see benchmarks.expand), and runs the real stages of the next days. Compared are the median of
the days after with the first day (an empty lake) and with the median of the last three days before: a day
restates the dates of the week before it, so that only the eighth does all the work of a day. Processor
seconds, children included, stand beside seconds by the clock, which other work on the machine moves.
Exits 1 where the processor ratio to the days before is above 1.2.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warehouse import Home

ZONE = "zhengzhou"
START = date(2026, 11, 2)  # a Monday of ordinary days
AIM = 1.2
Stages = dict[str, tuple[float, float]]  # seconds by the clock, processor seconds


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.history", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--lists", type=int, default=2_000, help="lists a day")
    parser.add_argument("--days", type=int, default=1_095, help="days of history")
    parser.add_argument("--real", type=int, default=10, help="real days before")
    parser.add_argument("--after", type=int, default=3, help="real days after")
    parser.add_argument("--keep", type=Path, help="keep extracts and home in this folder")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    if options.real < 4 or options.after < 1:
        parser.error("needs at least four real days before and one after")
    base = options.keep or Path(tempfile.mkdtemp(prefix="tongguan-history-"))
    try:
        result = measure(base, options.lists, options.days, options.real, options.after)
    finally:
        if not options.keep:
            shutil.rmtree(base, ignore_errors=True)
    print(json.dumps(result, default=str) if options.json else table(result))
    return 0 if result["ratio_warm_cpu"] <= AIM else 1


def measure(base: Path, lists: int, days: int, real: int, after: int) -> dict[str, Any]:
    """Simulate, run, make history, run again; everything below `base`."""
    from benchmarks.expand import expand, standing
    from sources.simulator import simulate
    from sources.zone import Zone
    from warehouse import Home, Lake

    dates = [START + timedelta(days=each) for each in range(real + after)]
    extracts, home = base / "extracts", base / "home"
    if not extracts.exists():
        tell(f"simulate {len(dates)} days of {lists:,} lists")
        simulate(extracts, Zone.load(ZONE), dates[0], dates[-1], lists, 1, "parquet", {})
    shutil.rmtree(home, ignore_errors=True)
    tell("a first day in another home, so that imports and caches are warm")
    day(base / "warm", extracts, dates[0])
    shutil.rmtree(base / "warm")
    runs = [day(home, extracts, each) for each in dates[:real]]
    with Lake.write(Home(home)) as lake:
        before = standing(lake)
        started = time.perf_counter()
        # The second day has had its answers of the days after it, and is no first day.
        expand(lake, ZONE, dates[1], runs[1][0], days, tell)
    kept_up(Home(home))
    made = time.perf_counter() - started
    with Lake.read(Home(home)) as lake:
        grown = standing(lake)
    runs += [day(home, extracts, each) for each in dates[real:]]
    stages = [each for _, each in runs]
    first, warm, late = stages[0], median(stages[real - 3 : real]), median(stages[real:])
    return {
        "lists": lists,
        "days": days,
        "dates": [str(each) for each in dates],
        "runs": stages,
        "first": first,
        "warm": warm,
        "after": late,
        "lake_before": before,
        "lake_after": grown,
        "history_s": round(made, 1),
        **{
            f"ratio_{name}_{unit}": round(total(late, place) / total(other, place), 3)
            for name, other in (("first", first), ("warm", warm))
            for place, unit in enumerate(("clock", "cpu"))
        },
    }


def kept_up(home: Home) -> None:
    """The maintenance that these years have had; the second time removes what the first replaced."""
    from sources.beijing import now
    from warehouse.upkeep import Policy, maintain

    policy, at = Policy(landed_days=10_000, snapshots_days=10_000), now()
    for days in (0, policy.replaced_days + 1):
        maintain(home, policy, f"maintenance-{days}", at + timedelta(days=days), say=tell)


def day(home: Path, extracts: Path, business_date: date) -> tuple[str, Stages]:
    """The stages of one day, in the flow's order: its run and what each cost."""
    from flows import stages
    from flows.day import DayReport
    from flows.pull import pull_all

    run = stages.begin(home, ZONE, business_date)
    report = DayReport(run.run_id, ZONE, business_date)
    inbox = str(extracts / business_date.isoformat())
    spent: Stages = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        clock, processor = time.perf_counter(), cpu()
        value = work()
        spent[name] = (time.perf_counter() - clock, cpu() - processor)
        return value

    pulled = timed("pull", lambda: pull_all(run, inbox))
    timed("land", lambda: stages.land(run, pulled))
    timed("read", lambda: stages.read(run))
    timed("validate", lambda: stages.validate(run))
    report.committed = timed("commit", lambda: stages.commit(run))
    report.mended = timed("mend", lambda: stages.take_in_mended(run))
    timed("link", lambda: stages.link(run))
    report.vintages = timed("measure", lambda: stages.measure(run))
    timed("publish", lambda: stages.publish(run))
    timed("tidy", lambda: stages.tidy(run, report))
    timed("close", lambda: stages.close(run, report))
    timed("seal", lambda: stages.seal(run))
    tell(f"{business_date}: {total(spent, 0):.1f} s, {total(spent, 1):.1f} s of processor")
    return run.run_id, spent


def cpu() -> float:
    """Processor seconds of this process and of its children that ended."""
    used = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        each = resource.getrusage(who)
        used += each.ru_utime + each.ru_stime
    return used


def total(stages: Stages, place: int) -> float:
    """All stages together: 0 by the clock, 1 processor."""
    return sum(each[place] for each in stages.values())


def median(runs: Sequence[Stages]) -> Stages:
    """The median of every stage."""
    return {
        name: (
            statistics.median(each[name][0] for each in runs),
            statistics.median(each[name][1] for each in runs),
        )
        for name in runs[0]
    }


def table(result: dict[str, Any]) -> str:
    """The result as people read it."""
    lines = [
        f"{result['lists']:,} lists a day, {result['days']:,} days of history; seconds (processor seconds)",
        f"  {'stage':<10}{'first day':>18}{'last days before':>20}{'after':>18}{'ratio to these':>18}",
    ]
    rows = [(name, *(result[each][name] for each in ("first", "warm", "after"))) for name in result["first"]]
    sums = [(total(result[each], 0), total(result[each], 1)) for each in ("first", "warm", "after")]
    for name, first, warm, late in [*rows, ("total", *sums)]:
        cells = [f"{each[0]:.2f} ({each[1]:.2f})" for each in (first, warm, late)]
        ratios = [late[place] / warm[place] if warm[place] > 0.01 else 1.0 for place in (0, 1)]
        cells.append(f"{ratios[0]:.2f} ({ratios[1]:.2f})")
        lines.append(f"  {name:<10}{cells[0]:>18}{cells[1]:>20}{cells[2]:>18}{cells[3]:>18}")
    lines.append(
        f"  ratio of a day after to the first day in an empty lake: {result['ratio_first_clock']:.2f} "
        f"({result['ratio_first_cpu']:.2f})"
    )
    for name, lake in (("before", result["lake_before"]), ("after", result["lake_after"])):
        lines.append(
            f"  lake {name}: {lake['files']:,} files, {lake['delete_files']:,} delete files, "
            f"{lake['snapshots']:,} snapshots, catalog {lake['catalog_bytes'] / 1e6:.1f} MB"
        )
    return "\n".join(lines)


def tell(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
