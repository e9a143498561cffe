"""The validation page of a day: one HTML file that needs no network, in Chinese and English.

Shows what the gate found by rule and kind, the files that were refused and why, and, apart from both, the
checks that broke. Nothing is computed here but sums of what the gate counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from expectations.rules import RULES, Rule, Severity
from sources.contracts import CONTRACTS

_SEVERITIES = {
    Severity.CRITICAL: ("严重", "critical", "整行隔离", "the row goes to quarantine"),
    Severity.WARNING: ("警告", "warning", "保留并记录", "the row stays, the finding is recorded"),
    Severity.INFO: ("提示", "info", "仅记录", "recorded only"),
    Severity.REFUSAL: ("拒收", "refusal", "文件不入库", "the file is not loaded"),
}


@dataclass(frozen=True)
class KindCount:
    """Rows of one kind that broke a rule."""

    kind: str
    zh: str
    en: str
    checked: int
    failed: int
    sample: tuple[str, ...]


@dataclass
class RuleCount:
    """One rule and where it was broken."""

    rule: Rule
    kinds: list[KindCount] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Rows that broke the rule, over all kinds."""
        return sum(each.failed for each in self.kinds)


@dataclass(frozen=True)
class FileLine:
    """One file of the day."""

    name: str
    kind: str
    rows: int
    rejected: int
    rule: Rule | None
    reason: str
    line: int | None


def render(
    validations: Sequence[Mapping[str, Any]],
    files: Sequence[Mapping[str, Any]],
    path: Path,
    zone: str,
    business_date: date,
) -> Path:
    """Write the page to `path` (by rename, so that no reader sees half of it) and return it.

    `validations`: records of the gate's validations.json (kind, rule, field, expectation, outcome,
    broken_reason, checked, failed, sample). `files`: rows of ledger.files (names, kind, rows_read,
    rows_quarantined, first_error as "F4: reason", first_error_line); other keys are ignored.
    """
    rules = _by_rule(validations)
    lines = [_file(each) for each in files]
    refused = [each for each in lines if each.rule]
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("validation.html").render(
        zone=zone,
        business_date=business_date,
        rules=rules,
        passed=_passed(validations, rules),
        refused=refused,
        loaded=[each for each in lines if not each.rule],
        broken=[_broken(each) for each in validations if each["outcome"] == "broken"],
        severities=_SEVERITIES,
        totals=_totals(rules, len(refused)),
        checks=len(validations),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(page, encoding="utf-8")
    return beside.replace(path)


def _by_rule(validations: Iterable[Mapping[str, Any]]) -> list[RuleCount]:
    """Rules that found something, in the registry's order; a record with a field repeats its rule's."""
    found: dict[str, RuleCount] = {}
    for each in validations:
        if each["outcome"] != "failed" or each["field"] is not None:
            continue
        kind = CONTRACTS[each["kind"]]
        found.setdefault(each["rule"], RuleCount(RULES[each["rule"]])).kinds.append(
            KindCount(
                kind.kind, kind.zh, kind.en, each["checked"], each["failed"], tuple(each.get("sample") or ())
            )
        )
    return [found[rule] for rule in RULES if rule in found]


def _passed(validations: Iterable[Mapping[str, Any]], failed: Iterable[RuleCount]) -> list[Rule]:
    """Rules that were checked and found nothing anywhere."""
    seen = {each["rule"] for each in validations if each["outcome"] == "passed"}
    broken = {each["rule"] for each in validations if each["outcome"] == "broken"}
    return [rule for name, rule in RULES.items() if name in seen - broken - {each.rule.id for each in failed}]


def _broken(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rule": record["rule"],
        "kind": record["kind"],
        "expectation": record["expectation"],
        "reason": record["broken_reason"],
    }


def _totals(rules: Iterable[RuleCount], refused: int) -> dict[Severity, int]:
    totals = dict.fromkeys(Severity, 0)
    for each in rules:
        totals[each.rule.severity] += each.failed
    totals[Severity.REFUSAL] = refused
    return totals


def _file(row: Mapping[str, Any]) -> FileLine:
    error = row.get("first_error") or ""
    number, _, reason = error.partition(": ")
    kind = row.get("kind")
    names = row.get("names") or [row.get("name") or ""]
    return FileLine(
        name=", ".join(names),
        kind=f"{kind} {CONTRACTS[kind].zh} {CONTRACTS[kind].en}" if kind in CONTRACTS else "",
        rows=row.get("rows_read") or 0,
        rejected=row.get("rows_quarantined") or 0,
        rule=RULES.get(number),
        reason=reason,
        line=row.get("first_error_line"),
    )
