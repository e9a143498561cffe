"""How long a day takes, stage by stage, beside one bare DuckDB script on the same files in the same run.

    python -m benchmarks.day --lists 260000 --format parquet|csv|xml [--keep DIR]

Simulates one day of the sample zone, runs its stages in a process of their own (imports done, clock then
started: process start is not counted), and prints seconds by stage, peak memory of that process and of its
largest reader, and the same figures from the bare script. Exits 1 where the two computations differ.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

DAY = date(2026, 11, 4)  # an ordinary Wednesday
ZONE = "zhengzhou"
#: What the day is held to on 2 cores, seconds (design aim; memory 2 GB for all formats).
AIMS = {"parquet": 8.0, "csv": 12.0, "xml": 40.0}


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.day", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--lists", type=int, default=260_000, help="lists of the day")
    parser.add_argument("--format", choices=tuple(AIMS), default="parquet", help="format of the extracts")
    parser.add_argument(
        "--keep", type=Path, help="keep extracts and home here (and use extracts already there)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    base = options.keep or Path(tempfile.mkdtemp(prefix="tongguan-bench-"))
    try:
        result = measure(base, options.lists, options.format)
    finally:
        if not options.keep:
            shutil.rmtree(base, ignore_errors=True)
    print(json.dumps(result, default=str) if options.json else table(result))
    return 0 if result["agrees"] else 1


def measure(base: Path, lists: int, form: str) -> dict[str, Any]:
    """Simulate, run, compare; everything below `base`."""
    simulated = _extracts(base, lists, form)
    home = base / f"home-{form}"
    shutil.rmtree(home, ignore_errors=True)
    extracts = base / f"extracts-{form}-{lists}" / DAY.isoformat()
    run = _apart(_run, str(home), str(extracts))
    twin = form if form != "xml" else "parquet"
    if twin != form:
        _extracts(base, lists, twin)
    bare = _apart(_bare, str(base / f"extracts-{twin}-{lists}" / DAY.isoformat()), twin)
    differences = _differences(run, bare)
    return {
        "lists": lists,
        "format": form,
        "simulate_s": simulated,
        "aim_s": AIMS[form],
        **run,
        "bare": bare,
        "bare_format": twin,
        "differences": differences,
        "agrees": not differences,
    }


def table(result: dict[str, Any]) -> str:
    """The result as people read it."""
    total = sum(result["stages"].values())
    bare = result["bare"]
    lines = [
        f"{result['lists']:,} lists, {result['documents']:,} documents, {result['megabytes']:,.0f} MB of {result['format']}",
        *(f"  {name:<10}{seconds:8.2f} s" for name, seconds in result["stages"].items()),
        f"  {'total':<10}{total:8.2f} s   (aim {result['aim_s']:.0f} s on 2 cores, process start not counted)",
        f"  peak memory {result['peak_mb']:,.0f} MB, largest reader process {result['peak_child_mb']:,.0f} MB (aim 2,000 MB)",
        f"  bare DuckDB on the {result['bare_format']} files: {bare['seconds']:.2f} s, {bare['peak_mb']:,.0f} MB",
        f"  released lists {result['figures']['lists']:,}, median {result['figures']['median_h']} h: "
        + ("both computations agree" if result["agrees"] else f"DIFFERENT: {result['differences']}"),
    ]
    return "\n".join(lines)


def _extracts(base: Path, lists: int, form: str) -> float | None:
    out = base / f"extracts-{form}-{lists}"
    if (out / "truth.json").is_file():
        return None
    started = time.perf_counter()
    _apart(_simulate, str(out), lists, form)
    return round(time.perf_counter() - started, 2)


def _apart(function: Any, *arguments: Any) -> Any:
    """Call in a fresh process, so that its memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def _simulate(out: str, lists: int, form: str) -> None:
    from sources.simulator import simulate
    from sources.zone import Zone

    simulate(Path(out), Zone.load(ZONE), DAY, DAY, lists, 1, form, {})


def _run(home: str, extracts: str) -> dict[str, Any]:
    import great_expectations  # noqa: F401  (its import belongs to process start)

    from flows import stages
    from flows.pull import pull_all
    from sources.staging import load_landed, load_outcomes
    from warehouse import Home, Lake

    with Lake.write(Home(home)):
        pass  # a fresh home is made once, not every day
    seconds: dict[str, float] = {}

    def timed(name: str, work: Any) -> Any:
        started = time.perf_counter()
        value = work()
        seconds[name] = round(time.perf_counter() - started, 3)
        return value

    run = stages.begin(Path(home), ZONE, DAY)
    pulled = timed("pull", lambda: pull_all(run, extracts))
    timed("land", lambda: stages.land(run, pulled))
    timed("read", lambda: stages.read(run))
    timed("validate", lambda: stages.validate(run))
    timed("commit", lambda: stages.commit(run))
    timed("link", lambda: stages.link(run))
    timed("measure", lambda: stages.measure(run))
    timed("publish", lambda: stages.publish(run))
    with Lake.read(run.store) as lake:
        figures = lake.con.sql(
            "SELECT v.lists, v.orders, v.items, v.packages, v.gross_weight_kg, v.tax_cny, c.n, c.mean_h, c.median_h, "
            "c.p90_h, c.p95_h, c.max_h FROM wh.metrics.volume_daily v JOIN wh.metrics.clearance_daily c "
            "USING (zone, business_date, flow, mode, office) WHERE v.basis = 'released' AND c.basis = 'release' "
            f"AND measure = 'customs_gross' AND business_date = DATE '{DAY}' "
            "AND flow = 'all' AND mode = 'all' AND office = 'all'"
        ).pl()
    return {
        "stages": seconds,
        "documents": sum(each.rows for each in load_outcomes(run.outcomes)),
        "megabytes": sum(each.bytes for each in load_landed(run.landed)) / 1e6,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "peak_child_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        "figures": figures.to_dicts()[0],
    }


def _bare(extracts: str, form: str) -> dict[str, Any]:
    from benchmarks.bare import compute

    result = compute(Path(extracts), DAY, form)
    return {
        "seconds": result.seconds,
        "peak_mb": result.peak_mb,
        "figures": {**result.volume, **result.clearance},
    }


def _differences(run: dict[str, Any], bare: dict[str, Any]) -> list[str]:
    """Figures that the two computations do not give alike: counts and money exact, hours to the millisecond."""
    wrong = []
    for name, value in run["figures"].items():
        other = bare["figures"].get(name)
        hours = name.endswith("_h")
        same = abs(value - other) < 1e-6 / 3.6 if hours else Decimal(str(value)) == Decimal(str(other))
        if not same:
            wrong.append(f"{name}: {value} and {other}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
