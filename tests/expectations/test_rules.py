from pathlib import Path

from expectations.rules import RULES, markdown


def test_the_rules_page_is_the_registry():
    page = Path(__file__).parents[2] / "docs" / "rules.md"
    assert page.read_text(encoding="utf-8") == markdown(), "run: python -m expectations.rules"


def test_every_rule_number_is_declared():
    numbers = [f"P{n}" for n in range(1, 7)] + ["T0", "K1", "K2", "K3"]
    numbers += (
        [f"M{n}" for n in range(1, 5)] + [f"A{n}" for n in range(1, 9)] + [f"F{n}" for n in range(1, 11)]
    )
    assert list(RULES) == numbers
    assert all(each.zh and each.en for each in RULES.values())
