"""A list counts as open on days that are none of its own: what comes late restates those whose figures differ."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl
import pytest
from memory_lake import in_memory
from polars.testing import assert_frame_equal
from staged_runs import LOADED, Stage, at, import_list, receipt
from test_warehouse_linking import RATES, link

from transforms.definitions import METRIC_TABLES
from transforms.families import FAMILIES, clearance, figures
from transforms.stated import Stated
from warehouse import enterprises, measuring, touched, vintages

NOVEMBER = [date(2026, 11, day) for day in range(1, 9)]
OBSERVED = datetime(2026, 12, 1)


@pytest.fixture
def memory(home):
    """The same statements without DuckLake."""
    with in_memory(home) as opened:
        yield opened


def load(home, lake, zone, run, documents):
    """Commit documents given as (kind, row) and link them."""
    stage = Stage(home, f"{zone}-{run}", zone)
    for kind in sorted({kind for kind, _ in documents}):
        stage.file(f"{zone}-{run}-{kind}", kind, [row for each, row in documents if each == kind])
    stage.commit(lake)
    link(lake, zone)


def computed(lake, zone, days, families=(clearance.FAMILY,)):
    """The figures as the stored rows give them now, all observed until the same time."""
    with measuring.inputs(lake, zone, days[-1], days, RATES, Stated()) as inputs:
        return figures(families, replace(inputs, observed_until=OBSERVED))


def publish(lake, zone, days):
    """Publish the clearance of these dates."""
    tables = {name: computed(lake, zone, days)[name] for name in vintages.METRIC_TABLES}
    return vintages.publish(lake, zone, "r", lambda: LOADED, tables, days)


def published(lake, zone):
    """What stands published on the days, whatever its vintage."""
    found = lake.con.sql(f"FROM wh.metrics.clearance_daily WHERE zone = '{zone}'").pl()
    return found.select(*METRIC_TABLES["clearance_daily"].schema).drop("zone").sort(pl.all())


def noted(lake, zone):
    """Days of November that wait to be restated."""
    rows = lake.con.execute(
        f"SELECT DISTINCT day(business_date) FROM wh.ledger.touched_dates WHERE zone = '{zone}' ORDER BY 1"
    )
    return [day for (day,) in rows.fetchall()]


def mark_published(lake, zone, days):
    """As if these dates had been published."""
    for day in days:
        lake.con.execute(
            "INSERT INTO wh.vintages.published (zone, business_date, vintage, published_at, run_id, reason, "
            f"definition_version) VALUES ('{zone}', DATE '{day}', 1, TIMESTAMP '{LOADED}', 'r', 'publication', '2')"
        )


def forget(lake):
    lake.con.execute("DELETE FROM wh.ledger.touched_dates")


def told(*statuses):
    """Receipts of list 1 as ("120", "01 10:00")."""
    return [("CEB622", receipt("1", *each)) for each in statuses]


#: The list is declared on 31 October, so that no day of November is noted for the sake of its declaration.
DECLARED = ("CEB621", import_list("1", "01 09:00", app_at=datetime(2026, 10, 31, 9)))
RELEASED = told(("120", "01 10:00"), ("800", "06 12:00"))
MOVED = import_list("1", app_at=at("04 12:00"), customs_code="4605", app_type="2")

#: What came in time, what comes late, and the days of November that it restates.
SCENARIOS = {
    # Accepted on the 1st, sent back on the 3rd, declared (again) on the 5th, released on the 6th; at the ends of the
    # 3rd and the 4th in repair.
    "sent back in between": (
        [DECLARED, *RELEASED, *told(("2", "05 09:00"))],
        told(("100", "03 10:00")),
        [1, 3, 4, 5, 6],
    ),
    # Open at the ends of the 1st to the 5th, under another office.
    "moved to another office": ([DECLARED, *RELEASED], [("CEB621", MOVED)], [1, 2, 3, 4, 5, 6]),
    # No longer open from the 3rd on; the 1st is its acceptance, the 2nd stays as it is.
    "closed without a release": (
        [DECLARED, *told(("120", "01 10:00"))],
        told(("899", "03 10:00")),
        [1, 3, 4, 5, 6, 7, 8],
    ),
}


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(each, marks=[pytest.mark.ci] if number else []) for number, each in enumerate(SCENARIOS)],
)
def test_days_between_the_milestones_do_not_depend_on_what_came_first(home, lake, monkeypatch, scenario):
    monkeypatch.setattr(vintages, "METRIC_TABLES", {"clearance_daily": METRIC_TABLES["clearance_daily"]})
    early, late, days = SCENARIOS[scenario]
    load(home, lake, "in-time", "all", [*early, *late])
    in_time = computed(lake, "in-time", NOVEMBER)["clearance_daily"].drop("zone").sort(pl.all())

    load(home, lake, "late", "first", early)
    publish(lake, "late", NOVEMBER)
    assert not published(lake, "late").equals(in_time)
    load(home, lake, "late", "then", late)
    assert [day for day in noted(lake, "late") if day < 9] == days
    publish(lake, "late", measuring.dates_to_publish(lake, "late", NOVEMBER[-1]))
    assert_frame_equal(published(lake, "late"), in_time, check_dtypes=False)


def test_an_earlier_acceptance_on_the_same_day_ages_the_list_on_all_its_days(home, memory):
    lake = memory
    mark_published(lake, "z", NOVEMBER)
    load(home, lake, "z", "first", [DECLARED, *RELEASED])
    forget(lake)
    load(home, lake, "z", "then", told(("120", "01 08:00")))
    assert noted(lake, "z")[:6] == [1, 2, 3, 4, 5, 6]


def test_an_ordinary_answer_restates_only_the_days_that_it_changes(home, memory):
    """Inspected, waited, released: the days before, on which the list was open anyway, stay as they are."""
    lake = memory
    mark_published(lake, "z", NOVEMBER)
    load(home, lake, "z", "r1", [DECLARED, *told(("120", "01 10:00"))])
    forget(lake)
    load(home, lake, "z", "r2", told(("500", "04 08:00")))
    assert noted(lake, "z") == [1, 4, 31], "accepted, the day of the answer, declared"
    forget(lake)
    load(home, lake, "z", "r3", told(("100", "05 08:00")))
    assert noted(lake, "z") == [1, 5, 6, 7, 8, 31], "in repair from the 5th on"
    forget(lake)
    load(home, lake, "z", "r4", told(("2", "07 08:00")))
    assert noted(lake, "z") == [1, 5, 7, 8, 31], "declared again on the 7th; the 6th stays in repair"
    forget(lake)
    load(home, lake, "z", "r5", told(("800", "08 08:00")))
    assert noted(lake, "z") == [1, 5, 7, 8, 31], (
        "released on the 8th; the other days are those of its milestones"
    )
    assert lake.con.execute("SELECT open FROM wh.core.partitions").fetchall() == [(0,)]


def test_a_list_closed_without_a_release_is_read_for_the_days_it_was_open_on(home, memory, tmp_path):
    lake = memory
    load(home, lake, "z", "all", [DECLARED, *told(("120", "01 10:00"), ("899", "03 10:00"))])
    assert lake.con.execute("SELECT open, last_at FROM wh.core.partitions").fetchall() == [
        (0, at("03 10:00"))
    ]
    read = [measuring.lists_for(lake, "z", [day], tmp_path).collect().height for day in NOVEMBER[:4]]
    assert read == [1, 1, 1, 0]
    opened = computed(lake, "z", NOVEMBER)["clearance_daily"].filter(
        basis="release", measure="customs_gross", flow="all", mode="all", office="all"
    )
    assert opened.select(pl.col("business_date").dt.day(), "open").rows() == [(1, 1), (2, 1)]


def drawn(draw, number):
    """Versions and receipts of one list, at any times."""

    def time():
        return datetime(2026, 11, 1) + timedelta(hours=6 * draw.randrange(32))

    def version():
        more = {"customs_code": draw.choice(["4604", "4605"]), "app_type": draw.choice("1123")}
        return (
            "CEB621",
            import_list(number, app_at=time(), trade_mode=draw.choice(["1210", "9610"]), **more),
        )

    def answer():
        status = draw.choice(
            ["2", "4", "100", "120", "120", "300", "400", "500", "600", "700", "800", "899", "-1"]
        )
        return ("CEB622", receipt(number, status, "01 00:00", return_at=time()))

    return [version() for _ in range(draw.randint(1, 3))] + [answer() for _ in range(draw.randint(2, 6))]


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(2, marks=pytest.mark.ci),
        *(pytest.param(each, marks=pytest.mark.long) for each in range(3, 30)),
    ],
)
def test_every_date_whose_figures_change_is_noted(home, memory, seed):
    """Whatever comes, in whatever order: of no published date does a figure differ that was not noted."""
    draw = random.Random(seed)
    documents = [each for number in "1234" for each in drawn(draw, number)]
    draw.shuffle(documents)
    mark_published(memory, "z", NOVEMBER)
    before = None
    for number, first in enumerate(range(0, len(documents), 4)):
        load(home, memory, "z", f"r{number}", documents[first : first + 4])
        enterprises.refresh(memory, "z", "r", ())
        after = computed(memory, "z", NOVEMBER, FAMILIES)
        waits = set(touched.pending(memory.con, "z"))
        if before is not None:
            assert changed(before, after) - waits == set(), number
        before = after
        forget(memory)


def changed(before, after):
    """Dates on which any figure differs."""
    found = set()
    for name, one in before.items():
        other = after[name]
        for day in NOVEMBER:
            of_day = pl.col("business_date") == day
            if not one.filter(of_day).equals(other.filter(of_day)):
                found.add(day)
    return found
