"""The file of a month: its figures, and which of its days are not in them."""

import csv
import hashlib
import json
from datetime import date, datetime, timedelta

import polars as pl
from test_late_data import DAY, ZONE, figures, one_table

from transforms.definitions import definitions_frame
from warehouse import monthly, vintages

__all__ = ["one_table"]  # a fixture of both files

AT = datetime(2026, 11, 13, 6, 30)
NEXT, LATER = DAY + timedelta(days=1), DAY + timedelta(days=2)


def test_a_month_is_whole_once_every_day_of_it_is_written(lake, home):
    days = [date(2026, 11, 1) + timedelta(days=each) for each in range(30)]
    assert not monthly.whole(home, ZONE, DAY), "nothing is written"
    vintages.publish(lake, ZONE, "r", lambda: AT, figures(*days[1:], lists=5), days[1:])
    monthly.write(lake, home, ZONE, DAY)
    assert not monthly.whole(home, ZONE, DAY), "the first is not in it"
    vintages.publish(lake, ZONE, "r", lambda: AT, figures(days[0], lists=5), days[:1])
    monthly.write(lake, home, ZONE, DAY)
    assert monthly.whole(home, ZONE, DAY) and not monthly.whole(home, "xinxiang", DAY)


def test_a_month_is_written_with_what_it_lacks_and_the_same_again(lake, home):
    vintages.publish(lake, ZONE, "r", lambda: AT, figures(DAY, NEXT, lists=5), [DAY, NEXT])
    vintages.publish(lake, ZONE, "r", lambda: AT, figures(LATER, lists=100), [LATER], final=())
    written = monthly.write(lake, home, ZONE, date(2026, 11, 20))
    file = home.path / written.path
    assert file == home.published / "monthly" / "zhengzhou-2026-11.csv"
    content = file.read_bytes()
    rows = list(csv.DictReader(content.decode().splitlines()))
    (lists,) = [each for each in rows if each["metric"] == "volume_daily.lists"]
    assert lists == {
        "zone": ZONE,
        "month": "2026-11",
        "days_covered": "2",
        "days_in_month": "30",
        "metric": "volume_daily.lists",
        "breakdowns": "basis=all; flow=all; mode=all; office=all",
        "value": "10",
        "unit": "count",
        "zh": "清单数",
        "en": "lists",
    }
    defined = definitions_frame().select(pl.format("{}.{}", "table_name", "id")).to_series()
    assert {each["metric"] for each in rows} <= set(defined)
    told = json.loads(file.with_suffix(".json").read_text())
    assert (told["rows"], told["days_covered"], told["days_in_month"]) == (len(rows), 2, 30)
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(told["lacking"]) == 28
    assert told["lacking"][0] == "2026-11-01: not published"
    assert "2026-11-13: provisional" in told["lacking"]
    assert "28 of 30 days are not in it" in written.markdown()
    assert monthly.write(lake, home, ZONE, DAY) == written and file.read_bytes() == content
    assert sorted(each.name for each in file.parent.iterdir()) == [file.name, f"{file.stem}.json"]
