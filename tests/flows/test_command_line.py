"""The command line without Prefect: usage errors exit 2 with a sentence; questions are read-only."""

import csv
import io
import json
import logging
from pathlib import Path

import polars as pl
import pytest

from flows import cli, upkeep
from flows.commands.sql import parse_moment
from flows.errors import UsageProblem
from flows.settings import home_path, prepare_prefect
from sources.zone import ZoneError
from warehouse import Home
from warehouse.upkeep import Maintained, Policy

RUN = ("run", "--zone", "zhengzhou", "--date", "2026-11-11")
ONE_DAY = ("simulate", "out", "--zone", "zhengzhou", "--from", "2026-11-01", "--to", "2026-11-01")


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["tongguan", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


@pytest.fixture(scope="module")
def home(empty_home: Home) -> Path:
    """Only read here."""
    return empty_home.path


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--zone", "atlantis", "--date", "2026-11-11"), "zones there: chongqing, xinxiang, zhengzhou"),
        (("run", "--zone", "zhengzhou", "--date", "11.11.2026"), "write it as 2026-11-11"),
        ((*RUN, "--inbox", "sftp://user:pass@host/out"), "--inbox holds a credential"),
        (("simulate", "out", "--zone", "zhengzhou", "--from", "2026-11-02", "--to", "2026-11-01"), "swap them"),
        ((*ONE_DAY, "--fault", "late"), "NAME=RATE"),
        ((*ONE_DAY, "--fault", "gremlins=1"), "missing_payment"),
        ((*ONE_DAY, "--format", "pdf"), "parquet"),
        ((*ONE_DAY, "--fault", "late=0.6", "--fault", "duplicate=0.5"), "add up to 1.1"),
        (("simulate", __file__, *ONE_DAY[2:]), "is a file or lies in one"),
        (("simulate", f"{__file__}/out", *ONE_DAY[2:]), "is a file or lies in one"),
        (("status", "--due", "9999-12-31"), "name one from 2000-01-01 to 2999-12-31"),
        (("status", "--due", "0001-01-01"), "name one from 2000-01-01 to 2999-12-31"),
        (("sql", "SELECT 1", "--home", "nowhere"), "tongguan demo"),
        (("status", "--home", "nowhere"), "tongguan demo"),
        (("quarantine", "show", "x", "--home", "nowhere"), "tongguan demo"),
        (("quarantine", "list", "--kind", "CEB999"), "--kind: there is no CEB999"),
        (("quarantine", "list", "--rule", "ZZ"), "--rule: there is no ZZ"),
        (("quarantine", "list", "--status", "bogus"), "'released', 'accepted', 'all'"),
        (("verify", "--from", "2027-01-01", "--to", "2026-01-01"), "--to 2026-01-01 lies before --from 2027-01-01"),
    ],
)  # fmt: skip
def test_wrong_usage_exits_2_and_says_what_to_do(
    arguments: tuple[str, ...],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, *arguments) == 2
    assert says in " ".join(capfd.readouterr().err.split())


def test_a_zone_that_nobody_knows_has_no_empty_quarantine(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "quarantine", "list", "--zone", "zhengzhuo", "--home", str(home)) == 2
    assert "there is no zhengzhuo; there are chongqing" in " ".join(capfd.readouterr().err.split())


@pytest.mark.parametrize("command", [("maintain", "--dry-run"), ("sources", "check"), ("serve",)])
def test_a_folder_without_zone_files_is_the_wrong_one(
    command: tuple[str, ...],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TONGGUAN_ZONES", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    assert call(monkeypatch, *command, "--home", str(home)) == 2
    assert "nowhere: mend TONGGUAN_ZONES" in "".join(capfd.readouterr().err.split("\n"))


def test_landed_files_of_a_zone_without_a_file_are_kept_and_named(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Policy] = []

    def maintained(_: Home, policy: Policy, *__: object, **___: object) -> Maintained:
        seen.append(policy)
        return Maintained("m", dry=True)

    monkeypatch.setattr(upkeep, "known_zones", lambda _: ["lost", "zhengzhou"])
    monkeypatch.setattr(upkeep.upkeep, "maintain", maintained)
    found = upkeep.run(home, dry=True, say=lambda _: None)
    assert found.exit_code == 1 and found.kept[0].startswith("landed files of lost: it has no zone file")
    assert seen[0].landed("lost").days > 36_000 > seen[0].landed("zhengzhou").days


def test_a_home_left_blank_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TONGGUAN_HOME", "")
    assert home_path() == tmp_path / ".tongguan"


def test_a_status_page_that_cannot_be_written_is_wrong_usage(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "status", "--home", str(home), "--html", f"{__file__}/x.html") == 2
    assert "x.html cannot be written" in " ".join(capfd.readouterr().err.split())


@pytest.mark.parametrize(
    "command", [RUN, ("backfill", *RUN[1:3], "--from", "2026-11-11", "--to", "2026-11-11")]
)
def test_a_key_too_short_is_wrong_configuration(
    command: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TONGGUAN_PII_KEY", "short")
    assert call(monkeypatch, *command, "--home", str(tmp_path / "home")) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert "TONGGUAN_PII_KEY has 5 bytes; at least 16 are needed" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            OSError(28, "No space left on device"),
            "stopped: the disk is full: [Errno 28] No space left on device. Make room",
        ),
        (RuntimeError("unforeseen"), "Traceback"),
    ],
)
def test_what_nobody_foresaw_is_no_finished_run(
    error: Exception,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr("flows.commands.sql.query.run", broken)
    assert call(monkeypatch, "sql", "SELECT 1", "--home", str(home)) == 3
    said = " ".join(capfd.readouterr().err.split())
    assert says in said and ("Traceback" in said) is isinstance(error, RuntimeError)


def test_a_backup_that_cannot_be_made_says_so(
    monkeypatch: pytest.MonkeyPatch, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert call(monkeypatch, "backup", "--to", str(tmp_path / "file" / "x"), "--home", str(home)) == 2
    assert "cannot be made or is no folder" in " ".join(capfd.readouterr().err.split())


def test_a_backfill_keeps_no_credential_of_an_inbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    days = ("--from", "2026-11-11", "--to", "2026-11-11", "--inbox", "sftp://user:hidden@host/out")
    assert call(monkeypatch, "backfill", *RUN[1:3], *days, "--home", str(tmp_path / "home")) == 2
    said = capfd.readouterr().err
    assert "--inbox holds a credential" in " ".join(said.split()) and "hidden" not in said


@pytest.mark.parametrize("command", ["demo", "simulate", "run", "sql", "status", "revisions"])
def test_help_has_an_example(
    command: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, command, "--help") == 0
    assert f"tongguan {command}" in capfd.readouterr().out


def test_an_answer_as_csv_and_as_json(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    question = "SELECT 1 AS one, DATE '2026-11-11' AS day, 12.50::DECIMAL(9,2) AS money"
    assert call(monkeypatch, "sql", question, "--format", "csv", "--home", str(home)) == 0
    assert capfd.readouterr().out == "one,day,money\n1,2026-11-11,12.50\n"
    assert call(monkeypatch, "sql", question, "--format", "json", "--home", str(home)) == 0
    assert json.loads(capfd.readouterr().out) == [{"one": 1, "day": "2026-11-11", "money": "12.50"}]


def test_nested_columns_are_whole_json_in_csv(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    question = (
        "SELECT range(12) AS twelve, {'k': 1.50::DECIMAL(4,2), 'n': NULL} AS pair, NULL::INT[] AS nothing"
    )
    assert call(monkeypatch, "sql", question, "--format", "csv", "--home", str(home)) == 0
    answer = next(csv.DictReader(io.StringIO(capfd.readouterr().out)))
    assert json.loads(answer["twelve"]) == list(range(12))
    assert json.loads(answer["pair"]) == {"k": "1.50", "n": None}
    assert answer["nothing"] == ""


def test_columns_of_one_name_are_told_apart(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    question = "SELECT 1 AS a, 2 AS a, 3 AS a_1"
    ask = ("sql", question, "--home", str(home))
    assert call(monkeypatch, *ask, "--format", "json") == 0
    assert json.loads(capfd.readouterr().out) == [{"a": 1, "a_1": 2, "a_1_1": 3}]
    assert call(monkeypatch, *ask, "--format", "csv") == 0
    assert capfd.readouterr().out == "a,a_1,a_1_1\n1,2,3\n"
    assert call(monkeypatch, *ask) == 0
    assert "a_1_1" in capfd.readouterr().out
    out = tmp_path / "x.parquet"
    assert call(monkeypatch, *ask, "--format", "parquet", "--out", str(out)) == 0
    assert pl.read_parquet(out).row(0) == (1, 2, 3)


def test_values_that_a_format_has_no_word_for(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    question = (
        "SELECT INTERVAL '1 day 02:00:00' AS took, 'a\\x00'::BLOB AS raw, 'nan'::DOUBLE AS x, ['inf'::DOUBLE] AS y, "
        "NULL::BLOB AS nothing, {'k': [INTERVAL 1 DAY]} AS inside"
    )
    ask = ("sql", question, "--home", str(home))
    assert call(monkeypatch, *ask, "--format", "csv") == 0
    assert capfd.readouterr().out == (
        "took,raw,x,y,nothing,inside\n1 day 02:00:00,a\\x00,NaN,[null],,{'k': [1 day]}\n"
    )
    assert call(monkeypatch, *ask, "--format", "json") == 0
    (row,) = json.loads(capfd.readouterr().out, parse_constant=pytest.fail)
    assert row == {
        **{"took": "1 day 02:00:00", "raw": "a\\x00", "x": None, "y": [None], "nothing": None},
        "inside": "{'k': [1 day]}",
    }
    out = tmp_path / "x.parquet"
    assert call(monkeypatch, *ask, "--format", "parquet", "--out", str(out)) == 0
    assert pl.read_parquet(out).row(0)[:2] == ("1 day 02:00:00", b"a\x00")


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_an_answer_that_cannot_be_written_says_so(
    form: str, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "none" / "x"
    ask = ("sql", "SELECT 1 AS a", "--home", str(home), "--format", form)
    assert call(monkeypatch, *ask, "--out", str(out)) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert "cannot be written: No such file or directory" in said and "Traceback" not in said


def test_an_answer_that_a_format_cannot_hold_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> None:
        raise pl.exceptions.ComputeError("CSV format does not support this")

    monkeypatch.setattr("polars.DataFrame.write_csv", refused)
    assert call(monkeypatch, "sql", "SELECT 1", "--format", "csv", "--home", str(home)) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert "cannot be written as csv" in said and "Cast the column to VARCHAR" in said


def test_records_of_a_zone_without_its_file_are_refused_in_a_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: object) -> None:
        raise ZoneError("no zone 'xinxiang' in zones; zones there: zhengzhou")

    monkeypatch.setattr("flows.commands.sql.asof.run", gone)
    ask = ("sql", "SELECT * FROM core.lists", "--as-of", "2026-10-05T09:00", "--home", str(home))
    assert call(monkeypatch, *ask) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert "no zone 'xinxiang' in zones" in said and "put it back" in said


def test_what_a_table_holds_is_shown_as_it_is(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Brackets are no markup, a year has no separator, a small share is not nothing."""
    question = (
        """SELECT 'orders [final].csv' AS "name [x]", '[/b]' AS closing, 2026 AS year, """
        "12345 AS lists, 0.00004::DOUBLE AS share"
    )
    assert call(monkeypatch, "sql", question, "--home", str(home)) == 0
    shown = capfd.readouterr().out
    for text in ("orders [final].csv", "name [x]", "[/b]", " 2026 ", "12,345", "4e-05"):
        assert text in shown


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM core.lists",
        "COPY (SELECT 1) TO 'x.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT 1; SELECT 2",
    ],
)
def test_a_question_can_change_nothing(
    statement: str, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "sql", statement, "--home", str(home)) == 2
    assert "wrong usage" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-10-05T09:00", "2020-10-05 09:00:00"),
        ("2020-10-05 09:00:30", "2020-10-05 09:00:30"),
        ("2020-10-05T01:00Z", "2020-10-05 09:00:00"),
        ("2020-10-05T10:00+09:00", "2020-10-05 09:00:00"),
    ],
)
def test_a_moment_is_beijing_time_unless_it_says_otherwise(text: str, moment: str) -> None:
    assert str(parse_moment(text)) == moment


@pytest.mark.parametrize(
    ("text", "says"),
    [("2020-10-05", "time of day"), ("5 October", "no moment"), ("2999-01-01T00:00", "ahead")],
)
def test_a_moment_that_cannot_be_asked_for_is_refused(text: str, says: str) -> None:
    with pytest.raises(UsageProblem, match=says):
        parse_moment(text)


@pytest.mark.parametrize("logger", ["prefect.flow_runs", "prefect.task_runs"])
def test_prefect_does_not_tell_once_more_what_the_command_line_tells(
    logger: str, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("PREFECT_HOME", "PREFECT_API_URL"):
        monkeypatch.setenv(name, "of this test only")
    log = logging.getLogger(logger)
    monkeypatch.setattr(log, "filters", [])
    monkeypatch.setattr(log, "handlers", [])  # Prefect's own would look for a flow run
    monkeypatch.setattr(log, "propagate", True)
    prepare_prefect(home)
    log.error("Task run failed with exception: RecordError('x')", exc_info=RuntimeError("x"))
    log.error("Finished in state Failed('x')")
    log.error("An error was encountered while running hook 'tell'", exc_info=RuntimeError("x"))
    assert [each.getMessage() for each in caplog.records] == [
        "An error was encountered while running hook 'tell'"
    ]
