"""Declared corrections as files: what is read, and which complaint names which key."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sources.corrections import load, parse
from sources.zone import FOLDER_VARIABLE, ZoneError

PLAIN = """
id = "late-clock"
status = "active"
action = "override"
reason = "clock of the e-port ran an hour ahead"
reporter = "Zhengzhou single window"
reported = 2026-11-12

[select]
kind = "CEB622"
first = 2026-11-11
last = 2026-11-12
fields = { agentCode = "AG1", returnStatus = ["120", "800"] }

[set]
returnTime = 2026-11-11T08:30:00

[expect]
documents = 2
fields = { customsCode = "4604" }
"""


def test_a_file_is_read_by_column(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "corrections" / "zhengzhou"
    folder.mkdir(parents=True)
    (folder / "late-clock.toml").write_text(PLAIN, encoding="utf-8")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    (found,) = load("zhengzhou")
    assert (found.id, found.file) == ("late-clock", "corrections/zhengzhou/late-clock.toml")
    assert (found.first, found.last, found.undated) == (date(2026, 11, 11), date(2026, 11, 12), False)
    assert found.fields == {"agent_code": ("AG1",), "return_status": ("120", "800")}
    assert found.set == {"return_at": datetime(2026, 11, 11, 8, 30)}
    assert (found.documents, found.holds) == (2, {"customs_code": "4604"})
    assert found.moved_to == date(2026, 11, 11)
    assert load("xinxiang") == ()


def test_numbers_are_exact() -> None:
    text = PLAIN.replace("CEB622", "CEB411").replace("returnTime = 2026-11-11T08:30:00", "amountPaid = 12.5")
    text = text.replace('{ agentCode = "AG1", returnStatus = ["120", "800"] }', '{ payCode = "P" }')
    text = text.replace('fields = { customsCode = "4604" }', "fields = { amountPaid = 125 }")
    found = parse(text, "zhengzhou", "late-clock.toml")
    assert found.set == {"amount_paid": Decimal("12.5")}
    assert found.holds == {"amount_paid": Decimal(125)}
    assert found.moved_to is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('id = "late-clock"', 'id = "other"', "id is 'other'"),
        ('"active"', '"on"', "status is 'on'; write proposed, active or withdrawn"),
        ('"override"', '"mend"', "action is 'mend'; write drop, override or flag"),
        ('"override"', '"drop"', "set has no use for drop"),
        ("[set]\nreturnTime = 2026-11-11T08:30:00\n", "", "set is needed by override"),
        ("CEB622", "CEB999", "select.kind 'CEB999' is no document kind"),
        ("last = 2026-11-12", "last = 2026-11-10", "select.last lies before first"),
        ("first = 2026-11-11", 'first = "2026-11-11"', "select.first must be a date"),
        ("agentCode =", "agent_code =", "select.fields.agent_code is no head field of CEB622"),
        ('"AG1"', "17", "select.fields.agentCode is 17; it must be a text in quotes"),
        ("returnTime = 2026-11-11T08:30:00", 'returnTime = "20261111083000"', "set.returnTime is"),
        ("returnTime = 2026-11-11T08:30:00", "returnTime = 2026-11-11T08:30:00Z", "without an offset"),
        ("documents = 2", "documents = 0", "expect.documents must be a whole number of at least 1"),
        (
            'documents = 2\nfields = { customsCode = "4604" }',
            "",
            "expect.documents or expect.fields is needed",
        ),
        ('reason = "clock of the e-port ran an hour ahead"\n', "", "reason is missing"),
        ("[select]", "[select]\nlimit = 3", "select.limit is not a known key"),
        ("[expect]", "[expect", "not readable as TOML"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, says: str) -> None:
    assert PLAIN.count(old) == 1
    with pytest.raises(ZoneError) as refused:
        parse(PLAIN.replace(old, new), "zhengzhou", "late-clock.toml", "folder/late-clock.toml")
    assert str(refused.value).startswith("folder/late-clock.toml: ")
    assert says in str(refused.value)


@pytest.mark.parametrize("place", ["select", "set", "expect"])
def test_personal_fields_can_neither_be_looked_for_nor_written(place: str) -> None:
    text = PLAIN.replace("CEB622", "CEB621").replace("returnTime = 2026-11-11T08:30:00", 'tradeMode = "9610"')
    text = text.replace(', returnStatus = ["120", "800"]', "")
    found = parse(text, "zhengzhou", "late-clock.toml")  # fine without a personal field
    assert found.kind == "CEB621"
    personal = {
        "select": ('agentCode = "AG1"', 'buyerName = "x"'),
        "set": ('tradeMode = "9610"', 'buyerName = "x"'),
        "expect": ('customsCode = "4604"', 'buyerName = "x"'),
    }[place]
    with pytest.raises(ZoneError, match="buyerName is personal"):
        parse(text.replace(*personal), "zhengzhou", "late-clock.toml")
