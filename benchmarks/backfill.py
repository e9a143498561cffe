"""How fast a range of days is backfilled, and what a year of 95 million lists would take at that pace.

    python -m benchmarks.backfill --days 30 --lists 260000 --workers 1 [--runner threads] [--keep DIR]

Simulates the days, backfills them through the real command line in a process of its own (start of Prefect counted
apart), and prints days an hour, lists a second, seconds by stage, what the first and each fifth day took to load, the
memory of the largest process, and the year: 365 days of 260,000 lists. The year is measured days times 365 days,
scaled by lists where the days measured were smaller; the result says so, since a small day has a fixed cost that a
large one does not have again.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ZONE = "zhengzhou"
FIRST = date(2026, 3, 2)  # ordinary weeks, without promotions
#: One run a day in the empty home of the benchmark. Preparing is not in it: it runs beside the day before.
_BY_DAY = (
    "SELECT business_date, round(json_extract(stages, '$.commit')::DOUBLE + json_extract(stages, '$.link')::DOUBLE "
    "+ json_extract(stages, '$.measure')::DOUBLE, 1) AS seconds FROM ledger.runs ORDER BY business_date"
)
YEAR_DAYS, YEAR_LISTS_A_DAY = 365, 260_000


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.backfill", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--days", type=int, default=30, help="days to backfill")
    parser.add_argument("--lists", type=int, default=YEAR_LISTS_A_DAY, help="lists of a mean day")
    parser.add_argument(
        "--format",
        choices=("parquet", "csv", "xml", "jsonl"),
        default="parquet",
        help="format of the extracts",
    )
    parser.add_argument("--workers", type=int, help="days prepared at a time; default as the command has it")
    parser.add_argument("--runner", default="threads", help="threads, processes, dask or ray")
    parser.add_argument("--address", help="scheduler of dask or ray")
    parser.add_argument(
        "--keep", type=Path, help="keep extracts and home here (and use extracts already there)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    base = options.keep or Path(tempfile.mkdtemp(prefix="tongguan-backfill-"))
    try:
        result = measure(base, options)
    finally:
        if not options.keep:
            shutil.rmtree(base, ignore_errors=True)
    print(json.dumps(result, default=str) if options.json else table(result))
    return 1 if result["failed"] else 0


def measure(base: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Simulate and backfill; everything below `base`."""
    last = FIRST + timedelta(days=options.days - 1)
    extracts = base / f"extracts-{options.format}-{options.days}x{options.lists}"
    if not (extracts / "truth.json").is_file():
        span = ["--from", str(FIRST), "--to", str(last), "--lists-per-day", str(options.lists)]
        _tongguan("simulate", str(extracts), "--zone", ZONE, *span, "--format", options.format)
    home = base / "home"
    shutil.rmtree(home, ignore_errors=True)
    more = ["--runner", options.runner]
    more += ["--workers", str(options.workers)] if options.workers else []
    more += ["--address", options.address] if options.address else []
    started = time.perf_counter()
    answer, used = _tongguan(
        *("backfill", "--zone", ZONE, "--from", str(FIRST), "--to", str(last), "--home", str(home)),
        *("--inbox", str(extracts), "--json", *more),
    )
    wall = time.perf_counter() - started
    report = json.loads(answer)
    by_day, _ = _tongguan("sql", _BY_DAY, "--format", "json", "--home", str(home))
    return {
        **report,
        "format": options.format,
        "megabytes": sum(each.stat().st_size for each in extracts.glob("*/*")) / 1e6,
        "start_s": wall - report["seconds"],
        "processor_s": used.ru_utime + used.ru_stime,
        "largest_process_mb": used.ru_maxrss / 1024,
        "loading_s": {each["business_date"]: each["seconds"] for each in json.loads(by_day)},
        "year": year(report),
    }


def year(report: dict[str, Any]) -> dict[str, Any] | None:
    """A year of 95 million lists at the pace measured; None where no list was loaded."""
    if not report["lists"]:
        return None
    lists = YEAR_DAYS * YEAR_LISTS_A_DAY
    seconds = report["seconds"] * lists / report["lists"]
    return {
        "lists": lists,
        "hours": seconds / 3600,
        "lists_a_day_measured": report["lists"] / len(report["done"]),
    }


def table(result: dict[str, Any]) -> str:
    """The result as people read it."""
    days = len(result["done"])
    lines = [
        f"{days} days, {result['lists']:,} lists, {result['documents']:,} documents, "
        f"{result['megabytes']:,.0f} MB of {result['format']}; {result['runner']}, {result['workers']} workers, "
        f"{os.cpu_count()} processors",
        f"  {result['seconds']:,.0f} s by the clock ({result['start_s']:,.0f} s more to start), "
        f"{result['processor_s']:,.0f} s of processor on this machine, largest process {result['largest_process_mb']:,.0f} MB",
        f"  {result['days_an_hour'] or 0:,.1f} days/h, {result['lists_a_second'] or 0:,.0f} lists/s",
        "  seconds by stage, all days (prepare runs beside the others):",
        *(f"    {name:<10}{seconds:10.1f}" for name, seconds in result["stages"].items()),
        "  seconds to commit, link and measure, first day and each fifth:",
        *(f"    {day} {result['loading_s'][day]:9.1f}" for day in _first_and_each_fifth(result["loading_s"])),
    ]
    if result["failed"]:
        lines.append(f"  FAILED: {result['failed']}")
    if at := result["year"]:
        scaled = at["lists_a_day_measured"]
        lines.append(
            f"  a year of {at['lists']:,} lists at this pace: {at['hours']:,.1f} h"
            + ("" if scaled > 0.9 * YEAR_LISTS_A_DAY else f" (scaled from days of {scaled:,.0f} lists)")
        )
    return "\n".join(lines)


def _first_and_each_fifth(days: Sequence[str]) -> list[str]:
    return [day for number, day in enumerate(sorted(days), 1) if number == 1 or number % 5 == 0]


def _tongguan(*arguments: str) -> tuple[str, resource.struct_rusage]:
    """A command of tongguan in a process of its own; what it printed and used. Exit 1 is a result, not a failure."""
    begun = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", *arguments], stdout=subprocess.PIPE, text=True
    )
    assert begun.stdout is not None
    printed = begun.stdout.read()
    _, status, used = os.wait4(begun.pid, 0)
    begun.returncode = os.waitstatus_to_exitcode(status)
    if begun.returncode not in (0, 1):
        raise SystemExit(f"tongguan {arguments[0]} ended with code {begun.returncode}")
    return printed, used


if __name__ == "__main__":
    sys.exit(main())
