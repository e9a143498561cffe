"""The watchdog over a home in which nothing happened, what a stopped run leaves, and the page both write."""

import json
import shutil
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from prefect.exceptions import ObjectNotFound

from flows import cli, clock, stages, watching
from flows.daily import one_day
from flows.day import DayReport
from flows.watchdog import watchdog
from sources.zone import ZoneError, zones_folder
from warehouse import Home, Lake, alerts, running, runs
from warehouse.errors import ConservationError
from warehouse.status import status

ZONE, DUE, AT = "zhengzhou", date(2026, 11, 20), "2026-11-21T09:30"
NOT_RUN = "2026-11-20: the day is due and no run for it has ended"


def standing(home: Home) -> list[tuple[str, date]]:
    with Lake.read(home) as lake:
        return [(each.kind, each.business_date) for each in alerts.standing(lake.con, ZONE)]


def snapshot(home: Home) -> int:
    with Lake.read(home) as lake:
        return lake.snapshot()


def test_a_day_that_nobody_ran_is_red_everywhere(
    home: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    state = watchdog.fn(ZONE, AT, str(home.path))
    assert state.is_failed() and "1 alerts stand, 1 new" in (state.message or "")
    assert standing(home) == [("nothing_happened", DUE)]
    before = snapshot(home)
    assert "1 alerts stand, 0 new" in (watchdog.fn(ZONE, AT, str(home.path)).message or "")
    assert snapshot(home) == before, "the same again leaves no snapshot"

    page = home.path / "page.html"
    arguments = ("status", "--zone", ZONE, "--due", str(DUE), "--home", str(home.path), "--html", str(page))
    for form in ((), ("--json",)):
        monkeypatch.setattr("sys.argv", ["tongguan", *arguments, *form])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        said = capfd.readouterr().out
        assert stopped.value.code == 1 and NOT_RUN in said
    watch = json.loads(said)[0]["watch"]
    assert (watch["red"], watch["due"], watch["next_due_at"]) == (True, str(DUE), "2026-11-22 09:00:00")
    shown = page.read_text(encoding="utf-8")
    assert NOT_RUN in shown and "✗ 红 RED" in shown and "http" not in shown


@pytest.mark.parametrize(
    ("provisional", "moment", "judged"),
    [
        (False, "2026-11-21T06:31", DUE),
        (True, "2026-11-20T14:06", date(2026, 11, 19)),
        # Between midnight and the daily run the day before has no final figures, and none are due.
        (True, "2026-11-20T00:06", date(2026, 11, 18)),
        (True, "2026-11-22T10:06", date(2026, 11, 19)),
    ],
)
def test_what_a_run_can_be_held_to(home: Home, provisional: bool, moment: str, judged: date) -> None:
    run = stages.begin(home.path, ZONE, DUE, provisional)
    assert watching.judged_date(run, datetime.fromisoformat(moment)) == judged


def test_a_stopped_run_is_told_by_what_stopped_it_and_leaves_no_mark(home: Home) -> None:
    run = stages.begin(home.path, ZONE, DUE)
    stages.mark(run, None)
    assert [each.alive for each in running.marks(home)] == [True]
    error = ConservationError("the lists do not add up")
    stages.stopped(run, DayReport(run.run_id, ZONE, DUE), error)
    watching.after_stop(run, error)
    assert standing(home) == [("invariant_broken", DUE)] and running.marks(home) == []
    page = (home.reports / "status.html").read_text(encoding="utf-8")
    assert "the lists do not add up" in page


def test_a_stopped_run_of_the_day_going_on_is_told(home: Home) -> None:
    today = clock.now().date()
    run = stages.begin(home.path, ZONE, today, True)
    error = OSError(28, "No space left on device")
    stages.stopped(run, DayReport(run.run_id, ZONE, today, provisional=True), error)
    watching.after_stop(run, error)
    assert ("run_stopped", today) in standing(home)


def test_a_stop_is_told_although_the_warehouse_is_gone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[alerts.Alert] = []
    monkeypatch.setattr(watching.events, "announce", lambda each: told.extend(each))
    run = stages.begin(home.path, ZONE, DUE)
    error = OSError(28, "No space left on device")
    stages.stopped(run, DayReport(run.run_id, ZONE, DUE), error)
    home.catalog.unlink()
    watching.after_stop(run, error)
    assert [(each.kind, each.business_date) for each in told] == [("run_stopped", DUE)]
    assert "No space left" in told[0].sentence
    page = (home.reports / "status.html").read_text(encoding="utf-8")
    assert "The warehouse cannot be read" in page and "no warehouse in" in page and "No space left" in page


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[alerts.Alert]:
    said: list[alerts.Alert] = []
    monkeypatch.setattr(watching.events, "announce", lambda each: said.extend(each))
    return said


@pytest.mark.parametrize("recorded", [True, False])
def test_a_run_that_cannot_begin_is_told_whether_its_record_can_be_kept_or_not(
    recorded: bool, home: Home, told: list[alerts.Alert]
) -> None:
    shutil.rmtree(home.staging, ignore_errors=True)
    home.staging.write_text("in the way of the folder of the run")
    if not recorded:
        home.unchanged_runs.mkdir()
    with pytest.raises(OSError):
        one_day(home.path, ZONE, DUE, None)
    (stop,) = [each for each in told if each.kind == "run_stopped"]
    assert stop.business_date == DUE and str(home.staging) in stop.sentence
    assert (len(runs.unchanged(home)) if recorded else 1) == 1


@pytest.fixture
def zones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two zones, the file of one of which cannot be used."""
    folder = tmp_path / "zones"
    folder.mkdir()
    for name in ("xinxiang", ZONE):
        shutil.copy(zones_folder() / f"{name}.toml", folder)
    with (folder / "xinxiang.toml").open("a") as file:
        file.write("\n[oops]\nx = 1\n")
    monkeypatch.setenv("TONGGUAN_ZONES", str(folder))
    return folder


def test_a_zone_file_that_cannot_be_used_is_told_and_hinders_no_other_zone(
    home: Home, zones: Path, told: list[alerts.Alert], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched: list[str] = []
    monkeypatch.setattr(watching.events, "watched", watched.append)
    with pytest.raises(ZoneError, match="oops"):
        one_day(home.path, "xinxiang", DUE, None)
    assert [(each.kind, each.zone) for each in told] == [
        ("run_stopped", "xinxiang"),
        ("zone_file_wrong", "xinxiang"),
    ]
    running.begun(home, "r1", ZONE, DUE, datetime(2026, 11, 21, 9), None)
    state = watchdog.fn(None, AT, str(home.path))
    running.ended(home, "r1")
    assert watched == ["xinxiang", ZONE] and "xinxiang: 2 alerts stand, 0 new" in (state.message or "")

    with Lake.read(home) as lake:
        both = status(home, moment=datetime.fromisoformat(AT))
        assert alerts.zones(lake.con) == {"xinxiang"}
    shown = {each["zone"]: each for each in both}
    assert shown["xinxiang"]["watch"]["red"] and "oops" in shown["xinxiang"]["gaps"][0]

    shutil.copy(Path(__file__).parents[2] / "zones" / "xinxiang.toml", zones)
    watchdog.fn("xinxiang", AT, str(home.path))
    assert [each.kind for each in told if each.resolved_at] == ["zone_file_wrong"]


class Unknowing:
    """A Prefect server that does not know a flow run, or fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __enter__(self) -> "Unknowing":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def read_flow_run(self, _: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "says"),
    [(ObjectNotFound(Exception()), None), (httpx.ConnectError("no route"), "ConnectError: no route")],
)
def test_a_dead_run_that_prefect_does_not_know_hinders_no_watch(
    error: Exception, says: str | None, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.begun(home, "r1", ZONE, DUE, datetime(2026, 11, 21, 6), str(uuid4()))
    running.abandoned(home, "r1")
    monkeypatch.setattr(watching.events, "server", lambda: "http://server")
    monkeypatch.setattr(watching.events, "_emit", lambda *_: 0)
    monkeypatch.setattr("flows.watchdog.get_client", lambda **_: Unknowing(error))
    message = watchdog.fn(ZONE, AT, str(home.path)).message or ""
    assert ("run_stuck", DUE) in standing(home)
    assert (says or "alerts stand") in message and ("Prefect could not be told" in message) == bool(says)


def test_a_zone_with_a_standing_alert_and_no_run_is_red(home: Home) -> None:
    watching.watch(home, ZONE, DUE, datetime.fromisoformat(AT), "watchdog")
    (record,) = status(home, moment=datetime.fromisoformat(AT))
    assert (record["zone"], record["watch"]["red"]) == (ZONE, True)


def test_a_log_that_was_taken_away_does_not_verify(home: Home, lake: Lake, tmp_path: Path) -> None:
    assert watching.not_verified(lake, ZONE, DUE) == (), "nothing was ever sealed"
    lake.con.execute("INSERT INTO wh.ledger.checkpoints (day, size) VALUES (DATE '2026-11-19', 3)")
    (found,) = watching.not_verified(lake, ZONE, DUE)
    assert (found.kind, "there is no log" in found.sentence) == ("record_not_verified", True)
