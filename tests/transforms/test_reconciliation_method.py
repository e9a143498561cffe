"""The table of codes and the worked example of docs/method-reconciliation.md, read from there and computed."""

import re
from pathlib import Path

import polars as pl
from drawn_tables import DAY, documents, rates, rows, value

from transforms.lists import build
from transforms.reconciliation import orphans, reconcile
from transforms.reconciliation.codes import markdown
from transforms.reconciliation.daily import reconciliation_patterns_daily
from transforms.schemas import RECONCILIATION

PAGE = (Path(__file__).parents[2] / "docs" / "method-reconciliation.md").read_text(encoding="utf-8")


def by_key(row: dict[str, object]) -> str:
    return str(row["business_key"])


def test_the_page_shows_the_codes_as_declared():
    assert re.search(r"<!-- codes -->\n(.*?)<!-- end", PAGE, re.S)[1] == markdown()


def test_the_example_is_what_is_computed():
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", PAGE, re.S))
    wanted = rows(blocks.pop("rows"))
    given = documents(**blocks)
    lists = build(given, rates()).lists
    found = pl.concat([reconcile(given, lists), orphans(given, lists, rates())])
    shown = found.select(wanted[0].keys()).collect().rows(named=True)
    expected = []
    for row in wanted:
        typed = {name: value(text, RECONCILIATION[name]) for name, text in row.items() if name != "reasons"}
        key = typed["business_key"].replace(" ", "|")
        expected.append({**typed, "business_key": key, "reasons": (row["reasons"] or "").split()})
    assert sorted(shown, key=by_key) == sorted(expected, key=by_key)
    patterns = reconciliation_patterns_daily(found, [DAY]).filter(flow="all", mode="all").collect()
    assert dict(patterns.filter(pl.col("purchases") > 0).select("pattern", "purchases").rows()) == {
        "list+order+payment+waybill": 3,
        "list+payment+waybill": 1,
        "payment": 1,
    }
