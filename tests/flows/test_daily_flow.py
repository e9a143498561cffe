"""The daily flow through Prefect, without a server: what a run says, and that running it again changes nothing."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from day_runs import snapshot

from flows.clock import now
from flows.commands.quarantine import parse_mend
from flows.day import DayReport
from sources.simulator import simulate
from sources.zone import Zone
from warehouse import Home, Lake, quarantine, query, runs

ZONE, DAY, LISTS = "zhengzhou", date(2025, 3, 5), 60


@pytest.fixture(scope="module")
def home(empty_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    base = tmp_path_factory.mktemp("flow")
    shutil.copytree(empty_home.path, base / "home")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PREFECT_HOME", str(base / "prefect"))
        environment.setenv("TONGGUAN_PII_KEY", "a key that only this test knows, 32 bytes")
        yield base / "home"


@pytest.fixture(scope="module")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("extracts")
    simulate(out, Zone.load(ZONE), DAY, DAY, LISTS, 5, "parquet", {})
    return out / DAY.isoformat()


def run(home: Path, inbox: Path) -> DayReport:
    from flows.commands.run import run_day

    return run_day(ZONE, DAY, str(inbox), home, quiet=True)


@pytest.fixture(scope="module")
def first(home: Path, extracts: Path) -> DayReport:
    """The first run of the day."""
    return run(home, extracts)


def test_a_day_from_extracts_and_the_same_again(home: Path, extracts: Path, first: DayReport) -> None:
    assert first.vintages == [(DAY, 1)]
    assert first.committed.rows_read == first.committed.rows_accepted + first.committed.rows_superseded > 0
    # Nothing can be signed on the first day a zone delivers: a gap, named, and not green.
    assert first.gaps == [f"{DAY}: no documents of CEB513, CEB514"]
    assert first.exit_code == 1

    before = snapshot(home)
    again = run(home, extracts)
    assert (again.files_new, again.vintages, snapshot(home)) == (0, [], before)
    assert again.gaps == first.gaps, "a second run must not be greener than the first"
    outcomes = [each["outcome"] for each in runs.unchanged(Home(home))]
    assert outcomes == ["warnings"], "the run that changed nothing is kept beside the lake"


@pytest.mark.ci
@pytest.mark.usefixtures("first")
def test_what_is_refused_and_what_is_mended_by_later_runs(home: Path, extracts: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    payment = pl.read_parquet(next(extracts.glob("CEB411_*.parquet"))).head(1)
    spoiled = payment.with_columns(
        pl.lit("late-1").alias("payTransactionId"), pl.lit("2018080808080").alias("payTime")
    )
    spoiled.write_parquet(broken / "payments.parquet")
    (broken / "cut.xml").write_bytes(
        b"<ceb:CEB311Message xmlns:ceb='http://www.chinaport.gov.cn/ceb'><ceb:Ord"
    )
    refused = run(home, broken)
    assert (refused.committed.rows_quarantined, len(refused.refused), refused.exit_code) == (1, 1, 1)
    assert refused.refused[0].startswith("cut.xml") and "F1" in refused.refused[0]
    assert refused.quarantined[0].startswith("CEB411: 1 documents by rule P1")

    with Lake.write(Home(home)) as lake:
        (row,) = quarantine.list_rows(lake)
        mended = dict([parse_mend("payTime=20250305101500")])
        quarantine.release(
            lake, row["quarantine_id"], mended, reason="the bank confirmed", by="tester", at=now()
        )
    released = run(home, broken)
    assert (released.mended, released.quarantined) == (1, [])
    stored = query.run(
        Home(home),
        "SELECT pay_at::VARCHAR AS pay_at FROM documents.payments WHERE pay_transaction_id = 'late-1'",
    ).to_pylist()
    assert stored == [{"pay_at": "2025-03-05 10:15:00"}]
    files = query.run(
        Home(home),
        "SELECT rows_read = rows_accepted + rows_duplicate + rows_superseded + rows_quarantined AS conserved, "
        "status FROM ledger.files",
    ).to_pylist()
    assert files and all(each["conserved"] for each in files)
