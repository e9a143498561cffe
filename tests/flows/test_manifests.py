"""What a source says it sent is held against what was read: file by file, and for files that did not come."""

import hashlib
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows import manifests, pull, stages
from sources.contracts import CONTRACTS
from sources.readers import read_files
from sources.staging import (
    LandedFile,
    ReadOutcome,
    Refusal,
    dumps,
    load_landed,
    load_outcomes,
    loads_landed,
)
from sources.zone_sources import Source
from warehouse import Home, Lake, landing
from warehouse.landing import Arrival


def landed(tmp_path: Path, name: str, content: bytes, source: str = "test") -> LandedFile:
    digest = hashlib.sha256(content).hexdigest()
    (tmp_path / digest).write_bytes(content)
    return LandedFile(digest, str(tmp_path / digest), (name,), len(content), source)


def stating(
    tmp_path: Path, name: str, *entries: dict[str, Any], source: str = "test", edition: int = 1
) -> LandedFile:
    """A manifest; `edition` makes its bytes others where it states what another one states."""
    return landed(tmp_path, name, json.dumps({"files": entries, "edition": edition}).encode(), source)


def kept(file: LandedFile) -> LandedFile:
    """The file at the next run of the same day."""
    return replace(file, known=True)


def of_yesterday(file: LandedFile) -> LandedFile:
    """The file at a run of the next day."""
    return replace(file, known=True, earlier=True)


def rows(file: LandedFile, number: int) -> ReadOutcome:
    """What reading gave: so many documents."""
    return ReadOutcome(file.file_hash, "csv", "CEB411", "part.parquet", number, number)


def refused(files: list[LandedFile], *outcomes: ReadOutcome) -> dict[str, str]:
    """Hash -> message of what is refused."""
    found = manifests.checked(files, outcomes)
    assert all(each.refusal.rule == "F8" for each in found if each.refusal)
    return {each.file_hash: each.refusal.message for each in found if each.refusal}


def test_a_file_that_differs_is_refused_and_an_absent_one_named(tmp_path: Path) -> None:
    good, short = landed(tmp_path, "good.csv", b"a"), landed(tmp_path, "short.csv", b"b")
    entries = [
        {"name": "good.csv", "rows": 2, "amount_total": "12.5", "sha256": good.file_hash},
        {"name": "short.csv", "rows": 3},
        {"name": "never.csv", "rows": 1},
    ]
    manifest = landed(tmp_path, "manifest.json", json.dumps({"files": entries}).encode())
    outcomes = [
        ReadOutcome(good.file_hash, "csv", "CEB411", "good.parquet", 2, 2, Decimal("12.50000")),
        ReadOutcome(short.file_hash, "csv", "CEB411", "short.parquet", 2, 2),
        ReadOutcome(manifest.file_hash, "manifest", None),
    ]
    files = [good, short, manifest]

    by_name = {
        file.names[0]: each for file, each in zip(files, manifests.checked(files, outcomes), strict=True)
    }
    assert by_name["good.csv"].refusal is None
    assert by_name["manifest.json"].refusal is None
    refusal = by_name["short.csv"].refusal
    assert refusal is not None and refusal.rule == "F8"
    assert by_name["short.csv"].part is None
    assert "2 documents, the manifest says 3" in refusal.message
    assert manifests.absent(files) == ["manifest.json names never.csv, which did not arrive"]


def test_a_manifest_that_cannot_be_understood_is_refused_itself(tmp_path: Path) -> None:
    broken = landed(tmp_path, "manifest.json", b'{"files": [{"name": "a", "rows": "many"}]}')
    (outcome,) = manifests.checked([broken], [ReadOutcome(broken.file_hash, "manifest", None)])
    assert outcome.refusal is not None and outcome.refusal.rule == "F8"
    assert manifests.absent([broken]) == []


def test_a_manifest_is_known_wherever_its_list_stands(tmp_path: Path) -> None:
    """The reader says what is a manifest, and what it says so is compared."""
    short = landed(tmp_path, "short.csv", b"b")
    stated = {"comment": "x" * 1000, "files": [{"name": "short.csv", "rows": 3}]}
    manifest = landed(tmp_path, "manifest.json", json.dumps(stated).encode())
    (outcome,) = read_files([manifest], tmp_path, b"key")
    assert outcome.kind is None and outcome.format == "manifest"
    assert list(refused([short, manifest], rows(short, 2), outcome)) == [short.file_hash]


# --- whose file it is: folder, day, source ------------------------------------------------------------------


@pytest.mark.parametrize("again", [replace, of_yesterday, kept])
def test_a_manifest_speaks_of_its_own_folder(tmp_path: Path, again: Any) -> None:
    old = [
        again(landed(tmp_path, "2026-11-10/CEB311.xml", b"old")),
        again(stating(tmp_path, "2026-11-10/manifest.json", {"name": "CEB311.xml", "rows": 100})),
    ]
    new = landed(tmp_path, "2026-11-11/CEB311.xml", b"new")
    own = stating(tmp_path, "2026-11-11/manifest.json", {"name": "CEB311.xml", "rows": 200})

    assert refused([*old, new], rows(new, 200)) == {}
    assert refused([*old, new, own], rows(new, 200)) == {}
    assert "150 documents, the manifest says 200" in refused([*old, new, own], rows(new, 150))[new.file_hash]
    assert manifests.absent([*old, new, own]) == []
    assert manifests.absent([*old, own]) == [
        "2026-11-11/manifest.json names CEB311.xml, which did not arrive"
    ], "the file of that name in the other folder is another one"


def test_a_manifest_speaks_of_its_own_source(tmp_path: Path) -> None:
    theirs = stating(tmp_path, "manifest.json", {"name": "orders.csv", "rows": 100}, source="platform")
    ours = landed(tmp_path, "orders.csv", b"ours", source="customs")
    own = stating(tmp_path, "manifest.json", {"name": "orders.csv", "rows": 200}, source="customs")

    assert refused([theirs, own, ours], rows(ours, 200)) == {}
    assert list(refused([theirs, own, ours], rows(ours, 100))) == [ours.file_hash]
    assert manifests.absent([theirs, own, ours]) == ["manifest.json names orders.csv, which did not arrive"]


def test_one_manifest_in_two_folders_speaks_of_both(tmp_path: Path) -> None:
    first, second = landed(tmp_path, "a/x.csv", b"1"), landed(tmp_path, "b/x.csv", b"2")
    same = replace(
        stating(tmp_path, "a/manifest.json", {"name": "x.csv", "rows": 1}),
        names=("a/manifest.json", "b/manifest.json"),
    )
    outcomes = [rows(first, 2), rows(second, 2)]
    assert set(refused([first, second, same], *outcomes)) == {first.file_hash, second.file_hash}
    assert manifests.absent([first, same]) == ["b/manifest.json names x.csv, which did not arrive"]


def test_a_name_is_looked_for_as_it_is_written_and_else_beside_the_manifest(tmp_path: Path) -> None:
    deep, flat = landed(tmp_path, "out/hz/x.csv", b"1"), landed(tmp_path, "out/y.csv", b"2")
    manifest = stating(
        tmp_path,
        "out/manifest.json",
        {"name": "hz/x.csv", "rows": 1},
        {"name": "/export/y.csv", "rows": 1},
        {"name": "zz/x.csv", "rows": 1},
    )
    files = [deep, flat, manifest]
    assert set(refused(files, rows(deep, 2), rows(flat, 2))) == {deep.file_hash, flat.file_hash}
    assert manifests.absent(files) == ["out/manifest.json names zz/x.csv, which did not arrive"]


# --- which manifest decides -------------------------------------------------------------------------------


def test_a_name_used_again_is_not_held_against_a_manifest_of_another_day(tmp_path: Path) -> None:
    before = landed(tmp_path, "orders.csv", b"yesterday")
    old = stating(
        tmp_path, "manifest-1110.json", {"name": "orders.csv", "rows": 1, "sha256": before.file_hash}
    )
    counted = stating(tmp_path, "counts-1110.json", {"name": "orders.csv", "rows": 1})
    today = landed(tmp_path, "orders.csv", b"today")
    earlier = [of_yesterday(old), of_yesterday(counted)]
    assert refused([today, *earlier], rows(today, 2)) == {}

    new = stating(tmp_path, "manifest-1111.json", {"name": "orders.csv", "rows": 3})
    assert "the manifest says 3" in refused([today, *earlier, new], rows(today, 2))[today.file_hash]


def test_a_late_file_is_held_against_the_manifest_of_another_day_that_states_its_bytes(
    tmp_path: Path,
) -> None:
    late = landed(tmp_path, "2026-11-10/orders.csv", b"late")
    old = stating(
        tmp_path,
        "2026-11-10/manifest.json",
        {"name": "orders.csv", "rows": 3, "sha256": late.file_hash},
    )
    assert list(refused([late, of_yesterday(old)], rows(late, 2))) == [late.file_hash]
    assert refused([late, of_yesterday(old)], rows(late, 3)) == {}
    today = stating(tmp_path, "2026-11-10/more.json", {"name": "orders.csv", "rows": 9, "sha256": "0" * 64})
    assert refused([late, of_yesterday(old), today], rows(late, 3)) == {}, "its bytes say which entry is its"


def test_the_manifest_of_this_run_decides_over_those_read_before(tmp_path: Path) -> None:
    file = landed(tmp_path, "orders.csv", b"x")
    first = kept(stating(tmp_path, "z.json", {"name": "orders.csv", "rows": 1}))
    second = stating(tmp_path, "a.json", {"name": "orders.csv", "rows": 2})
    for files in ([file, first, second], [second, first, file]):
        assert refused(files, rows(file, 2)) == {}
        assert "the manifest says 2" in refused(files, rows(file, 1))[file.file_hash]
    assert "the manifest says 1" in refused([file, first], rows(file, 2))[file.file_hash]


def test_of_manifests_that_came_together_one_that_agrees_is_enough(tmp_path: Path) -> None:
    """A flat inbox, or day folders given by hand: names without folders, and nothing tells which is newer."""
    one, two = landed(tmp_path, "CEB311.xml", b"1"), landed(tmp_path, "CEB311.xml", b"2")
    says_one = stating(tmp_path, "manifest.json", {"name": "CEB311.xml", "rows": 100})
    says_two = stating(tmp_path, "manifest.json", {"name": "CEB311.xml", "rows": 200})
    for files in ([one, two, says_one, says_two], [says_two, says_one, two, one]):
        assert refused(files, rows(one, 100), rows(two, 200)) == {}
        assert list(refused(files, rows(one, 100), rows(two, 150))) == [two.file_hash]


@pytest.mark.parametrize("hashed", [True, False])
def test_a_redelivery_is_not_held_against_an_entry_that_another_file_answered(
    tmp_path: Path, hashed: bool
) -> None:
    first, second = landed(tmp_path, "orders.csv", b"1"), landed(tmp_path, "orders.csv", b"2")
    entry = {"name": "orders.csv", "rows": 1} | ({"sha256": first.file_hash} if hashed else {})
    manifest = stating(tmp_path, "manifest.json", entry)
    files = [kept(first), kept(manifest), second]
    assert refused(files, rows(second, 2)) == {}
    assert manifests.absent(files) == []
    assert manifests.absent([kept(manifest), kept(second)]) == [], "the first is listed no more"


def test_an_entry_of_two_files_of_one_name_does_not_refuse_the_one_that_is_right(tmp_path: Path) -> None:
    right, wrong = landed(tmp_path, "a.zip!x.csv", b"right"), landed(tmp_path, "b.zip!x.csv", b"cut")
    manifest = stating(
        tmp_path,
        "manifest.json",
        {"name": "x.csv", "sha256": right.file_hash},
        {"name": "x.csv", "sha256": "0" * 64},
    )
    assert list(refused([right, wrong, manifest], rows(right, 1), rows(wrong, 1))) == [wrong.file_hash]


def test_what_was_refused_already_keeps_its_reason(tmp_path: Path) -> None:
    file = landed(tmp_path, "x.csv", b"1")
    broken = replace(rows(file, 0), refusal=Refusal("F1", "it is empty"))
    manifest = stating(tmp_path, "manifest.json", {"name": "x.csv", "rows": 1})
    (outcome,) = manifests.checked([file, manifest], [broken])
    assert outcome.refusal == broken.refusal


# --- archives ---------------------------------------------------------------------------------------------


def test_a_manifest_beside_an_archive_speaks_of_its_members(tmp_path: Path) -> None:
    hz = replace(landed(tmp_path, "d2/box.zip!hz/x.csv", b"1"), archive_hash="box")
    zz = replace(landed(tmp_path, "d2/box.zip!zz/x.csv", b"2"), archive_hash="box")
    by_path = stating(
        tmp_path, "d2/manifest.json", {"name": "hz/x.csv", "rows": 1}, {"name": "zz/x.csv", "rows": 2}
    )
    by_name = stating(
        tmp_path, "d2/manifest.json", {"name": "x.csv", "rows": 1}, {"name": "box.zip", "rows": 3}
    )
    elsewhere = stating(
        tmp_path, "d1/manifest.json", {"name": "x.csv", "rows": 9}, {"name": "box.zip", "rows": 3}
    )

    assert refused([hz, zz, by_path, elsewhere], rows(hz, 1), rows(zz, 2)) == {}
    assert set(refused([hz, zz, by_path], rows(hz, 2), rows(zz, 1))) == {hz.file_hash, zz.file_hash}
    assert list(refused([hz, zz, by_name], rows(hz, 1), rows(zz, 2))) == [zz.file_hash]
    assert manifests.absent([hz, zz, by_path, by_name]) == []
    assert manifests.absent([hz, by_path]) == ["d2/manifest.json names zz/x.csv, which did not arrive"]
    assert manifests.absent([hz, elsewhere]) == [
        "d1/manifest.json names x.csv, which did not arrive",
        "d1/manifest.json names box.zip, which did not arrive",
    ]


def test_a_manifest_in_an_archive_speaks_of_that_archive(tmp_path: Path) -> None:
    inside = landed(tmp_path, "a.zip!out/x.csv", b"1")
    other, beside = landed(tmp_path, "b.zip!x.csv", b"2"), landed(tmp_path, "x.csv", b"3")
    manifest = stating(tmp_path, "a.zip!manifest.json", {"name": "x.csv", "rows": 1})
    files = [inside, other, beside, manifest]
    outcomes = [rows(each, 2) for each in files[:3]]
    assert list(refused(files, *outcomes)) == [inside.file_hash]
    more = landed(tmp_path, "a.zip!y.csv", b"4")
    assert manifests.absent([more, other, beside, manifest]) == [
        "a.zip!manifest.json names x.csv, which did not arrive"
    ]


def test_a_manifest_packed_alone_speaks_of_what_lies_beside_its_archive(tmp_path: Path) -> None:
    file = landed(tmp_path, "d2/x.csv.gz!x.csv", b"1")
    manifest = stating(tmp_path, "d2/manifest.json.gz!manifest.json", {"name": "x.csv", "rows": 1})
    assert list(refused([file, manifest], rows(file, 2))) == [file.file_hash]
    assert manifests.absent([file, manifest]) == []


# --- what did not arrive ----------------------------------------------------------------------------------


def test_a_manifest_after_its_files_misses_nothing(tmp_path: Path) -> None:
    file = landed(tmp_path, "orders.csv", b"x")
    for entry in ({"name": "orders.csv", "rows": 1}, {"name": "orders.csv", "sha256": file.file_hash}):
        manifest = stating(tmp_path, "manifest.json", entry)
        assert refused([manifest, of_yesterday(file)]) == {}
        assert manifests.absent([manifest, of_yesterday(file)]) == []


@pytest.mark.parametrize("hashed", [True, False])
def test_the_file_of_yesterday_under_a_reused_name_is_not_that_of_today(tmp_path: Path, hashed: bool) -> None:
    before = of_yesterday(landed(tmp_path, "orders.csv", b"yesterday"))
    entry: dict[str, Any] = {"name": "orders.csv", "rows": 1}
    old = stating(
        tmp_path,
        "manifest-1110.json",
        entry | ({"sha256": before.file_hash} if hashed else {}),
    )
    new = stating(tmp_path, "manifest-1111.json", entry | ({"sha256": "0" * 64} if hashed else {"rows": 2}))
    told = ["manifest-1111.json names orders.csv, which did not arrive"]
    assert manifests.absent([before, of_yesterday(old), new]) == told
    assert manifests.absent([before, of_yesterday(old), kept(new)]) == told, "not greener for a second run"
    by_hand = [kept(before), kept(old), new]
    if hashed:
        assert manifests.absent([replace(each, earlier=False) for each in by_hand]) == told

    today = landed(tmp_path, "orders.csv", b"today")
    assert manifests.absent([today, of_yesterday(old), new]) == []


def test_a_manifest_that_repeats_what_older_ones_state_misses_nothing(tmp_path: Path) -> None:
    before = of_yesterday(landed(tmp_path, "a.csv", b"a"))
    entry = {"name": "a.csv", "rows": 1}
    old = of_yesterday(stating(tmp_path, "manifest-1110.json", entry))
    new = stating(tmp_path, "manifest-1111.json", entry, edition=2)
    assert manifests.absent([before, old, new]) == []


def test_what_an_older_manifest_missed_was_told_on_its_day(tmp_path: Path) -> None:
    old = stating(tmp_path, "manifest.json", {"name": "never.csv", "rows": 1})
    assert manifests.absent([of_yesterday(old)]) == []


# --- over three days ---------------------------------------------------------------------------------------


def payments(numbers: list[int]) -> str:
    """An extract of payments, as CSV."""
    fields = [each.name for each in CONTRACTS["CEB411"].fields]
    rows = [[f"{name}{number}" for name in fields] for number in numbers]
    return "\n".join(",".join(each) for each in (fields, *rows)) + "\n"


@pytest.mark.parametrize("folders", [True, False])
def test_kept_files_of_yesterday_neither_refuse_nor_excuse_those_of_today(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folders: bool
) -> None:
    root = tmp_path / "out"
    source = Source("far", str(root), "file", root=str(root), settle_seconds=0)
    monkeypatch.setattr(pull, "sources_of", lambda *_: (source,))

    def deliver(day: date, at: list[int], stated: int) -> tuple[list[str], list[str]]:
        """What a run refuses and misses; `at`: numbers of the documents that come."""
        folder, suffix = (root / str(day), "") if folders else (root, f"-{day}")
        folder.mkdir(parents=True, exist_ok=True)
        if at:
            (folder / "CEB411.csv").write_text(payments(at))
        entry = {"name": "CEB411.csv", "rows": stated}
        (folder / f"manifest{suffix}.json").write_text(json.dumps({"files": [entry]}))
        run = stages.begin(home.path, "zhengzhou", day)
        stages.land(run, pull.pull_all(run))
        stages.read(run)
        stages.validate(run)
        stages.commit(run)
        refusals = [each.refusal.message for each in load_outcomes(run.outcomes) if each.refusal]
        return refusals, manifests.absent(load_landed(run.landed))

    assert deliver(date(2026, 11, 10), [1], 1) == ([], [])
    assert deliver(date(2026, 11, 11), [2, 3], 2) == ([], [])
    _, missed = deliver(date(2026, 11, 12), [], 3)
    assert len(missed) == 1 and "names CEB411.csv, which did not arrive" in missed[0]


def test_bytes_that_two_sources_send_answer_the_manifests_of_both(tmp_path: Path, home: Home) -> None:
    def sent(source: str) -> list[Arrival]:
        folder = tmp_path / source
        folder.mkdir()
        (folder / "empty.csv").write_bytes(b"guid,appTime\n")
        stated = {"files": [{"name": "empty.csv", "rows": 0}], "of": source}
        (folder / "manifest.json").write_text(json.dumps(stated))
        return [Arrival(name, folder / name, source) for name in ("empty.csv", "manifest.json")]

    kept_now = landing.keep(home, [*sent("customs"), *sent("payments")])
    with Lake.read(home) as lake:
        files = landing.landed(home, kept_now, lake, "zhengzhou")
    assert [each.names for each in files if len(each.sent) == 2] == [("empty.csv",)]
    files = loads_landed(dumps(files))
    assert manifests.absent(files) == []
    both = [each for each in files if len(each.sent) == 2]
    assert manifests.absent([replace(each, arrivals=()) for each in both] + files[1:]) == [
        "manifest.json names empty.csv, which did not arrive"
    ], "the second source sent none, as far as the first one's name tells"


@pytest.mark.ci
def test_a_corrected_manifest_lets_in_the_file_that_the_wrong_one_refused(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "out"
    root.mkdir()
    source = Source("far", str(root), "file", root=str(root), settle_seconds=0)
    monkeypatch.setattr(pull, "sources_of", lambda *_: (source,))
    (root / "CEB411.csv").write_text(payments([1, 2]))

    def run(day: int, manifest: str | None = None, **entry: object) -> tuple[list[tuple[str, str]], int]:
        """What the ledger says of the files, and the lake's snapshot, after a run with this manifest."""
        if manifest:
            (root / manifest).write_text(json.dumps({"files": [entry]}))
        begun = stages.begin(home.path, "zhengzhou", date(2026, 11, day))
        stages.land(begun, pull.pull_all(begun))
        stages.read(begun)
        stages.validate(begun)
        stages.commit(begun)
        with Lake.read(home) as lake:
            files = lake.con.execute("SELECT names[1], status FROM wh.ledger.files ORDER BY ALL").fetchall()
            return files, lake.snapshot()

    wrong, before = run(11, "manifest.json", name="CEB411.csv", rows=3)
    assert wrong == [("CEB411.csv", "refused"), ("manifest.json", "ignored")]
    assert run(11) == (wrong, before), "nothing new"
    other, at = run(12, "other.json", name="another.csv", rows=3)
    assert ("CEB411.csv", "refused") in other, "a manifest that does not speak of it says nothing"
    assert run(12) == (other, at)
    again, at = run(12, "still-wrong.json", name="CEB411.csv", rows=4)
    assert [each for each in again if each[0] == "CEB411.csv"] == [("CEB411.csv", "refused")]
    right, at = run(12, "corrected.json", name="CEB411.csv", rows=2)
    assert [each for each in right if each[0] == "CEB411.csv"] == [("CEB411.csv", "loaded")]
    assert run(12) == (right, at)
