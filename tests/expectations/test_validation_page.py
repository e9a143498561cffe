"""The validation page: readable without a network, broken checks apart from bad data."""

import json
import re
from datetime import date

import pytest
from staged_day import document, gate, item, stage

from expectations.gate import CheckBroke
from reports.validation import render

FILES = [
    {"names": ["orders.xml"], "kind": "CEB311", "rows_read": 2, "rows_quarantined": 1, "first_error": None},
    {
        "names": ["<x>.csv"],
        "kind": None,
        "first_error": "F6: line 3 has 4 fields, the header 5",
        "first_error_line": 3,
    },
]


def page(run, name="validation.html"):
    records = json.loads((run / "validations.json").read_text())
    return render(records, FILES, run / name, "zhengzhou", date(2026, 1, 5)).read_text(encoding="utf-8")


def test_page(tmp_path):
    rows = [document("CEB311", acturalPaid=1), document("CEB311", orderNo=None)]
    gate(stage(tmp_path, CEB311=rows, CEB621=[document("CEB621", items=[item("CEB621", qty=-1)])]))
    html = page(tmp_path)
    assert "业务主键字段为空" in html
    assert "a key field is missing" in html
    assert "4101000001|O1" in html  # the order that breaks A1
    assert "Checks that broke" not in html
    assert "&lt;x&gt;.csv" in html
    assert "line 3 has 4 fields" in html
    assert html.index("<b>K1</b>") < html.index("<b>A1</b>") < html.index("<b>F6</b>")
    assert not list(tmp_path.glob("*.part"))


def test_page_needs_no_network(tmp_path):
    gate(stage(tmp_path, CEB311=[document("CEB311")]))
    html = page(tmp_path)
    assert not re.search(r"https?://|<script|<link|@import|url\(", html)
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html
    assert "Nothing was found" in html


def test_broken_checks_stand_apart(tmp_path):
    import polars as pl

    part = stage(tmp_path, CEB411=[document("CEB411")]) / "parts/ceb411.parquet"
    pl.read_parquet(part).drop("pay_name").write_parquet(part)
    with pytest.raises(CheckBroke):
        gate(tmp_path)
    html = page(tmp_path)
    assert "this says nothing about the data" in html
    assert "Nothing was found" not in html
