"""Many days with all faults on, delivered day by day: each is found under its right code, and nothing else.

`uv run pytest -m long -n 0 -s tests/flows/test_120_days.py` takes 120 days; TONGGUAN_DAYS=6 takes fewer.
Expected is truth.json, which the simulator computes from its own records (sources/simulator/truth_*.py).
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from day_runs import KEYS, differences, expected, load_truth, plain, published
from plain_orphans import plain_orphans
from polars.testing import assert_frame_equal

from flows import clock, stages
from flows.computing import linked_whole
from flows.day import DayReport
from flows.pull import pull_all
from sources.contracts import CONTRACTS
from sources.simulator import FAULTS, simulate
from sources.zone import Zone
from transforms.inputs import NEEDED
from transforms.schemas import RECONCILIATION
from warehouse import Home, Lake
from warehouse.upkeep import Policy, maintain

pytestmark = pytest.mark.long
ZONE, START, LISTS, RATE = "zhengzhou", date(2025, 3, 4), 40, 0.02
MAINTAINED = 6  # a Sunday
DAYS = int(os.environ.get("TONGGUAN_DAYS", "120"))
#: Reasons that say what the simulated faults do; others are told of lists without a fault too.
REASONS = ("waiting_order", "waiting_payment", "waiting_waybill", "amount_mismatch", "not_comparable")
#: What a clean simulation has as well: documents sent after their list, buyers who buy much.
NATURAL = {"late", "over_annual_limit", "over_single_limit", "orphan"}


@pytest.fixture(scope="module")
def set_clock() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def loaded(
    tmp_path_factory: pytest.TempPathFactory, empty_home: Home, set_clock: pytest.MonkeyPatch
) -> tuple[Home, dict[str, Any]]:
    """The days delivered one after the other; the clock of each run is that of its day."""
    base = tmp_path_factory.mktemp("days")
    days = [START + timedelta(days=each) for each in range(DAYS)]
    extracts, home = base / "extracts", Home(base / "home")
    shutil.copytree(empty_home.path, home.path)
    simulate(extracts, Zone.load(ZONE), days[0], days[-1], LISTS, 7, "parquet", dict.fromkeys(FAULTS, RATE))
    for number, day in enumerate(days, 1):
        set_clock.setattr(clock, "now", lambda day=day: datetime.combine(day, datetime.max.time()))
        begun = time.monotonic()
        inbox = extracts / day.isoformat()
        run = stages.begin(home.path, ZONE, day)
        stages.land(run, pull_all(run, str(inbox)))
        stages.read(run)
        stages.validate(run)
        stages.commit(run)
        stages.link(run)
        report = DayReport(run.run_id, ZONE, day, vintages=stages.measure(run))
        stages.tidy(run, report)
        assert report.untidy is None
        if (
            day.weekday() == MAINTAINED
        ):  # as the deployment does: files are merged and rewritten, snapshots expire
            at = datetime.combine(day, datetime.max.time())
            left = maintain(home, Policy(), f"maintenance-{day}", at, say=lambda _: None).left
            assert left == [], left
        shutil.rmtree(run.folder, ignore_errors=True)
        print(f"{day} ({number} of {DAYS}): {time.monotonic() - begun:.1f} s", flush=True)
    return home, load_truth(extracts)


def ask(home: Home, query: str) -> list[tuple[Any, ...]]:
    with Lake.read(home) as lake:
        return lake.con.execute(query).fetchall()


def test_files_that_cannot_be_read_are_refused(loaded: tuple[Home, dict[str, Any]]) -> None:
    home, truth = loaded
    found = {
        Path(name).name
        for (names,) in ask(home, "SELECT names FROM wh.ledger.files WHERE status = 'refused'")
        for name in names
    }
    wanted = [
        Path(each).name
        for name in ("wrong_encoding", "truncated_file")
        for each in truth["faults"][name]["keys"]
    ]
    assert found == set(wanted)


def test_malformed_rows_are_quarantined_by_their_rule(loaded: tuple[Home, dict[str, Any]]) -> None:
    home, truth = loaded
    # A time that does not parse may be part of the key, which then is missing as well.
    rule = "CASE WHEN list_contains(rules, 'P1') THEN 'P1' ELSE rules[1] END"
    found = Counter(ask(home, f"SELECT kind, {rule} FROM wh.quarantine.rows"))
    assert found == Counter((each["kind"], each["rule"]) for each in truth["quarantined"])


def test_copies_are_counted_as_duplicates(loaded: tuple[Home, dict[str, Any]]) -> None:
    home, truth = loaded
    found = {
        kind: (int(read), int(versions), int(duplicate), int(quarantined))
        for kind, read, versions, duplicate, quarantined in ask(
            home,
            "SELECT kind, sum(rows_read), sum(rows_accepted + rows_superseded), sum(rows_duplicate), "
            "sum(rows_quarantined) FROM wh.ledger.files WHERE status = 'loaded' GROUP BY kind",
        )
    }
    assert found == {
        kind: (row["read"], row["accepted"] + row["superseded"], row["duplicate"], row["quarantined"])
        for kind, row in truth["documents"].items()
        if row["read"]
    }


@pytest.mark.parametrize("reason", REASONS)
def test_lists_bear_the_reason_of_what_happened_to_them(
    reason: str, loaded: tuple[Home, dict[str, Any]]
) -> None:
    """missing_payment is waiting for payment, amount_mismatch itself, masked_identity not comparable."""
    home, truth = loaded
    found = ask(
        home,
        "SELECT flow || '|' || business_key FROM wh.core.reconciliation "
        f"WHERE subject = 'list' AND list_contains(reasons, '{reason}')",
    )
    assert sorted(key for (key,) in found) == truth["reconciliation"][reason]


def test_no_list_bears_another_reason(loaded: tuple[Home, dict[str, Any]]) -> None:
    home, _ = loaded
    found = ask(home, "SELECT DISTINCT unnest(reasons) FROM wh.core.reconciliation")
    assert {reason for (reason,) in found} <= {*REASONS, *NATURAL}


def test_orphans_are_those_that_no_list_claims(loaded: tuple[Home, dict[str, Any]]) -> None:
    """Against plain loops over everything stored: arrival in 120 deliveries neither hides nor invents one."""
    home, _ = loaded
    found = ask(
        home,
        "SELECT subject, business_key FROM wh.core.reconciliation "
        "WHERE subject <> 'list' AND NOT ends_with(subject, '_receipts')",
    )
    assert set(found) == plain_orphans(home)


def test_how_documents_agree_is_what_linking_everything_at_once_says(
    loaded: tuple[Home, dict[str, Any]],
) -> None:
    """Also shows that `sql --as-of` makes again what stood, where the snapshot of then is gone."""
    home, _ = loaded
    with Lake.read(home) as lake:
        documents = {
            table: lake.con.sql(f"SELECT * FROM wh.documents.{table}").pl().lazy() for table in NEEDED
        }
        columns = ", ".join(RECONCILIATION)
        stored = lake.con.sql(f"SELECT {columns} FROM wh.core.reconciliation").pl()
    made = linked_whole(Zone.load(ZONE), documents, ())["reconciliation"].select(stored.columns)
    grain = ["subject", "flow", "business_key"]
    assert_frame_equal(stored.sort(grain), made.cast(stored.schema).sort(grain))


def test_vanished_lists_are_named_with_their_file(loaded: tuple[Home, dict[str, Any]]) -> None:
    home, truth = loaded
    found = ask(home, "SELECT kind, business_key, file_name FROM wh.ledger.vanished")
    assert sorted([kind, key, Path(name).name] for kind, key, name in found) == truth["vanished"]


def test_rewritten_releases_are_named(loaded: tuple[Home, dict[str, Any]]) -> None:
    home, truth = loaded
    found = ask(home, "SELECT DISTINCT kind, business_key FROM wh.ledger.rewritten")
    assert sorted([kind, key] for kind, key in found) == truth["rewritten"]


@pytest.mark.parametrize("kind", ["CEB311", "CEB411", "CEB511", "CEB621", "CEB622", "CEB603", "CEB604"])
def test_late_documents_came_after_their_day(kind: str, loaded: tuple[Home, dict[str, Any]]) -> None:
    home, truth = loaded
    [(found,)] = ask(
        home,
        f"SELECT count(*) FROM wh.documents.{CONTRACTS[kind].table} WHERE loaded_at::DATE > business_date",
    )
    assert found == truth["late"].get(kind, 0)


def test_states_and_figures_are_those_of_the_truth(loaded: tuple[Home, dict[str, Any]]) -> None:
    home, truth = loaded
    states = dict(ask(home, "SELECT state, count(*) FROM wh.core.lists GROUP BY 1"))
    assert states == {state: count for state, count in truth["states"].items() if count}
    until = truth["observed_until"]
    clearance = published(home.path, "clearance_daily")
    censored_then = {key[0] for key, row in clearance.items() if plain(row["observed_until"]) != until}
    for table in KEYS:
        # A cohort published earlier was observed less long than the truth's, so it cannot be compared.
        found, wanted = (
            {key: row for key, row in rows.items() if key[1] != "acceptance" or key[0] not in censored_then}
            for rows in (published(home.path, table), expected(truth, table))
        )
        told = {key: {**row} for key, row in wanted.items()}
        for row in told.values():
            row.pop("observed_until", None)  # a date that nothing touched any more keeps its own
        assert differences(found, told) == []
