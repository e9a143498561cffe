"""The known violations of the published samples are found by rule number."""

import hashlib
from pathlib import Path

import duckdb
import pytest
from staged_day import OFFICES

from expectations.gate import check
from sources.readers import read_files
from sources.staging import LandedFile, save

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="no ../shared/samples here"),
]


def found(folder, run):
    """(file name, rule, row_no) of every finding in a sample folder, and the rejected ones."""
    (run / "parts").mkdir()
    landed = []
    for path in sorted((SAMPLES / folder).iterdir()):
        data = path.read_bytes()
        landed.append(LandedFile(hashlib.sha256(data).hexdigest(), str(path), (path.name,), len(data), "s"))
    save(read_files(landed, run / "parts", b"k" * 32), run / "outcomes.json")
    report = check(duckdb.connect(), run, OFFICES)
    assert report.broken == ()
    names = {each.file_hash: each.names[0] for each in landed}
    rows = duckdb.sql(f"select file_hash, rule, field, row_no from '{run}/findings.parquet'").fetchall()
    return {(names[file_hash], rule, field, row_no) for file_hash, rule, field, row_no in rows}


def of(results, start, *rules):
    return {
        (rule, field, row_no)
        for name, rule, field, row_no in results
        if name.startswith(start) and rule in rules
    }


def test_bonded(tmp_path):
    results = found("import_bonded_1210", tmp_path)
    assert of(results, "CEB311", "A1", "A2", "A3") == {("A1", "acturalPaid", 1), ("A1", "acturalPaid", 2)}
    assert of(results, "CEB311", "A6", "A8") == {("A8", "taxTotal", 2)}  # 230.07 for 230.0753
    assert of(results, "CEB621", "A3", "A4", "A5") == set()  # the list matches its order


def test_platform_runs(tmp_path):
    results = found("platform_runs_xian", tmp_path)
    assert of(results, "order_20180803", "A1") == {("A1", "acturalPaid", 1)}
    assert of(results, "order_20180830", "A1", "A3") == set()  # 50 of 50 orders hold


def test_templates(tmp_path):
    results = found("excel_templates_as_csv", tmp_path)
    assert of(results, "tpl_payment", "P1", "K1", "K2", "K3") == {("P1", "payTime", 1)}


def test_export(tmp_path):
    results = found("export", tmp_path)
    codes = of(results, "CEB603_list_official", "M3")
    assert {("M3", "ieFlag", 1), ("M3", "tradeMode", 1)} <= codes


def test_official_import(tmp_path):
    results = found("import_direct_9610_official", tmp_path)
    assert of(results, "CEB816", "A6", "A7") == {("A6", "items.valueAddedTax", 1)}  # 10 where 11.2 is due
