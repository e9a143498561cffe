""" "The check broke" is told apart from "the data is bad"."""

import json

import duckdb
import polars as pl
import pytest
from staged_day import document, findings, gate, rejected, stage

import expectations.gate as gate_module
from expectations import evaluate
from expectations.clauses import Clause
from expectations.gate import CheckBroke
from expectations.predicates import clauses


def with_clause(extra):
    return lambda contract, context: [*clauses(contract, context), extra]


def test_bad_sql_is_a_broken_check_not_bad_data(tmp_path, monkeypatch):
    extra = Clause("A5", "netWeight", "no_such_column > 1", "''")
    monkeypatch.setattr(gate_module, "clauses", with_clause(extra))
    with pytest.raises(CheckBroke) as stopped:
        gate(stage(tmp_path, CEB411=[document("CEB411")]))
    report = stopped.value.report
    broken = {each.rule for each in report.records if each.outcome == "broken"}
    assert "A5" in broken
    assert "failed" not in {each.outcome for each in report.records}
    assert any("no_such_column" in each for each in report.broken)
    assert "says nothing about the data" in str(stopped.value)
    assert findings(tmp_path) == rejected(tmp_path) == []
    results = json.loads((tmp_path / "validations.json").read_text())
    assert {each["outcome"] for each in results if each["rule"] == "A5"} == {"broken"}
    assert all(each["failed"] is None for each in results if each["outcome"] == "broken")


def test_bad_sql_in_a_critical_rule_is_a_broken_check(tmp_path, monkeypatch):
    extra = Clause("K1", "payCode", "no_such_column is null", "''")
    monkeypatch.setattr(gate_module, "clauses", with_clause(extra))
    with pytest.raises(CheckBroke, match="no_such_column"):
        gate(stage(tmp_path, CEB411=[document("CEB411")]))
    assert findings(tmp_path) == rejected(tmp_path) == []


def test_a_missing_column_is_a_broken_check(tmp_path):
    run = stage(tmp_path, CEB411=[document("CEB411")])
    part = run / "parts/ceb411.parquet"
    pl.read_parquet(part).drop("pay_name").write_parquet(part)
    with pytest.raises(CheckBroke, match="pay_name"):
        gate(run)


def test_counts_that_differ_are_a_broken_check(tmp_path, monkeypatch):
    """A quarantine query that loses rows: Great Expectations still counts them."""
    monkeypatch.setattr(evaluate, "reject", lambda con, staged, rules: None)
    with pytest.raises(CheckBroke, match="counts 1 rows, the quarantine query 0"):
        gate(stage(tmp_path, CEB411=[document("CEB411", payCode=None)]))
    results = json.loads((tmp_path / "validations.json").read_text())
    assert {each["rule"] for each in results if each["outcome"] == "broken"} == {"K1"}


def test_results_that_vanish_are_a_broken_check(tmp_path, monkeypatch):
    """What happens without the shim: every metric comes back empty and nothing is raised."""
    from expectations import duckdb_dialect

    monkeypatch.setattr(duckdb_dialect.FetchedCursor, "fetchall", lambda self: [])
    with pytest.raises(CheckBroke):
        gate(stage(tmp_path, CEB411=[document("CEB411", payCode=None)]))


def test_a_rule_the_registry_does_not_know_is_a_broken_check(tmp_path):
    row = document("CEB411", findings=[("X9", "payCode", "")])
    with pytest.raises(CheckBroke, match="X9"):
        gate(stage(tmp_path, CEB411=[row]))


def test_great_expectations_and_the_quarantine_count_the_same(tmp_path):
    rows = [
        document("CEB411", payTransactionId=str(at), **({"payCode": None} if at % 3 == 0 else {}))
        for at in range(100)
    ]
    rows += [document("CEB411", payCode="x" * 30, payTransactionId=f"k{at}") for at in range(7)]
    report = gate(stage(tmp_path, CEB411=rows))
    counted = {each.rule: each.failed for each in report.records if each.field is None}
    assert (counted["K1"], counted["K3"]) == (34, 7)
    rules = duckdb.sql(
        f"select rule, count(*) from (select unnest(rules) as rule from '{tmp_path}/rejected.parquet') "
        "group by rule"
    ).fetchall()
    assert dict(rules) == {"K1": 34, "K3": 7}
    assert report.rejected == {"CEB411": 41}


def test_great_expectations_fetches_counts_never_rows(tmp_path, monkeypatch):
    """The shim holds a whole result in memory: a statement that selects rows would hold the day."""
    from expectations import duckdb_dialect

    sizes, fetch = [], duckdb_dialect.FetchedCursor.execute

    def execute(self, statement, parameters=None, context=None):
        fetch(self, statement, parameters, context)
        if self.description and not statement.startswith("DESCRIBE"):
            sizes.append(len(self._rows))

    monkeypatch.setattr(duckdb_dialect.FetchedCursor, "execute", execute)
    rows = [document("CEB411", payTransactionId=str(at % 30), payCode=None) for at in range(60)]
    gate(stage(tmp_path, CEB411=rows))
    assert sizes
    assert max(sizes) < 60
