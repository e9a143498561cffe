"""A changed formula needs a new definition version: what earlier versions said is written down and held."""

from dataclasses import replace
from pathlib import Path

import pytest

from transforms import definition_lock
from transforms.definition_lock import definitions
from transforms.definition_versions import VERSIONS
from transforms.measures import DEFINITION_VERSION
from transforms.metric_model import MetricTable
from transforms.metric_tables import METRIC_TABLES

FOLDER = Path(__file__).parents[2] / "docs" / "definitions"


def said(version: str) -> dict[str, str]:
    lines = (FOLDER / f"{version}.txt").read_text().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines)


def broken(version: str) -> list[str]:
    """Definitions that differ from what the version said and do not say they are of a later one."""
    before = said(version)
    return [
        name
        for name, (since, now) in definitions().items()
        if int(since) <= int(version) and before.get(name) != now
    ]


@pytest.mark.parametrize("version", [each.number for each in VERSIONS])
def test_no_definition_changed_without_a_new_version(version: str):
    assert broken(version) == [], (
        "what these mean changed, or they are new: see transforms/definition_versions.py for what to do"
    )


def test_versions_follow_each_other_and_the_last_is_the_present_one():
    assert [each.number for each in VERSIONS] == [str(number) for number in range(1, len(VERSIONS) + 1)]
    assert VERSIONS[-1].number == DEFINITION_VERSION
    assert max(int(since) for since, _ in definitions().values()) <= int(DEFINITION_VERSION)
    assert all(each.reason for each in VERSIONS)


def test_nothing_that_was_published_disappears_without_a_new_version():
    assert said(DEFINITION_VERSION).keys() <= definitions().keys()


def test_a_changed_formula_is_caught_and_a_later_since_allows_it(monkeypatch: pytest.MonkeyPatch):
    table = METRIC_TABLES["volume_daily"]

    def changed(**more: str) -> dict[str, MetricTable]:
        values = tuple(
            replace(each, formula="another", **more) if each.id == "lists" else each for each in table.values
        )
        return {**METRIC_TABLES, table.name: replace(table, values=values)}

    monkeypatch.setattr(definition_lock, "METRIC_TABLES", changed())
    assert broken("1") == ["volume_daily.lists"]
    monkeypatch.setattr(definition_lock, "METRIC_TABLES", changed(since="3"))
    assert broken("1") == broken("2") == []
