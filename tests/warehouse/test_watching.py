"""Every check of the watch over a small lake: what holds is quiet, what is broken is found, and resolved when mended."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from sources.workdays import Calendar
from sources.zone import Zone
from sources.zone_deliveries import Deliveries, Expected, VolumeRule
from sources.zone_sources import inbox
from warehouse import Home, Lake, alerts, running, runs, watching
from warehouse.runs import RunRecord

NAME, DUE = "zhengzhou", date(2026, 11, 20)  # a Friday
MOMENT = datetime(2026, 11, 21, 9, 30)
KINDS = ("CEB311", "CEB621")


def zone(**changes: object) -> Zone:
    declared = {"deliveries": Deliveries((Expected(KINDS),)), "calendar": Calendar(), **changes}
    return replace(Zone.load(NAME), **declared)


def run_of(home: Home, day: date, outcome: str = "ok", problem: str = "", number: int = 1) -> None:
    at = datetime.combine(day + timedelta(days=1), datetime.min.time()) + timedelta(hours=6 + number)
    runs.note_unchanged(
        home,
        RunRecord(f"r{day}-{number}", NAME, day, at, at, outcome, problems=[problem] if problem else []),
    )


def healthy(home: Home, lake: Lake, days: int = 14, lists: int = 1000) -> None:
    """Two weeks of which nothing is to be said."""
    for back in range(days):
        day = DUE - timedelta(days=back)
        run_of(home, day)
        for kind in KINDS:
            lake.con.execute(
                "INSERT INTO wh.ledger.coverage (zone, business_date, kind, documents) "
                f"VALUES ('{NAME}', DATE '{day}', '{kind}', 9)"
            )
        lake.con.execute(
            f"INSERT INTO wh.core.partitions (zone, business_date, lists) VALUES ('{NAME}', DATE '{day}', {lists})"
        )
        lake.con.execute(
            f"INSERT INTO wh.vintages.published (zone, business_date, vintage) VALUES ('{NAME}', DATE '{day}', 1)"
        )


def look(lake: Lake, home: Home, declared: Zone | None = None) -> watching.Seen:
    return watching.look(lake, home, declared or zone(), DUE, MOMENT)


def gone(table: str, and_: str = "") -> Callable[[Home, Lake], None]:
    def spoil(home: Home, lake: Lake) -> None:
        lake.con.execute(
            f"DELETE FROM wh.{table} WHERE zone = '{NAME}' AND business_date = DATE '{DUE}' {and_}"
        )

    return spoil


def stopped(problem: str) -> Callable[[Home, Lake], None]:
    return lambda home, lake: run_of(home, DUE, "stopped", problem, number=2)


def never_run(home: Home, lake: Lake) -> None:
    kept = [line for line in home.unchanged_runs.read_text().splitlines() if f"r{DUE}" not in line]
    home.unchanged_runs.write_text("\n".join(kept) + "\n")


def too_many(home: Home, lake: Lake) -> None:
    lake.con.execute(f"UPDATE wh.core.partitions SET lists = 1300 WHERE business_date = DATE '{DUE}'")


def set_aside(home: Home, lake: Lake) -> None:
    lake.con.execute(
        "INSERT INTO wh.quarantine.rows (zone, kind, business_date, rules, status, run_id) VALUES "
        f"('{NAME}', 'CEB311', DATE '{DUE}', ['F4'], 'open', 'x'), ('{NAME}', 'CEB411', DATE '{DUE}', ['F4'], 'accepted', 'x')"
    )


def stale(home: Home, lake: Lake) -> None:
    lake.con.execute(
        "DELETE FROM wh.ledger.coverage WHERE kind = 'CEB621' AND business_date > DATE '2026-11-18'"
    )


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda home, lake: None, []),
        (
            gone("ledger.coverage", "AND kind = 'CEB621'"),
            [("missing_delivery", "any source", "2026-11-20: no documents of CEB621")],
        ),
        (
            gone("vintages.published"),
            [("nothing_happened", "publication", "2026-11-20: no final figures are published; the last run was r2026-11-20-1")],
        ),
        (
            gone("ledger.coverage"),
            [
                ("missing_delivery", "any source", "2026-11-20: no documents of CEB311, CEB621"),
                ("nothing_happened", "documents", "2026-11-20: the run r2026-11-20-1 ended, and "
                "there is not one document of the day"),
            ],
        ),
        (never_run, [("nothing_happened", "run", "2026-11-20: the day is due and no run for it has ended")]),
        (
            stopped("stopped: the disk is full"),
            [("run_stopped", "run", "2026-11-20: the last run (r2026-11-20-2) stopped: the disk is full")],
        ),
        (
            stopped("invariant: the lists do not add up"),
            [("invariant_broken", "run", "2026-11-20: the last run (r2026-11-20-2) stopped: the lists do not add up")],
        ),
        (
            too_many,
            [
                (
                    "volume_out_of_band",
                    "lists",
                    "2026-11-20: 1,300 lists on a workday; 800 to 1,200 were expected (median 1,000 of 9 days of the "
                    "same type from 2026-11-09 to 2026-11-19, plus and minus 4 × 50 (1.4826 × median absolute "
                    "deviation, at least 5% of the median))",
                )
            ],
        ),
        (
            set_aside,
            [
                (
                    "critical_rule_failed",
                    "F4",
                    "2026-11-20: 1 documents (CEB311) are set aside by rule F4; see "
                    "`tongguan quarantine list --zone zhengzhou --rule F4`",
                )
            ],
        ),
        (
            stale,
            [
                ("missing_delivery", "any source", "2026-11-19: no documents of CEB621"),
                ("missing_delivery", "any source", "2026-11-20: no documents of CEB621"),
                (
                    "stale_data",
                    "any source",
                    "1 of the kinds expected from any source lie behind: the newest CEB621 is of 2026-11-18, "
                    "2 expected days before 2026-11-20",
                ),
            ],
        ),
    ],
)  # fmt: skip
def test_each_check(
    spoil: Callable[[Home, Lake], None], found: list[tuple[str, str, str]], home: Home, lake: Lake
) -> None:
    healthy(home, lake)
    spoil(home, lake)
    seen = look(lake, home)
    assert sorted((each.kind, each.subject, each.sentence) for each in seen.findings) == found


def test_what_may_come_later_is_missed_when_it_is_due(home: Home, lake: Lake) -> None:
    healthy(home, lake)
    gone("ledger.coverage")(home, lake)
    lake.con.execute("DELETE FROM wh.ledger.coverage WHERE business_date = DATE '2026-11-17'")
    lagging = Deliveries((Expected(("CEB311",)), Expected(("CEB621",), lag_days=3)))
    seen = look(lake, home, zone(deliveries=lagging))
    assert [each.sentence for each in seen.findings if each.kind == "missing_delivery"] == [
        "2026-11-17: no documents of CEB311, CEB621",
        "2026-11-20: no documents of CEB311",
    ]


def test_a_source_that_is_silent_is_named_although_another_sent_the_kind(home: Home, lake: Lake) -> None:
    healthy(home, lake)
    lake.con.execute(
        f"INSERT INTO wh.documents.import_orders (zone, business_date, file_hash) VALUES ('{NAME}', DATE '{DUE}', 'h')"
    )
    lake.con.execute(
        f"INSERT INTO wh.ledger.files (zone, file_hash, source) VALUES ('{NAME}', 'h', '/inbox')"
    )
    post = replace(inbox("/x"), name="post", declared=True)
    for source, sentences in (("inbox", []), ("post", ["2026-11-20: no documents of CEB311 from post"])):
        declared = zone(
            sources=(post,), deliveries=Deliveries((Expected(("CEB621",)), Expected(("CEB311",), source)))
        )
        seen = look(lake, home, declared)
        missing = [each for each in seen.findings if each.kind == "missing_delivery"]
        # Of the days before there is coverage only, so no source has sent their orders.
        assert [each.sentence for each in missing if each.business_date == DUE] == sentences


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        (
            zone(deliveries=Deliveries((Expected(KINDS),), volume=VolumeRule(least=20))),
            "no band: 9 earlier days of the type workday are known, 20 are needed",
        ),
        (
            zone(calendar=Calendar(promotions=frozenset({"11-20"}))),
            "no band: 0 earlier days of the type promotion are known, 8 are needed",
        ),
    ],
)
def test_without_enough_days_of_the_type_there_is_no_band(
    declared: Zone, says: str, home: Home, lake: Lake
) -> None:
    healthy(home, lake)
    too_many(home, lake)
    seen = look(lake, home, declared)
    assert (seen.findings, seen.volume and seen.volume.reason) == ([], says)


@pytest.mark.parametrize(
    ("due", "years"), [(date(2026, 11, 30), []), (date(2026, 12, 1), ["2027"]), (date(2027, 3, 1), ["2027"])]
)
def test_a_year_nobody_states_warns_before_it_begins(
    due: date, years: list[str], home: Home, lake: Lake
) -> None:
    run_of(home, due)
    moment = datetime.combine(due + timedelta(days=1), time(9))
    seen = watching.look(lake, home, zone(), due, moment)
    assert [each.subject for each in seen.findings if each.kind == "calendar_unknown"] == years


BEGIN = """
import sys, time
from datetime import date, datetime
from warehouse import Home, running
running.begun(Home(sys.argv[1]), "r1", "zhengzhou", date(2026, 11, 20), datetime(2026, 11, 21, 6, 30), None)
print("begun", flush=True)
time.sleep(60)
"""


def test_a_killed_run_is_stuck_until_the_day_is_run_again(home: Home, lake: Lake) -> None:
    healthy(home, lake)
    never_run(home, lake)
    with subprocess.Popen([sys.executable, "-c", BEGIN, str(home.path)], stdout=subprocess.PIPE) as begun:
        assert begun.stdout and begun.stdout.readline()
        assert look(lake, home).findings == [], "a run under way is waited for"
        late = watching.look(lake, home, zone(), DUE, MOMENT + timedelta(hours=4))
        assert [(each.kind, each.subject) for each in late.findings] == [("run_stuck", "r1")]
        begun.kill()
    (stuck,) = [each for each in look(lake, home).findings if each.kind == "run_stuck"]
    assert "process" in stuck.sentence and "is gone without a word" in stuck.sentence
    run_of(home, DUE, number=9)
    assert [each.kind for each in look(lake, home).findings] == []
    running.forget_dead(home, NAME, DUE)
    assert running.marks(home) == []


def test_of_the_day_going_on_only_a_stop_is_told_and_it_is_resolved_by_the_next_run(
    home: Home, lake: Lake
) -> None:
    healthy(home, lake)
    today = DUE + timedelta(days=1)
    run_of(home, today, "stopped", "invariant: the lists do not add up")
    seen = look(lake, home)
    assert [(each.kind, each.business_date) for each in seen.findings] == [("invariant_broken", today)]
    alerts.keep(lake, NAME, seen.findings, seen.judged, "r1", MOMENT)
    run_of(home, today, number=2)
    seen = look(lake, home)
    change = alerts.keep(lake, NAME, seen.findings, seen.judged, "r2", MOMENT)
    assert [each.kind for each in change.resolved] == ["invariant_broken"] and not change.new


def test_an_alert_of_a_day_does_not_bring_its_deliveries_forward(home: Home, lake: Lake) -> None:
    healthy(home, lake)
    stale(home, lake)
    lagging = zone(deliveries=Deliveries((Expected(("CEB311",)), Expected(("CEB621",), lag_days=3))))
    run_of(home, DUE, "stopped", "stopped: the disk is full", number=2)
    seen = look(lake, home, lagging)
    alerts.keep(lake, NAME, seen.findings, seen.judged, "r1", MOMENT)
    run_of(home, DUE, number=3)
    assert [each.kind for each in look(lake, home, lagging).findings] == []


def test_a_day_on_which_nothing_is_expected_need_bring_nothing(home: Home, lake: Lake) -> None:
    healthy(home, lake)
    lake.con.execute("DELETE FROM wh.ledger.coverage WHERE business_date = DATE '2026-11-15'")  # a Sunday
    everyday, workdays = zone(), zone(deliveries=Deliveries((Expected(KINDS, workdays_only=True),)))
    assert [each.kind for each in look(lake, home, workdays).findings] == []
    assert [each.kind for each in look(lake, home, everyday).findings] == [
        "nothing_happened",
        "missing_delivery",
    ]


def test_the_daily_run_under_way_is_waited_for_although_hourly_runs_have_ended(
    home: Home, lake: Lake
) -> None:
    healthy(home, lake)
    gone("vintages.published")(home, lake)
    gone("ledger.coverage", "AND kind = 'CEB621'")(home, lake)
    running.begun(home, "daily", NAME, DUE, MOMENT - timedelta(hours=1), None)
    assert look(lake, home).findings == []
    running.ended(home, "daily")
    assert [each.kind for each in look(lake, home).findings] == ["nothing_happened", "missing_delivery"]


def test_a_date_to_come_hides_no_stale_data(home: Home, lake: Lake) -> None:
    healthy(home, lake)
    stale(home, lake)
    lake.con.execute(
        "INSERT INTO wh.ledger.coverage (zone, business_date, kind, documents) "
        f"VALUES ('{NAME}', DATE '2062-11-03', 'CEB621', 1)"
    )
    assert [each.newest for each in look(lake, home).freshness if each.behind] == [date(2026, 11, 18)]


def test_filling_an_old_day_does_not_resolve_what_is_stale_by_the_clock(home: Home, lake: Lake) -> None:
    healthy(home, lake)
    stale(home, lake)
    filled = watching.look(lake, home, zone(), date(2026, 11, 18), MOMENT)
    assert "stale_data" not in {each.kind for each in filled.findings}
    assert not filled.judged("stale_data", date(2026, 11, 18)) and look(lake, home).judged("stale_data", DUE)


def test_an_alert_is_kept_once_retold_and_resolved_with_its_time(home: Home, lake: Lake) -> None:
    healthy(home, lake)
    too_many(home, lake)

    def keep(at: int, run: str) -> alerts.Change:
        seen = look(lake, home)
        return alerts.keep(lake, NAME, seen.findings, seen.judged, run, MOMENT + timedelta(hours=at))

    first = keep(0, "r1")
    assert [each.kind for each in first.new] == ["volume_out_of_band"]
    assert json.loads(first.new[0].details or "")["high"] == 1200
    before = lake.snapshot()
    assert keep(1, "r2") == alerts.Change() and lake.snapshot() == before, "the same again leaves no snapshot"
    lake.con.execute(f"UPDATE wh.core.partitions SET lists = 1400 WHERE business_date = DATE '{DUE}'")
    assert keep(2, "r3") == alerts.Change(), "another figure is the same alert"
    lake.con.execute(f"UPDATE wh.core.partitions SET lists = 1100 WHERE business_date = DATE '{DUE}'")
    assert [each.kind for each in keep(3, "r4").resolved] == ["volume_out_of_band"]
    (row,) = alerts.read(lake.con, "true")
    assert (row.first_seen_at, row.resolved_at, row.run_id) == (MOMENT, MOMENT + timedelta(hours=3), "r1")
    assert "1,400 lists" in row.sentence and alerts.standing(lake.con, NAME) == []


def test_what_was_not_judged_is_not_resolved(home: Home, lake: Lake) -> None:
    healthy(home, lake)
    gone("ledger.coverage", "AND kind = 'CEB621'")(home, lake)
    seen = look(lake, home)
    alerts.keep(lake, NAME, seen.findings, seen.judged, "r1", MOMENT)
    run_of(home, DUE, "stopped", "stopped: x", number=3)
    seen = look(lake, home)
    change = alerts.keep(lake, NAME, seen.findings, seen.judged, "r2", MOMENT)
    assert [each.kind for each in change.new] == ["run_stopped"] and not change.resolved


def test_runs_count_in_the_order_in_which_they_ended_whatever_the_clock_said(home: Home, lake: Lake) -> None:
    healthy(home, lake)

    def run(name: str, year: int, outcome: str, changed: bool) -> None:
        at = datetime(year, 11, 21, 6, 30)
        runs.finish(lake, RunRecord(name, NAME, DUE, at, at, outcome), changed=changed)

    for number, changed in enumerate((False, True)):  # beside the lake, in the lake
        run(f"ahead-{number}", 2027 + number, "stopped", False)
        assert [each.kind for each in look(lake, home).findings] == ["run_stopped"]
        run(f"good-{number}", 2026, "ok", changed)
        assert look(lake, home).findings == []
    run("behind", 2020, "stopped", False)
    assert [each.kind for each in look(lake, home).findings] == ["run_stopped"]
    assert [each["run_id"] for each in runs.unchanged(home)][-3:] == ["good-0", "ahead-1", "behind"]


def test_an_alert_ends_no_earlier_than_it_began(home: Home, lake: Lake) -> None:
    healthy(home, lake)
    stopped("stopped: the catalog is held")(home, lake)
    seen = look(lake, home)
    alerts.keep(lake, NAME, seen.findings, seen.judged, "r1", MOMENT)
    change = alerts.keep(lake, NAME, [], seen.judged, "r2", MOMENT - timedelta(minutes=4))
    assert [(each.first_seen_at, each.resolved_at) for each in change.resolved] == [(MOMENT, MOMENT)]


@pytest.mark.parametrize(
    ("run", "day"), [(f"r{DUE}-1", DUE), ("of another home", DUE - timedelta(days=1))]
)  # known beside the lake; known nowhere
def test_undated_documents_that_are_set_aside_count_to_their_run(
    run: str, day: date, home: Home, lake: Lake
) -> None:
    healthy(home, lake)
    lake.con.execute(
        "INSERT INTO wh.quarantine.rows (zone, kind, rules, status, run_id, quarantined_at) VALUES "
        f"('{NAME}', 'CEB311', ['K2'], 'open', '{run}', TIMESTAMP '2026-11-19 06:30:00')"
    )
    (found,) = look(lake, home).findings
    assert (found.kind, found.subject, found.business_date) == ("critical_rule_failed", "K2", day)


def test_a_mark_that_a_power_cut_left_empty_is_a_dead_run_by_its_name(home: Home, lake: Lake) -> None:
    healthy(home, lake)
    never_run(home, lake)
    home.running.mkdir(exist_ok=True)
    (home.running / "zhengzhou-20261120-0a1b2c3d.json").write_text("")
    (home.running / "notes.json").write_text("")
    (stuck,) = [each for each in look(lake, home).findings if each.kind == "run_stuck"]
    assert stuck.business_date == DUE and "its process is gone without a word" in stuck.sentence
    running.forget_dead(home, NAME, DUE)
    assert running.marks(home) == []


def test_marks_of_other_homes_and_ended_runs_are_gone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    running.begun(home, "r9", NAME, DUE, MOMENT, "flow")
    (mark,) = running.marks(home, NAME)
    assert mark.alive and mark.flow_run_id == "flow" and running.marks(home, "other") == []
    running.ended(home, "r9")
    running.ended(home, "r9")
    assert running.marks(home) == []
