"""States, vanished and rewritten records, as the example of docs/method-integrity.md works them by hand."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from transforms.families import Inputs
from transforms.families.integrity import FAMILY
from transforms.integrity import REWRITTEN, VANISHED
from transforms.integrity_tables import STATES_DAILY
from transforms.schemas import LISTS
from transforms.state import OUTCOME_OF, OUTCOMES, STATES
from transforms.stated import Stated
from warehouse.tables import REWRITTEN as REWRITTEN_TABLE
from warehouse.tables import VANISHED as VANISHED_TABLE

DAY = date(2026, 11, 11)
LATER = datetime(2026, 11, 13, 1)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 11, hour, minute)


def a_list(number: str, **values: object) -> dict[str, object]:
    return {"zone": "z", "flow": "I", "ebc_code": "E", "order_no": number, "guid": f"G{number}", **values}


def ledger(rows: list[dict[str, object]], columns: tuple[str, ...]) -> pl.LazyFrame:
    times = {"found_at", "reappeared_at"}
    types = {name: pl.Datetime("us") if name in times else pl.String() for name in columns}
    return pl.LazyFrame(rows, schema={"zone": pl.String(), "business_date": pl.Date(), **types})


def figures(lists, vanished=(), rewritten=(), dates=(DAY,)) -> dict[str, pl.DataFrame]:
    place = {"zone": "z", "business_date": DAY}
    inputs = Inputs(
        "z",
        tuple(dates),
        LATER,
        pl.LazyFrame(lists, schema=LISTS),
        pl.LazyFrame(),
        Stated(),
        {
            "ledger.vanished": ledger([place | each for each in vanished], VANISHED),
            "ledger.rewritten": ledger([place | each for each in rewritten], REWRITTEN),
        },
    )
    return {name: plan.collect() for name, plan in FAMILY.compute(inputs).items()}


def test_the_ledger_has_the_columns_that_are_read() -> None:
    for table, columns in ((VANISHED_TABLE, VANISHED), (REWRITTEN_TABLE, REWRITTEN)):
        assert set(columns) <= {name for name, _, _ in table.columns}


def test_every_state_has_one_outcome() -> None:
    assert set(OUTCOME_OF) == set(STATES)
    assert set(OUTCOME_OF.values()) == set(OUTCOMES)
    assert [each for each, outcome in OUTCOME_OF.items() if outcome == "released"] == ["released", "closed"]


def test_the_outcomes_of_a_day_add_up_and_the_mark_stands_beside_them() -> None:
    lists = [a_list(state, state=state, accepted_at=at(8)) for state in STATES]
    lists += [a_list("gone", state="released", accepted_at=at(8), vanished_at=LATER, flow="E")]
    lists += [a_list("other day", state="released", accepted_at=datetime(2026, 11, 10, 8))]
    rows = figures(lists)[STATES_DAILY.name].rows()
    assert rows == [
        ("z", DAY, "E", 1, 1, 0, 0, 0, 0, 1),
        ("z", DAY, "I", 10, 2, 5, 1, 1, 1, 0),
        ("z", DAY, "all", 11, 3, 5, 1, 1, 1, 1),
    ]


def test_the_effect_of_vanishing_and_of_rewriting_is_that_of_the_method_page() -> None:
    released = {"1": at(10), "2": at(9), "3": at(18)}
    lists = [
        a_list(number, accepted_at=at(8), released_at=time, vanished_at=LATER if number == "3" else None)
        for number, time in released.items()
    ]
    retold = {
        "kind": "CEB622",
        "business_key": "G2|800",
        "field": "returnTime",
        "old": "2026-11-11 12:00:00",
        "new": "2026-11-11 09:00:00",
        "guid": "G2",
        "found_at": LATER,
    }
    row = figures(lists, rewritten=[retold])["integrity_daily"].filter(flow="all", measure="customs_gross")
    assert row.height == 1
    found = row.row(0, named=True)
    assert (found["n"], found["vanished"], found["rewritten"]) == (3, 1, 1)
    assert found["mean_h"] == pytest.approx(13 / 3)
    assert found["median_h"] == 2
    assert found["mean_without_vanished_h"] == 1.5
    assert found["vanished_effect_h"] == pytest.approx(1.5 - 13 / 3)
    assert found["mean_first_told_h"] == pytest.approx(16 / 3)
    assert found["median_first_told_h"] == 4
    assert found["rewritten_effect_h"] == pytest.approx(-1)


@pytest.mark.parametrize(
    ("told", "hours"),
    [
        ([("18", "09", LATER)], 10),
        ([("18", "12", LATER), ("12", "09", LATER)], 10),  # two files of one run
        ([("18", "12", LATER), ("12", "09", LATER + timedelta(days=1))], 10),
        ([("09", "18", LATER), ("18", "09", LATER)], 1),  # there and back
        ([("12", "18", LATER), ("18", "12", LATER), ("12", "09", LATER + timedelta(days=1))], 4),
    ],
)
def test_a_time_that_was_rewritten_step_by_step_counts_from_the_first(
    told: list[tuple[str, str, datetime]], hours: int
) -> None:
    release = {"kind": "CEB622", "business_key": "G1|800", "field": "returnTime", "guid": "G1"}
    rewritten = [
        release | {"old": f"2026-11-11 {old}:00:00", "new": f"2026-11-11 {new}:00:00", "found_at": found}
        for old, new, found in told
    ]
    lists = [a_list("1", accepted_at=at(8), released_at=at(9))]
    rows = figures(lists, rewritten=rewritten)["integrity_daily"].filter(flow="all", measure="customs_gross")
    assert rows["mean_first_told_h"].to_list() == [hours]


def test_records_are_counted_by_kind_and_fields_beside_them() -> None:
    vanished = [
        {"kind": "CEB621", "business_key": "E|1", "found_at": LATER},
        {"kind": "CEB621", "business_key": "E|2", "found_at": LATER, "reappeared_at": LATER},
    ]
    told = {"business_key": "E|3", "old": "1", "new": "2", "found_at": LATER}
    rewritten = [{**told, "kind": "CEB621", "field": name} for name in ("packNo", "country")]
    rewritten += [{**told, "kind": "CEB311", "field": "acturalPaid"}]
    assert figures([], vanished, rewritten)["integrity_records_daily"].rows() == [
        ("z", DAY, "CEB311", 0, 0, 1, 1),
        ("z", DAY, "CEB621", 2, 1, 1, 2),
        ("z", DAY, "all", 2, 1, 2, 3),
    ]
