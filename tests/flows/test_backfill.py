"""What a backfill plans, skips, takes up and refuses; the days themselves run in test_backfill_days.py (long)."""

import errno
import shutil
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from flows import stages
from flows.backfill import in_order
from flows.backfilling import book, load, plan, prepare, runners
from flows.backfilling.failures import hopeless, sentence
from flows.backfilling.plan import Inbox, Plan, Step
from flows.backfilling.prepare import Prepared
from flows.day import DayReport
from flows.errors import DayStopped, UsageProblem
from flows.stages import Anew, Run
from sources.staging import ReadOutcome, save
from sources.zone import FOLDER_VARIABLE, zones_folder
from sources.zone_sources import Source
from warehouse import Home, runs
from warehouse.backfills import Asked
from warehouse.errors import ConservationError

ZONE = "zhengzhou"
ONE, TWO, THREE = (date(2026, 11, each) for each in (10, 11, 12))


def filled(inbox: Path, *names: str) -> Path:
    for name in names:
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return inbox


def planned(base: Path, inbox: Inbox, done: dict[date, str] | None = None, force: bool = False) -> Plan:
    return plan.plan(base, ZONE, ONE, THREE, inbox, done or {}, force=force, key_check="k", readers=1)


def marks(todo: Plan) -> dict[date, str]:
    """The fingerprint of every day of a plan, as it is kept when they are done."""
    return {day: step.mark(day) for step in todo.steps for day in step.days}


def test_a_folder_a_day_is_told_from_a_flat_one(tmp_path: Path) -> None:
    by_day = filled(tmp_path / "a", f"{ONE}/x.csv", f"{THREE}/sub/y.csv", "truth.json", f"{TWO}/.half.part")
    looked = plan.inbox_at(tmp_path, ZONE, str(by_day))
    assert looked.sentence() == f"{by_day} has a folder a day (2 folders); 1 files beside them are left alone"
    todo = planned(tmp_path, looked)
    assert [(each.days, each.url) for each in todo.steps] == [
        ((ONE,), f"{by_day}/{ONE}"),
        ((THREE,), f"{by_day}/{THREE}"),
    ]
    assert todo.missing == (TWO,)
    assert todo.sentence() == "2 days to do, 0 done before, 1 without a folder"

    both = plan.inbox_at(
        tmp_path, ZONE, str(filled(tmp_path / "c", f"{ONE}/x.csv", "20261110/y.csv", "20261111/y.csv"))
    )
    assert (list(both.days), both.files, both.loose) == ([ONE], 1, 2), "only a folder that is read counts"
    other = plan.inbox_at(tmp_path, ZONE, str(filled(tmp_path / "d", "20261110/y.csv")))
    assert (other.layout, other.files) == (plan.FLAT, 1)

    flat = plan.inbox_at(tmp_path, ZONE, str(filled(tmp_path / "b", "x.csv", "y.csv")))
    assert "one flat folder: its 2 files are loaded once" in flat.sentence()
    assert [each.days for each in planned(tmp_path, flat).steps] == [(ONE, TWO, THREE)]
    with pytest.raises(UsageProblem, match="does not exist"):
        plan.inbox_at(tmp_path, ZONE, str(tmp_path / "none"))


def test_days_done_are_skipped_until_one_of_their_files_changes(tmp_path: Path) -> None:
    inbox = filled(tmp_path / "a", *(f"{day}/x.csv" for day in (ONE, TWO, THREE)))
    first = planned(tmp_path, plan.inbox_at(tmp_path, ZONE, str(inbox)))
    assert first.anew is None
    done = marks(first)
    assert planned(tmp_path, plan.inbox_at(tmp_path, ZONE, str(inbox)), done).empty
    (inbox / str(TWO) / "x.csv").write_text("otherwise")
    filled(inbox, f"{THREE}/new.csv")
    changed = planned(tmp_path, plan.inbox_at(tmp_path, ZONE, str(inbox)), done)
    assert ([each.first for each in changed.steps], changed.skipped) == ([TWO, THREE], (ONE,))
    assert changed.anew and changed.anew.days == {TWO, THREE}
    del done[TWO]  # loaded by a daily run: only what is asked for by force makes its lists anew
    changed = planned(tmp_path, plan.inbox_at(tmp_path, ZONE, str(inbox)), done)
    assert changed.anew and changed.anew.days == {THREE}
    forced = planned(tmp_path, plan.inbox_at(tmp_path, ZONE, str(inbox)), done, force=True)
    assert forced.anew and forced.anew.days == {ONE, TWO, THREE} and not forced.skipped


@pytest.mark.parametrize("layout", ["a folder a day", "flat"])
def test_other_rates_of_a_day_make_it_one_that_is_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    zones = shutil.copytree(zones_folder(), tmp_path / "zones")
    monkeypatch.setenv(FOLDER_VARIABLE, str(zones))
    folders = (f"{ONE}/", f"{TWO}/", f"{THREE}/") if layout == "a folder a day" else ("",)
    inbox = plan.inbox_at(tmp_path, ZONE, str(filled(tmp_path / "a", *(f"{each}x.csv" for each in folders))))
    done = marks(planned(tmp_path, inbox))
    text = (zones / f"{ZONE}.toml").read_text()
    (zones / f"{ZONE}.toml").write_text(text.replace("[rates]\n", f"[rates]\n{TWO} = {{ 502 = 7.5 }}\n"))
    changed = planned(tmp_path, inbox, done)
    assert (changed.skipped, marks(changed).keys()) == ((ONE,), {TWO, THREE})
    assert changed.anew and changed.anew.days == {TWO, THREE}


def test_days_from_declared_sources_are_done_again_when_a_source_has_changed_or_cannot_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = filled(tmp_path / "far", "a.csv")
    source = Source("far", str(root), "file", root=str(root))
    monkeypatch.setattr(plan, "sources_of", lambda *_: (source,))
    done = marks(planned(tmp_path, plan.inbox_at(tmp_path, ZONE, None)))
    assert planned(tmp_path, plan.inbox_at(tmp_path, ZONE, None), done).empty
    filled(root, "b.csv")
    assert planned(tmp_path, plan.inbox_at(tmp_path, ZONE, None), done).days == 3
    (root / "b.csv").unlink()
    root.rename(tmp_path / "away")
    gone = plan.inbox_at(tmp_path, ZONE, None)
    without = marks(planned(tmp_path, gone))
    assert planned(tmp_path, gone, without).empty, "within one backfill it stays the same"
    assert planned(tmp_path, plan.inbox_at(tmp_path, ZONE, None), without).days == 3


class Waiting:
    """Takes tasks as a runner of Prefect does; says how many were handed over and not fetched."""

    def __init__(self, failing: dict[date, Exception]) -> None:
        self.failing, self.open, self.most = failing, 0, 0

    def submit(self, task: object, parameters: dict[str, Step]) -> "Future[Prepared]":
        self.open += 1
        self.most = max(self.most, self.open)
        future = Fetched(self)
        day = parameters["step"].first
        if day in self.failing:
            future.set_exception(self.failing[day])
        else:
            future.set_result(Prepared(None, failure=str(day)))
        return future


class Fetched(Future):
    def __init__(self, pool: Waiting) -> None:
        super().__init__()
        self.pool = pool

    def result(self, timeout: float | None = None) -> Prepared:
        self.pool.open -= 1
        found: Prepared = super().result(timeout)
        return found


def steps(*days: date) -> list[Step]:
    return [Step(Path("/home"), ZONE, (day,), "x", (f"mark of {day}",), "k", 1) for day in days]


def test_days_come_in_order_with_few_ahead_and_a_fault_fails_its_own_day_only() -> None:
    pool = Waiting({TWO: ZeroDivisionError("never thought of")})
    days = [date(2026, 11, each) for each in range(10, 20)]
    got = list(in_order(pool, steps(*days), {THREE: Prepared(None, "known", reused=True)}, ahead=3))
    assert [step.first for step, _ in got] == days
    assert pool.most <= 3
    assert [prepared.failure for _, prepared in got[:3]] == [
        str(ONE),
        "ZeroDivisionError: never thought of",
        "known",
    ]
    gone = Waiting({TWO: BrokenProcessPool("terminated abruptly")})
    with pytest.raises(DayStopped, match=r"2026-11-11: a process that prepares days ended.*goes on here"):
        list(in_order(gone, steps(ONE, TWO), {}, ahead=2))


def test_what_was_prepared_is_taken_up_only_for_the_same_input(tmp_path: Path) -> None:
    one, two, three = steps(ONE, TWO, THREE)
    folders = {}
    for step, mark, whole in (
        (one, one.fingerprint, True),
        (two, "changed", True),
        (three, three.fingerprint, False),
    ):
        run = Run(tmp_path, ZONE, step.first, f"run-{step.first}", datetime(2026, 11, 20))
        run.folder.mkdir(parents=True)
        folders[step.first] = run.folder
        prepare.mark(run, zone=ZONE, fingerprint=mark, url=step.url)
        save([], run.outcomes)
        if whole:
            prepare.keep(Prepared(run, lists=5, documents=9, seconds=1.5))
    foreign = Run(tmp_path, "xinxiang", ONE, "foreign", datetime(2026, 11, 20))
    foreign.folder.mkdir(parents=True)
    prepare.mark(foreign, zone="xinxiang", fingerprint="m", url="x")
    found = prepare.ready({each.first: each for each in (one, two, three)}, tmp_path, ZONE)
    assert found.keys() == {ONE}
    taken = found[ONE]
    assert (taken.run and taken.run.folder, taken.lists, taken.documents, taken.reused) == (
        folders[ONE],
        *(5, 9, True),
    )
    assert [each.exists() for each in (*folders.values(), foreign.folder)] == [True, False, False, True]


def test_what_was_loaded_and_killed_before_it_was_entered_is_prepared_anew(tmp_path: Path) -> None:
    (one,) = steps(ONE)
    run = Run(tmp_path, ZONE, ONE, "run", datetime(2026, 11, 20))
    run.folder.mkdir(parents=True)
    prepare.mark(run, zone=ZONE, fingerprint=one.fingerprint, url=one.url)
    save([ReadOutcome("h", "xml", "CEB311", "parts/h.parquet", 1, 1)], run.outcomes)  # the part is gone
    prepare.keep(Prepared(run))
    assert prepare.ready({ONE: one}, tmp_path, ZONE) == {}
    assert not run.folder.exists()


def test_one_backfill_of_a_zone_at_a_time(tmp_path: Path) -> None:
    refused = pytest.raises(UsageProblem, match="a backfill of zhengzhou is already running")
    with (
        book.only_one(tmp_path, ZONE),
        book.only_one(tmp_path, "xinxiang"),
        refused,
        book.only_one(tmp_path, ZONE),
    ):
        pass
    with book.only_one(tmp_path, ZONE):
        pass


@pytest.mark.parametrize(
    ("runner", "address", "says"),
    [
        ("spark", None, "is not one of threads, processes, dask, ray"),
        ("threads", "tcp://x:1", "--address belongs to --runner dask or ray"),
    ],
)
def test_wrong_runners_are_refused(runner: str, address: str | None, says: str) -> None:
    with pytest.raises(UsageProblem, match=says):
        runners.chosen(runner, 2, address)


def test_readers_of_all_workers_fill_the_machine_once() -> None:
    assert runners.readers("threads", 1) == runners.cores()
    assert runners.readers("processes", 10_000) == 1
    assert runners.readers("dask", 4) is None


def test_a_worker_with_another_key_or_without_the_home_refuses(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TONGGUAN_PII_KEY", "one key of more than sixteen bytes")
    check = prepare.key_check(home.path)
    monkeypatch.setenv("TONGGUAN_PII_KEY", "another key, also long enough")
    assert check != prepare.key_check(home.path)
    step = Step(home.path, ZONE, (ONE,), str(tmp_path), ("m",), check, 1)
    assert "has another personal-data key" in (prepare.prepare(step).failure or "")
    away = Step(tmp_path / "nowhere", ZONE, (ONE,), str(tmp_path), ("m",), check, 1)
    assert "does not see the home" in (prepare.prepare(away).failure or "")
    assert not list(home.staging.iterdir())


def test_a_broken_invariant_is_kept_as_one(home: Home) -> None:
    run = stages.begin(home.path, ZONE, ONE)
    load._told(run, DayReport(run.run_id, ZONE, ONE), ConservationError("rows do not add up"))
    assert runs.unchanged(home)[-1]["problems"] == ["invariant: rows do not add up"]


def test_lists_of_the_days_in_question_are_made_anew_before_their_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of a flat inbox whose second day was done before."""
    called: list[str] = []
    for name in ("commit", "take_in_mended", "link", "link_anew", "measure", "tidy", "close"):
        monkeypatch.setattr(
            stages, name, lambda run, *_, name=name: called.append(f"{name} {run.business_date.day}")
        )
    monkeypatch.setattr(stages, "following", lambda run, day: replace(run, business_date=day))
    monkeypatch.setattr(load, "enter", lambda *_: None)
    run = Run(tmp_path, ZONE, ONE, "run", datetime(2026, 11, 20))
    step = Step(tmp_path, ZONE, (ONE, TWO), "x", ("m1", "m2"), "k", 1)
    asked = Asked("b", ZONE, ONE, TWO, "x", "me", None, datetime(2026, 11, 20))
    done = list(load.load(asked, step, Prepared(run), Anew(frozenset([TWO]))))
    assert [each.outcome.fingerprint for each in done] == ["m1", "m2"]
    assert [each for each in called if not each.startswith(("tidy", "close"))] == [
        *("commit 10", "take_in_mended 10", "link 10", "measure 10"),
        *("link_anew 11", "measure 11"),
    ]


def test_what_ends_a_backfill_and_what_ends_a_day() -> None:
    assert hopeless(OSError(errno.ENOSPC, "No space left on device"))
    assert hopeless(duckdb.IOException("disk"))
    assert not hopeless(duckdb.OutOfMemoryException("this day is too large"))
    assert not hopeless(ConservationError("rows do not add up"))
    assert not hopeless(FileNotFoundError(errno.ENOENT, "gone"))
    assert sentence(ConservationError("rows do not add up")) == "rows do not add up"
    assert sentence(KeyError("x")) == "KeyError: 'x'"
