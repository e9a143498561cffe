"""The golden test of the indicator layer: of all published figures exactly seven contradict their neighbours."""

import json
from pathlib import Path

import pytest

from flows import cli
from sources.published import EXAMPLE, load
from transforms.indicators.check import CONSISTENT, INCONSISTENT, NOT_CHECKABLE, check_all, counts
from transforms.indicators.schema import read

#: Figure, and the relation that finds it out.
SEVEN = {
    "cq-export-2018-12": "steady",  # row 7: 7.04 h to 0.94 h in a month
    "cq-export-2021-12": "direction",  # row 10: 0.585 h after 0.39 h, told as a success
    "cq-retail-2018": "annual growth",  # row 28: 51.2 %, not 33.9 %
    "minute-capacity": "capacity",  # row 32: 2.304 m a day, below the peak of 3.24 m
    "zz-imports-2021": "growth",  # 30.05 %, not 29.2 %
    "zz-trade-2021": "growth",  # 31.2 %, not 30.9 %
    "train-value-2021": "growth",  # 75.4 %, not 74.04 %
}


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["tongguan", "check-published", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def test_exactly_seven_published_figures_are_inconsistent() -> None:
    verdicts = check_all(read(load(EXAMPLE), str(EXAMPLE)))
    found = {
        each.indicator.id: ", ".join(check.relation for check in each.checks if not check.consistent)
        for each in verdicts
        if each.outcome == INCONSISTENT
    }
    assert found == SEVEN
    assert counts(verdicts) == {CONSISTENT: 47, INCONSISTENT: 7, NOT_CHECKABLE: 98}
    rows = {int(each.indicator.row[3:]) for each in verdicts if each.indicator.row.startswith(("B1-", "B2-"))}
    assert rows == set(range(1, 41))  # every numbered row of the two tables
    assert all(note.consistent for each in verdicts for note in each.notes)  # the reader computed well


def test_the_command_shows_the_arithmetic_and_exits_1(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "--example") == 1
    said = capfd.readouterr().out
    assert (
        "cut: 1 - 68.32 / 239 = 71.414 % (71.352 % to 71.476 % by the printed digits), published 71.46 %"
        in said
    )
    assert "152 figures: 47 consistent, 7 inconsistent, 98 not checkable" in said


FIGURES = """
documents: {D: paper}
definitions: {size: {label: size, text: mean size}}
indicators:
  - {id: base, row: "1", doc: D, area: A, period: "2020", definition: size, value: "100", unit: t}
  - {id: next, row: "2", doc: D, area: A, period: "2021", definition: size, value: "112", unit: t,
     growth: {printed: "+12 %", noted: "15 %", against: base}, cut: {printed: "3 %"}, note: without the harbour}
  - {id: last, row: "3", doc: D, area: A, period: "2022", definition: size, value: "0", unit: t, rank: 2,
     note: "the harbour alone"}
"""


def test_notes_and_what_could_not_be_checked_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "figures.yaml"
    path.write_text(FIGURES)
    assert call(monkeypatch, str(path)) == 0
    assert (
        capfd.readouterr().out
        == """\
[2] size, A, 2021: 112 t
    growth: 112 / 100 - 1 = 12 % (10.9 % to 13.1 % by the printed digits), published +12 %: consistent
    note of a reader on growth: 112 / 100 - 1 = 12 % (10.9 % to 13.1 % by the printed digits), noted 15 %: \
does not follow, which accuses no published figure
    cut 3 %: not checkable, its base is not printed
    note: without the harbour

Not checkable, nothing is printed to recompute them from or what is named does not serve:
    [1] size, A, 2020: 100 t
    [3] size, A, 2022: 0 t
        rank 2: not checkable, a rank follows only from the ranks of all parts of a sum (sum_of)
        note: the harbour alone

3 figures: 1 consistent, 0 inconsistent, 2 not checkable
1 note of a reader does not follow from the figures, which accuses none of them
"""
    )
    assert call(monkeypatch, str(path), "--json") == 0
    _, record, _ = json.loads(capfd.readouterr().out)["figures"]
    assert record["note"] == "without the harbour"
    assert [each["consistent"] for each in record["checks"]] == [True]
    assert [each["consistent"] for each in record["notes"]] == [False]


def test_a_mended_file_exits_0_and_speaks_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for wrong, right in (
        ("93.78 %", "53.78 %"),
        ('implied: "0.94"', 'implied: "6.99"'),
        ("96.13 %", "98.13 %"),
        ('implied: "0.585"', 'implied: "0.283"'),
        ("33.9 %", "51.2 %"),
        ('"1,600"', '"2,400"'),
        ('"2.304 m"', '"3.456 m"'),
        ("+29.2 %", "+30.0 %"),
        ("+30.9 %", "+31.2 %"),
        ("+74.04 %", "+75.4 %"),
    ):
        assert text.count(wrong) == 1
        text = text.replace(wrong, right)
    mended = tmp_path / "mended.yaml"
    mended.write_text(text, encoding="utf-8")
    assert call(monkeypatch, str(mended), "--json") == 0
    record = json.loads(capfd.readouterr().out)
    assert record["counts"] == {"consistent": 54, "inconsistent": 0, "not checkable": 98}
    assert record["figures"][0]["not_checkable"] == ["cut 62.3 %: not checkable, its base is not printed"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("documents: {D: one, D: two}", "key 'D' is there twice"),
        ("documents: [", "not readable as YAML"),
        ("documents: {[D]: one}", "a list or a table stands where the name of a key is expected in"),
        ("documents: {{D: one}: two}", "a list or a table stands where the name of a key is expected in"),
        ("documents: 2018-13-01", "not readable as YAML: month must be in 1..12"),
        ("[" * 5000, "brackets are nested too deeply"),
        ("documents: {D: one}", "definitions is missing"),
        (None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_used_exits_2(
    text: str | None,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "figures.yaml"
    if text is not None:
        path.write_text(text)
    assert call(monkeypatch, str(path)) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert says in said
    assert "figures.yaml" in said


def test_a_file_or_the_example_is_needed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch) == 2
    assert "--example" in capfd.readouterr().err
