"""What a source says it sent against what was read."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from read_helpers import document, land, message

from sources import manifest
from sources.readers import read_files

TEXT = message("CEB411", [document("CEB411", at) for at in (1, 2)])  # 1.50 + 2.50


def beside(*entries: manifest.Entry) -> manifest.Manifest:
    """A manifest of this run in the root of the source that `land` names."""
    return manifest.Manifest("manifest.json", "test", manifest.THIS_RUN, entries)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, None),
        ({"rows": 2, "amount_total": "4.00"}, None),
        ({"amount_total": 4}, None),
        ({"rows": 3}, "2 documents, the manifest says 3"),
        ({"amount_total": "4.01"}, "amount total 4.00000, the manifest says 4.01"),
        ({"sha256": "0" * 64}, "its SHA-256 is another"),
    ],
)
def test_check(said: dict[str, object], wrong: str | None, tmp_path: Path) -> None:
    landed = [land(tmp_path, TEXT.encode(), "box.zip!sub/pay.xml"), land(tmp_path, b"<x/>", "other.xml")]
    outcomes = read_files(landed, tmp_path / "parts", b"key")
    stated = manifest.parse({"files": [{"name": "pay.xml", "sha256": landed[0].file_hash} | said]})
    refused = manifest.check([beside(*stated)], landed, outcomes)
    assert list(refused) == ([landed[0].file_hash] if wrong else [])
    for refusal in refused.values():
        assert (refusal.rule, wrong in refusal.message) == ("F8", True)


def test_load_reads_numbers_exactly_and_names_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(
        json.dumps({"tongguan_manifest": 1, "files": [{"name": "a", "rows": 1}, {"name": "b.zip"}]})
    )
    assert [each.name for each in manifest.load(path)] == ["a", "b.zip"]
    path.write_text('{"files": [{"name": "a", "rows": 1, "amount_total": 12345678901234.12345}]}')
    assert manifest.load(path)[0].amount_total == Decimal("12345678901234.12345")
    landed = [land(tmp_path, b"x", "b.zip!c.xml")]
    stated = beside(manifest.Entry("a"), manifest.Entry("b.zip"), manifest.Entry("c.xml"))
    assert manifest.missing([stated], landed) == [("manifest.json", "a")]


def test_a_landed_manifest_speaks_under_each_of_its_names_and_is_as_old_as_its_run(tmp_path: Path) -> None:
    data = b'{"files": [{"name": "a", "rows": 1}]}'
    file = replace(land(tmp_path, data), names=("d1/m.json", "d2/m.json"))
    assert [(each.name, each.source) for each in manifest.of_file(file)] == [
        ("d1/m.json", "test"),
        ("d2/m.json", "test"),
    ]
    ages = [
        manifest.of_file(each)[0].age
        for each in (file, replace(file, known=True), replace(file, known=True, earlier=True))
    ]
    assert ages == [manifest.THIS_RUN, manifest.THIS_DAY, manifest.OTHER_DAY] == sorted(ages)


def test_the_bytes_of_an_archive_answer_an_entry_and_refuse_no_member(tmp_path: Path) -> None:
    member = replace(land(tmp_path, TEXT.encode(), "pay.xml.gz!pay.xml"), archive_hash="c" * 64)
    outcomes = read_files([member], tmp_path / "parts", b"key")
    stated = beside(manifest.Entry("pay.xml", rows=2, sha256="c" * 64), manifest.Entry("pay.xml.gz", rows=9))
    assert manifest.check([stated], [member], outcomes) == {}
    assert manifest.missing([stated], [member]) == []


@pytest.mark.parametrize("text", ["{", '{"files": 1}', '{"files": [{"rows": "x", "name": "a"}]}', "[]"])
def test_a_manifest_that_is_none_says_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(text)
    with pytest.raises(manifest.ManifestError):
        manifest.load(path)


@pytest.mark.parametrize(
    "said",
    [
        *(
            '"rows": Infinity',
            '"rows": NaN',
            '"rows": 12.7',
            '"rows": true',
            '"rows": "王小明"',
            '"rows": [1]',
        ),
        *('"amount_total": "sNaN"', '"amount_total": "Infinity"', '"amount_total": 1e999999'),
        '"rows": 1, "x": ' + "[" * 100_000 + "]" * 100_000,
    ],
)
def test_numbers_that_are_none_are_a_fault_of_the_manifest(said: str, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text('{"files": [{"name": "a", ' + said + "}]}")
    with pytest.raises(manifest.ManifestError) as caught:
        manifest.load(path)
    assert str(caught.value).isascii()


def test_whole_numbers_may_be_written_as_texts(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text('{"files": [{"name": "a", "rows": "12"}, {"name": "b", "rows": 12.0}]}')
    assert [each.rows for each in manifest.load(path)] == [12, 12]
