"""The log of commits: what it proves, and that every tampering is named."""

import json
import shutil
from datetime import date, datetime, timedelta

import pytest
from staged_runs import Stage, order
from typer.testing import CliRunner

from flows.cli import app
from warehouse import Home, Lake, record

DAY = date(2026, 11, 11)
AT = datetime(2026, 11, 12, 1)


@pytest.fixture(scope="module")
def sealed_home(empty_home, tmp_path_factory):
    """Two days committed and sealed, with the catalog as it was after the first."""
    home = Home(tmp_path_factory.mktemp("sealed") / "home")
    shutil.copytree(empty_home.path, home.path)
    for number in (1, 2):
        with Lake.write(home) as lake:
            stage = Stage(home, f"r{number}")
            stage.file(f"orders_{number}.xml", "CEB311", [order(f"{number}{each}") for each in range(3)])
            stage.commit(lake)
            record.seal(lake, DAY + timedelta(days=number - 1), f"r{number}", AT)
        if number == 1:
            for each in home.path.glob("catalog.sqlite*"):
                shutil.copy(each, home.path / f"old-{each.name}")
    return home


@pytest.fixture
def home(sealed_home, tmp_path):
    shutil.copytree(sealed_home.path, tmp_path / "home")
    return Home(tmp_path / "home")


def problem(home, *arguments):
    """What `tongguan verify` names; None where all holds."""
    result = CliRunner().invoke(app, ["verify", "--home", str(home.path), "--json", *arguments])
    found = json.loads(result.output)
    assert result.exit_code == (1 if found["problem"] else 0)
    return found["problem"]


def data_file(home):
    return next(iter(sorted((home.data / "documents" / "import_orders").rglob("*.parquet"))))


def test_what_was_sealed_is_proved_and_an_unchanged_run_adds_nothing(home):
    with Lake.write(home) as lake:
        before, entries = lake.snapshot(), (home.record / "log.jsonl").read_bytes()
        assert record.seal(lake, DAY, "r3", AT).added == 0
        assert (lake.snapshot(), (home.record / "log.jsonl").read_bytes()) == (before, entries)
        found = record.verify(lake)
        files = lake.con.execute("SELECT count(*) FROM wh.documents.import_orders").fetchall()
    assert (found.problem, found.checkpoints, found.unsealed, files) == (None, 2, 0, [(6,)])
    assert found.entries == len(entries.splitlines())
    assert found.files > 2
    assert problem(home, "--zone", "zhengzhou", "--from", "2020-01-01") is None


def test_an_entry_has_author_run_and_files_with_hash_and_rows(home):
    lines = [json.loads(each) for each in (home.record / "log.jsonl").read_text().splitlines()]
    entry = next(each for each in lines if each["run_id"] == "r1")
    assert (entry["author"], entry["message"]) == ("tongguan", "zhengzhou: 1 files of documents")
    orders = next(each for each in entry["files"] if "import_orders" in each["path"])
    assert orders["rows"] == 3 and len(orders["sha256"]) == 64
    assert (home.data / orders["path"]).stat().st_size == orders["bytes"]


def test_a_flipped_byte_in_a_data_file_is_named(home):
    path = data_file(home)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    assert f"{path.name} of commit" in problem(home) and "was altered" in problem(home)
    assert problem(home, "--zone", "xinxiang") is None, "files of another zone are not hashed"


def test_a_deleted_data_file_is_named(home):
    path = data_file(home)
    path.unlink()
    assert path.name in problem(home) and "is missing" in problem(home)


@pytest.mark.parametrize("also_hashes", [False, True])
def test_a_truncated_log_is_named(home, also_hashes):
    log, leaves = home.record / "log.jsonl", home.record / "leaves.bin"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    if also_hashes:
        leaves.write_bytes(leaves.read_bytes()[:-32])
    assert "the log was cut" in problem(home)


@pytest.mark.parametrize("also_hashes", [False, True])
def test_a_rewritten_line_is_named(home, also_hashes):
    log, leaves = home.record / "log.jsonl", home.record / "leaves.bin"
    log.write_bytes(log.read_bytes().replace(b'"rows":3', b'"rows":2', 1))
    if also_hashes:
        from warehouse.record.merkle import leaf_hash

        leaves.write_bytes(b"".join(leaf_hash(each) for each in log.read_bytes().splitlines()))
    assert ("was altered" if not also_hashes else "was rewritten") in problem(home)


def test_a_replaced_checkpoint_is_named(home):
    path = home.record / "checkpoints.jsonl"
    first, second = path.read_text().splitlines(keepends=True)
    path.write_text(first + second.replace("2026-11-12", "2026-11-13"))
    assert "checkpoint 2: its signature does not hold" in problem(home)
    path.write_text(second)
    assert "the catalog holds 2 checkpoints, the record folder 1" in problem(home)


def test_a_rolled_back_catalog_is_named(home):
    for each in home.path.glob("catalog.sqlite*"):
        each.unlink()
    for each in home.path.glob("old-catalog.sqlite*"):
        shutil.copy(each, home.path / each.name.removeprefix("old-"))
    assert "the catalog was rolled back" in problem(home)


def test_a_line_left_by_a_crash_before_its_checkpoint_is_appended_anew(home):
    log = home.record / "log.jsonl"
    whole = log.read_bytes()
    with Lake.write(home) as lake:
        stage = Stage(home, "r3")
        stage.file("orders_3.xml", "CEB311", [order("9")])
        stage.commit(lake)
        last = json.loads(whole.splitlines()[-1])
        log.write_bytes(whole + json.dumps(last | {"index": last["index"] + 1}).encode() + b"\n")
        assert record.seal(lake, DAY, "r3", AT).added > 0
        assert record.verify(lake).problem is None
