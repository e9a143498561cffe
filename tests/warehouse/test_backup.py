"""A backup taken beside a running writer, brought up to date, lost home, restored and proved."""

import json
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest
from staged_runs import Stage, order
from typer.testing import CliRunner

from flows.cli import app
from warehouse import Home, Lake, backup, pii_key, record
from warehouse.errors import BackupError, PiiKeyError

DAY = date(2026, 11, 11)
AT = datetime(2026, 11, 12, 1)
STORED = "SELECT order_no, loaded_at, file_hash FROM wh.documents.import_orders ORDER BY ALL"


def load(home, number):
    with Lake.write(home) as lake:
        stage = Stage(home, f"r{number}")
        stage.file(f"orders_{number}.xml", "CEB311", [order(f"{number}{each}") for each in range(3)])
        stage.commit(lake)
        record.seal(lake, DAY + timedelta(days=number - 1), f"r{number}", AT)


def rows(home):
    with Lake.read(home) as lake:
        return lake.con.execute(STORED).fetchall()


def take(home, target):
    return backup.backup(home, target, AT, lambda _: None, lambda done, total: None)


def put_back(source, home):
    return backup.restore(source, home, lambda done, total: None)


@pytest.fixture(scope="module")
def backed_up(empty_home, tmp_path_factory):
    """A home and its backup, taken after the first day and brought up to date after the second."""
    base = tmp_path_factory.mktemp("backup")
    home, target = Home(base / "home"), base / "backup"
    shutil.copytree(empty_home.path, home.path)
    (home.path / "maintenance.toml").write_text("snapshots_days = 90\n")
    load(home, 1)
    first = take(home, target)
    load(home, 2)
    return home, target, first, take(home, target)


def test_a_lost_home_is_put_back_and_proved(backed_up, tmp_path):
    home, target, _, _ = backed_up
    wanted = rows(home)
    assert len(wanted) == 6
    restored = tmp_path / "restored"
    result = CliRunner().invoke(app, ["restore", "--from", str(target), "--home", str(restored), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["verified"]["problem"] is None and found["verified"]["checkpoints"] == 2
    assert rows(Home(restored)) == wanted
    assert (restored / "maintenance.toml").read_text() == "snapshots_days = 90\n"
    assert not [each for each in backup.KEYS if (restored / each).exists()], "keys are kept apart"
    for key in backup.KEYS:
        if (home.path / key).exists():
            shutil.copy2(home.path / key, restored / key)
    load(Home(restored), 3)
    assert len(rows(Home(restored))) == 9, "work goes on in the restored home"


def test_the_second_backup_copies_only_what_is_new(backed_up):
    _, _, first, second = backed_up
    assert first.copied == first.files
    assert 0 < second.copied < second.files
    assert "signing.key" in second.without_keys


def test_what_is_gone_from_the_home_leaves_the_backup(backed_up, tmp_path):
    home, _, _, _ = backed_up
    copy, target = Home(tmp_path / "home"), tmp_path / "backup"
    shutil.copytree(home.path, copy.path)
    (copy.landing / "ab").mkdir(parents=True)
    (copy.landing / "ab" / "ab12").write_text("expires")
    take(copy, target)
    assert (target / "landing" / "ab" / "ab12").exists()
    (copy.landing / "ab" / "ab12").unlink()
    take(copy, target)
    assert not (target / "landing" / "ab" / "ab12").exists()


def test_a_writer_at_work_is_waited_for(backed_up, tmp_path):
    home, _, _, _ = backed_up
    program = (
        "import sys, time; from warehouse import Home, Lake\n"
        "with Lake.write(Home(sys.argv[1])): print('holding', flush=True); time.sleep(1.5)"
    )
    said = []
    with subprocess.Popen(
        [sys.executable, "-c", program, str(home.path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "holding\n"
        backup.backup(home, tmp_path / "backup", AT, said.append, lambda done, total: None)
    assert len(said) == 1 and "waiting for the writer" in said[0]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: (path / "backup.json").unlink(), "did not come to its end"),
        (lambda path: (path / "backup.json").write_text("{}"), "cannot be read"),
        (lambda path: (path / "catalog.sqlite").write_bytes(b"other"), "is not the catalog"),
        (lambda path: next((path / "data").rglob("*.parquet")).unlink(), "it was altered"),
    ],
)
def test_what_is_no_backup_is_refused(spoil, words, backed_up, tmp_path):
    _, target, _, _ = backed_up
    shutil.copytree(target, tmp_path / "spoilt")
    spoil(tmp_path / "spoilt")
    with pytest.raises(BackupError, match=words):
        put_back(tmp_path / "spoilt", Home(tmp_path / "home"))
    assert not (tmp_path / "home" / "catalog.sqlite").exists()


def test_a_restored_home_is_given_no_personal_data_key_of_its_own(backed_up, tmp_path, monkeypatch):
    _, target, _, _ = backed_up
    monkeypatch.delenv("TONGGUAN_PII_KEY", raising=False)
    restored = Home(tmp_path / "restored")
    put_back(target, restored)
    with pytest.raises(PiiKeyError, match=r"holds documents.* put .*pii\.key back from its copy"):
        pii_key(restored)
    assert not restored.pii_key.exists()
    restored.pii_key.write_bytes(b"k" * 32)
    restored.pii_key.chmod(0o600)
    assert pii_key(restored) == (b"k" * 32, False)


@pytest.mark.parametrize(
    "setting", ["TONGGUAN_CATALOG", "TONGGUAN_DATA", "TONGGUAN_LANDING", "TONGGUAN_RECORD"]
)
def test_a_home_is_not_proved_by_another_that_the_settings_name(setting, backed_up, tmp_path, monkeypatch):
    home, target, _, _ = backed_up
    monkeypatch.setenv(setting, str(home.data))
    with pytest.raises(BackupError, match=f"{setting} is set"):
        put_back(target, Home(tmp_path / "restored"))
    assert not (tmp_path / "restored").exists()


def test_nothing_is_overwritten(backed_up, tmp_path):
    home, target, _, _ = backed_up
    with pytest.raises(BackupError, match="not empty"):
        put_back(target, home)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letters.txt").write_text("mine")
    with pytest.raises(BackupError, match="no backup"):
        take(home, tmp_path / "mine")
    with pytest.raises(BackupError, match="in the home itself"):
        take(home, home.path / "backup")
