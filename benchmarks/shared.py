"""Two zones backfilled at the same time over PostgreSQL, S3 and Dask, held table by table against an embedded lake.

    python -m benchmarks.shared --lists 40 --days 30 [--zones zhengzhou chongqing] [--workers 2] [--keep DIR]

Debian's PostgreSQL, moto's S3, a Dask scheduler and its workers run as processes of their own. Each zone has a
machine of its own: a home and a `tongguan backfill --runner dask` process; both write one lake. The first keeps
the record. Prints seconds, also by stage, how often a transaction began again, and what the catalog and the bucket
hold. Exits 1 where any table differs or the record does not verify.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.compare import differences
from sources.simulator import simulate
from sources.zone import Zone

FIRST = date(2026, 10, 8)
KEY = "the same key on every machine"


def main(arguments: list[str] | None = None) -> int:
    """Run the show; returns the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.shared", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lists", type=int, default=40, help="lists a mean day of each zone")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--zones", nargs="+", default=["zhengzhou", "chongqing"])
    parser.add_argument("--workers", type=int, default=2, help="Dask workers")
    parser.add_argument("--keep", type=Path, help="keep everything here (and use extracts already there)")
    options = parser.parse_args(arguments)
    if reason := servers.missing():
        print(reason, file=sys.stderr)
        return 2
    base = (options.keep or Path(tempfile.mkdtemp(prefix="tongguan-shared-"))).resolve()
    try:
        result = show(base, options.zones, options.days, options.lists, options.workers)
    finally:
        if not options.keep:
            shutil.rmtree(base, ignore_errors=True)
    print(json.dumps(result, indent=2))
    return 0 if not result["differences"] and result["verify"]["problem"] is None else 1


def show(base: Path, zones: Sequence[str], days: int, lists: int, workers: int) -> dict[str, Any]:
    """Simulate, run both ways, compare; everything below `base`."""
    last = FIRST + timedelta(days=days - 1)
    for zone in zones:
        extracts = base / "extracts" / zone
        if not (extracts / "truth.json").is_file():
            simulate(extracts, Zone.load(zone), FIRST, last, lists, 1, "parquet", {})
    plain = {**os.environ, "TONGGUAN_PII_KEY": KEY}
    for name in ("TONGGUAN_CATALOG", "TONGGUAN_DATA", "TONGGUAN_RECORD"):
        plain.pop(name, None)

    begun = time.perf_counter()
    for zone in zones:
        finish(backfill(base, zone, base / "embedded", last, plain))
    embedded_s = time.perf_counter() - begun
    embedded = fingerprint_of(base / "embedded", plain, zones)

    shutil.rmtree(base / "servers", ignore_errors=True)
    (base / "servers").mkdir()
    with servers.postgres(base / "servers" / "postgres") as port, servers.s3(base / "servers") as address:
        settings = {
            **plain,
            **servers.environment(port, address),
            "TONGGUAN_PII_KEY": KEY,
            "PREFECT_LOGGING_EXTRA_LOGGERS": "warehouse",
            "PREFECT_LOGGING_LEVEL": "INFO",
        }
        with servers.dask(base / "servers", workers, settings) as scheduler:
            begun = time.perf_counter()
            running = [
                backfill(
                    *(base, zone, base / f"machine-{zone}", last),
                    settings if zone == zones[0] else {**settings, "TONGGUAN_RECORD": "off"},
                    *("--runner", "dask", "--address", scheduler, "--workers", str(workers)),
                )
                for zone in zones
            ]
            said = "".join([finish(each) for each in running])
            shared_s = time.perf_counter() - begun
        keeper = base / f"machine-{zones[0]}"
        shared = fingerprint_of(keeper, settings, zones)
        verify = json.loads(tongguan(keeper, settings, "verify", "--json"))
        size = servers.psql(
            base / "servers" / "postgres", port, "tongguan", "SELECT pg_database_size('tongguan')"
        )
        objects, stored = bucket(address)
    stages = [json.loads(line)["stages"] for line in said.splitlines() if line.startswith("{")]
    return {
        "zones": list(zones),
        "days": days,
        "lists_a_day": lists,
        "embedded_s": round(embedded_s, 1),
        "shared_s": round(shared_s, 1),
        "tables": len(shared),
        "rows": sum(rows for rows, _ in shared.values()),
        "differences": differences(embedded, shared),
        "begun_again": len(re.findall(r"another was quicker", said)),
        "stages_s_a_day": {
            name: round(sum(each[name] for each in stages) / (days * len(zones)), 1) for name in stages[0]
        },
        "catalog_mb": round(int(size) / 1e6, 1),
        "objects": objects,
        "stored_mb": round(stored / 1e6, 1),
        "verify": verify,
    }


def backfill(
    base: Path, zone: str, home: Path, last: date, environment: Mapping[str, str], *more: str
) -> subprocess.Popen[str]:
    """A backfill of a zone as a process of its own, its log beside its home."""
    home.mkdir(exist_ok=True)
    command = ["backfill", "--zone", zone, "--from", str(FIRST), "--to", str(last)]
    command += ["--inbox", str(base / "extracts" / zone), "--home", str(home), "--json", *more]
    with (home / f"{zone}.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "flows.cli", *command],
            stdout=log,
            stderr=log,
            text=True,
            env={**environment, "TONGGUAN_HOME": str(home)},
        )


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a backfill; returns what it said. Raises RuntimeError where it stopped or days failed."""
    code = process.wait()
    command = process.args
    assert isinstance(command, list)
    home, zone = Path(str(command[command.index("--home") + 1])), command[command.index("--zone") + 1]
    said = (home / f"{zone}.log").read_text(encoding="utf-8")
    if code not in (0, 1):  # 1: gaps and warnings, the same in both lakes
        raise RuntimeError(f"the backfill of {zone} ended with {code}: {said[-4000:]}")
    return said


def fingerprint_of(
    home: Path, environment: Mapping[str, str], zones: Sequence[str]
) -> dict[str, tuple[int, str]]:
    """The fingerprint of a lake, taken by a process with its environment."""
    script = (
        "import json, sys; from benchmarks.compare import of_home; "
        "print(json.dumps(of_home(sys.argv[1], zones=sys.argv[2:])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(home), *zones],
        capture_output=True,
        text=True,
        env=dict(environment),
        check=True,
    )
    return {table: (rows, digest) for table, (rows, digest) in json.loads(done.stdout).items()}


def tongguan(home: Path, environment: Mapping[str, str], *arguments: str) -> str:
    """What a command printed; its exit code may be 1."""
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments, "--home", str(home)],
        capture_output=True,
        text=True,
        env=dict(environment),
    )
    if done.returncode > 1:
        raise RuntimeError(f"tongguan {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def bucket(address: str) -> tuple[int, int]:
    """Objects of the bucket and their bytes."""
    pages = servers.client(address).get_paginator("list_objects_v2").paginate(Bucket=servers.BUCKET)
    sizes = [each["Size"] for page in pages for each in page.get("Contents", [])]
    return len(sizes), sum(sizes)


if __name__ == "__main__":
    sys.exit(main())
