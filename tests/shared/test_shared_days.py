"""Whole days over PostgreSQL and S3, by several processes at once, held against an embedded lake.

Run with `uv run pytest -m long -n 0 -s tests/shared/test_shared_days.py`; thirty days of two zones over Dask:
`uv run python -m benchmarks.shared --lists 40 --days 30`.
"""

import os
import re
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import pytest
from duckdb_extensions import import_extension

from benchmarks import servers
from benchmarks.compare import differences, of_home
from sources.simulator import simulate
from sources.zone import Zone
from warehouse import Home, Lake, record

pytestmark = pytest.mark.long

ZONE, DAYS = "zhengzhou", (date(2026, 11, 10), date(2026, 11, 11))
PAGE = Path(__file__).parents[2] / "docs" / "operations" / "shared.md"
FAULTS = dict.fromkeys(("duplicate", "late", "amount_mismatch", "malformed", "missing_payment"), 0.05)
#: A machine's day: prepares while the other prepares, commits when it is its turn.
SCRIPT = """
import sys, time
from datetime import date
from pathlib import Path
from day_runs import run_stages
begun = time.monotonic()
run_stages(Path(sys.argv[1]), sys.argv[2], date.fromisoformat(sys.argv[3]), Path(sys.argv[4]))
print(f"{sys.argv[3]} took {time.monotonic() - begun:.1f} s")
"""


def start(home: Path, day: date, extracts: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    path = os.pathsep.join(sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(home), ZONE, day.isoformat(), str(extracts / day.isoformat())],
        stdout=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": path},
    )


def test_two_machines_load_two_days_of_a_zone_at_once(running, tmp_path):
    extracts = tmp_path / "extracts"
    simulate(extracts, Zone.load(ZONE), DAYS[0], DAYS[-1], 60, 1, "parquet", FAULTS)
    settings = running.fresh()
    shared = {**os.environ, **settings}
    begun = time.monotonic()
    machines = [
        start(tmp_path / f"machine-{day}", day, extracts, {**shared, "TONGGUAN_RECORD": record_of})
        for day, record_of in zip(DAYS, ("", "off"), strict=True)
    ]
    for each in machines:
        print(each.communicate()[0].strip())
        assert each.returncode == 0
    print(f"both days at once: {time.monotonic() - begun:.1f} s")
    with pytest.MonkeyPatch.context() as here:
        for name, value in settings.items():
            here.setenv(name, value)
        found = of_home(tmp_path / "reader", vintages=False)
        assert found["core.lists"][0] > 100
        keeper = Home(tmp_path / f"machine-{DAYS[0]}")
        with Lake.write(keeper, zone=record.LOCK) as lake:
            order = lake.con.execute("SELECT last_date FROM wh.ledger.batches ORDER BY loaded_at").fetchall()
            assert {day for (day,) in order} == set(DAYS)
            (now,) = lake.con.execute("SELECT current_localtimestamp()").fetchone()
            record.seal(lake, DAYS[-1], "seal", now)
            assert record.verify(lake).problem is None
    # Of a document delivered twice the first to come is kept, so the plain run takes the days in the same order.
    key = {"TONGGUAN_PII_KEY": settings["TONGGUAN_PII_KEY"]}
    outside = {name: value for name, value in os.environ.items() if name not in settings}
    for (day,) in order:
        assert start(tmp_path / "embedded", day, extracts, outside | key).wait() == 0
    with pytest.MonkeyPatch.context() as here:
        for name in settings.keys() - key.keys():
            here.delenv(name, raising=False)
        assert differences(of_home(tmp_path / "embedded", vintages=False), found) == []


def blocks(heading: str) -> list[str]:
    """The SQL of a section of the page."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}")[1].split("\n## ")[0]
    return re.findall(r"```sql\n(.*?)```", section, flags=re.DOTALL)


def test_an_analyst_attaches_as_the_page_says_and_can_only_read(running, shared, tmp_path):
    with Lake.read(Home(tmp_path / "machine")):
        database = shared["TONGGUAN_CATALOG"].rpartition("/")[2]
    rights, attach = blocks("5. Analysts")
    running.psql(rights, database)
    for here, there in (
        ("HOST 'db.internal', PORT 5432", f"HOST '127.0.0.1', PORT {running.port}"),
        ("DATABASE 'tongguan'", f"DATABASE '{database}'"),
        ("ANALYST-PASSWORD", servers.PASSWORD),
        ("READER-KEY", servers.KEY),
        ("READER-SECRET", servers.SECRET),
        ("s3.internal:9000", running.address.removeprefix("http://")),
        ("USE_SSL true", "USE_SSL false"),
    ):
        assert here in attach
        attach = attach.replace(here, there)
    con = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    for name in ("ducklake", "postgres_scanner", "httpfs"):
        import_extension(name, con=con)
        con.load_extension(name)
    con.execute(attach)
    assert con.execute("SELECT count(*) FROM wh.ledger.migrations").fetchone()[0] > 0
    con.execute("DETACH wh")
    con.execute("ATTACH 'ducklake:postgres:' AS wh (METADATA_SCHEMA 'tongguan', META_SECRET 'catalog')")
    with pytest.raises(duckdb.Error, match="permission denied"):  # not even where READ_ONLY was left out
        con.execute("INSERT INTO wh.ledger.touched_dates (zone) VALUES ('x')")
