"""Replacing the key of the record: in the open, signed by the key before, or told that it was lost."""

import json
import shutil
from base64 import b64encode
from dataclasses import replace
from datetime import date, datetime

import pytest
from staged_runs import Stage, order
from typer.testing import CliRunner

from flows.cli import app
from warehouse import Home, Lake, record
from warehouse.errors import RecordError, SigningKeyError
from warehouse.record import keys
from warehouse.record.note import signed

DAY, NEXT = date(2026, 11, 11), date(2026, 11, 12)
AT = datetime(2026, 11, 12, 1)


@pytest.fixture(autouse=True)
def no_key_file(monkeypatch):
    monkeypatch.delenv("TONGGUAN_SIGNING_KEY", raising=False)


@pytest.fixture
def home(empty_home, tmp_path):
    """One day sealed."""
    home = Home(tmp_path / "home")
    shutil.copytree(empty_home.path, home.path)
    home.signing_key.unlink(missing_ok=True)
    seal(home, 1)
    return home


def seal(home, number):
    with Lake.write(home) as lake:
        stage = Stage(home, f"r{number}")
        stage.file(f"orders_{number}.xml", "CEB311", [order(f"{number}1")])
        stage.commit(lake)
        return record.seal(lake, DAY, f"r{number}", AT)


def replaced(home, **said):
    with Lake.write(home, zone=record.LOCK) as lake:
        return keys.replace(lake, NEXT, said.pop("by", "Li Na"), said.pop("reason", "lost laptop"), **said)


def verified(home):
    with Lake.read(home) as lake:
        return record.verify(lake)


def asked(home, *arguments):
    return CliRunner().invoke(app, [*arguments, "--home", str(home.path)])


def test_another_key_signs_from_then_on_and_all_that_was_signed_stays_proved(home):
    before = home.signing_key.read_bytes()
    change, file = replaced(home)
    assert (file, change.by_old, file.stat().st_mode & 0o777) == (home.signing_key, True, 0o600)
    assert home.signing_key.read_bytes() != before and not list(home.path.glob("*.part"))
    for number in (2, 3):
        seal(home, number)
    replaced(home, by="Wang Wei", reason="every two years")
    seal(home, 4)
    found = verified(home)
    assert (found.problem, found.checkpoints) == (None, 4)
    assert "Li Na (lost laptop); the key before it signed" in found.keys[0]
    assert "Wang Wei (every two years)" in found.keys[1]


def test_the_old_key_seals_no_more(home):
    old = home.signing_key.read_bytes()
    replaced(home)
    home.signing_key.write_bytes(old)
    with pytest.raises(SigningKeyError, match="is not the one that the record is signed with"):
        seal(home, 2)


def test_a_lost_key_is_replaced_only_when_that_is_said_and_is_told_for_ever(home):
    home.signing_key.unlink()
    with pytest.raises(SigningKeyError, match=r"is not in .*signing.key. .* --without-old"):
        replaced(home)
    assert not (home.record / "keys.jsonl").exists() and not home.signing_key.exists()
    assert not replaced(home, without_old=True)[0].by_old
    seal(home, 2)
    found = verified(home)
    assert found.problem is None
    assert "the key before it did not sign this" in found.keys[0]


def test_a_key_that_is_there_and_cannot_be_used_is_not_lost(home):
    home.signing_key.chmod(0o644)
    for without_old in (False, True):
        with pytest.raises(SigningKeyError, match="run `chmod 600"):
            replaced(home, without_old=without_old)
    assert not (home.record / "keys.jsonl").exists()


def test_the_old_key_is_put_aside_and_a_record_of_before_goes_on_with_it(home, tmp_path):
    before = shutil.copytree(home.path, tmp_path / "before")
    old = home.signing_key.read_bytes()
    replaced(home)
    (aside,) = home.path.glob("signing.key.*")
    assert aside.read_bytes() == old
    (before / "signing.key").write_bytes(aside.read_bytes())
    assert seal(Home(before), 2).added


def test_a_key_of_the_operators_own(home, tmp_path, monkeypatch):
    own = tmp_path / "own.key"
    own.write_bytes(b64encode(bytes(32)))
    with pytest.raises(SigningKeyError, match="chmod 600"):
        replaced(home, given=own)
    own.chmod(0o600)
    assert replaced(home, given=own)[1] == own
    with pytest.raises(SigningKeyError, match="is not the one"):
        seal(home, 2)  # the settings do not name it yet
    monkeypatch.setenv("TONGGUAN_SIGNING_KEY", str(own))
    assert seal(home, 3).added
    assert verified(home).problem is None
    with pytest.raises(SigningKeyError, match="signs already"):
        replaced(home, given=own)


@pytest.mark.parametrize("point", ["before the change is kept", "before the file is in its place"])
def test_what_was_stopped_in_between_is_finished_by_asking_again(home, monkeypatch, point):
    class Killed(Exception):
        pass

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch:
        if point == "before the change is kept":
            patch.setattr(keys, "append", killed)
        else:
            patch.setattr(keys.Path, "replace", killed)
        with pytest.raises(Killed):
            replaced(home)
    replaced(home)
    assert len((home.record / "keys.jsonl").read_text().splitlines()) == 1
    seal(home, 2)
    assert verified(home).problem is None


@pytest.mark.parametrize(("field", "value"), [("reason", "a better one"), ("size", "0"), ("by", "nobody")])
def test_an_altered_change_is_named(home, field, value):
    replaced(home)
    seal(home, 2)
    path = home.record / "keys.jsonl"
    lines = json.loads(path.read_text()).split("\n")
    changed = [f"{field} {value}" if each.startswith(f"{field} ") else each for each in lines]
    path.write_text(json.dumps("\n".join(changed)) + "\n")
    problem = verified(home).problem
    assert problem.startswith("change 1 of the key of the record")
    assert problem.endswith("its signature does not hold: it was altered")


def test_a_change_that_is_taken_out_leaves_checkpoints_that_nobody_signed(home):
    replaced(home)
    seal(home, 2)
    (home.record / "keys.jsonl").unlink()
    assert verified(home).problem == "checkpoint 2: signed with another key"


@pytest.mark.parametrize(
    ("field", "value", "signers", "problem"),
    [
        ("root", bytes(32), ("old", "new"), "was declared over another log than this one"),
        (
            "size",
            -1,
            ("old", "new"),
            "does not hold: it lies before the change that stands before it",
        ),
        ("day", DAY, ("old",), "does not hold: the new key did not sign it"),
        (
            "old",
            "new",
            ("old", "new"),
            "does not hold: it replaces another key than the one in use then",
        ),
    ],
)
def test_a_change_that_was_never_made_here_is_named(home, field, value, signers, problem):
    """Written by who has the keys, and of another record, or by who has one of them."""
    pair = {"old": keys.private_key(home.signing_key)}
    change, _ = replaced(home)
    seal(home, 2)
    pair["new"] = keys.private_key(home.signing_key)
    made = replace(change, **{field: getattr(change, value) if value == "new" else value})
    note = signed(made.text(), *(pair[each] for each in signers))
    (home.record / "keys.jsonl").write_text(json.dumps(note) + "\n")
    found = verified(home).problem
    assert found.startswith("change 1 of the key") and found.endswith(problem)


def test_a_log_that_was_cut_gets_no_other_key(home):
    (home.record / "leaves.bin").write_bytes(b"")
    with pytest.raises(RecordError, match="is not what its last checkpoint says"):
        replaced(home)


@pytest.mark.parametrize("reason", ["", " ", "two\nlines"])
def test_a_change_needs_a_reason_of_one_line(home, reason):
    with pytest.raises(SigningKeyError, match="reason of a change of key must be one line"):
        replaced(home, reason=reason)
    assert not list(home.path.glob("*.part"))


def test_the_commands(home):
    shown = asked(home, "signing-key", "show")
    assert shown.exit_code == 0 and shown.output.startswith("tongguan/record+")
    done = asked(home, "signing-key", "replace", "--reason", "every two years", "--by", "Li Na")
    assert done.exit_code == 0 and "beside the one of the key before" in " ".join(done.output.split())
    after = asked(home, "signing-key", "show", "--json")
    found = json.loads(after.output)
    assert found["public"] != shown.output.splitlines()[0] and found["public"] in done.output
    assert (found["problem"], len(found["changes"])) == (None, 1)
    assert "declared by Li Na (every two years)" in " ".join(asked(home, "verify").output.split())
    home.signing_key.unlink()
    gone = asked(home, "signing-key", "show")
    assert gone.exit_code == 1 and "there is no key in" in gone.output


def test_where_there_is_no_warehouse_none_is_made(tmp_path):
    for asked_ in (["signing-key", "replace"], ["quarantine", "release", "x"]):
        refused = asked(Home(tmp_path / "none"), *asked_, "--reason", "x")
        assert "no warehouse in" in str(refused.exception)
    assert not (tmp_path / "none").exists()


def test_nothing_is_replaced_where_nothing_is_sealed_or_another_keeps_the_record(home, tmp_path, monkeypatch):
    shutil.rmtree(home.record)
    refused = asked(home, "signing-key", "replace", "--reason", "x")
    assert "nothing is sealed in" in str(refused.exception)
    monkeypatch.setenv("TONGGUAN_RECORD", "off")
    refused = asked(home, "signing-key", "replace", "--reason", "x")
    assert "TONGGUAN_RECORD is off" in str(refused.exception)
