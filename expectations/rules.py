"""The rules, each declared once: number, severity, sentence in Chinese and English, where it comes from.

`python -m expectations.rules` writes `docs/rules.md` from this registry; findings, quarantine and the
validation page name rules by these numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

#: Goes with every validation result; raise it when a rule changes what it finds.
RULE_SET_VERSION = "1"


class Severity(StrEnum):
    """What a finding does."""

    CRITICAL = "critical"  # the row goes to quarantine
    WARNING = "warning"  # the row stays in the figures, the finding is recorded
    INFO = "info"  # recorded, nothing to mend
    REFUSAL = "refusal"  # the file as a whole is not loaded


@dataclass(frozen=True)
class Rule:
    """One rule; `zh` and `en` state the defect a finding of this rule means."""

    id: str
    severity: Severity
    zh: str
    en: str
    source: str


_READER = "reader"
_CONTRACT = "contract"
_FILE = "file"

_ALL = (
    Rule("P1", Severity.CRITICAL, "字段值无法解析为规定类型", "a value does not parse as its type", _READER),
    Rule(
        "P2",
        Severity.CRITICAL,
        "同一单证的各行表头字段不一致",
        "rows of one flat document disagree in its head fields",
        _READER,
    ),
    Rule(
        "P3",
        Severity.WARNING,
        "小数超过五位，已按四舍五入保留五位",
        "more than five decimals; rounded half away from zero",
        _READER,
    ),
    Rule(
        "P4",
        Severity.WARNING,
        "代码字段中出现个人信息，已替换为摘要",
        "a personal value in a code field; replaced by a digest",
        _READER,
    ),
    Rule(
        "P5",
        Severity.WARNING,
        "时间或日期长于规定长度，已截取",
        "a time or date longer than its field; cut",
        _READER,
    ),
    Rule(
        "P6",
        Severity.WARNING,
        "计量单位为文字且不在单位表中",
        "a unit given as a word that is not in the unit list",
        _READER,
    ),
    Rule(
        "T0",
        Severity.INFO,
        "来自电子表格模板，模板没有报送时间等字段",
        "the row comes from a spreadsheet template, which has no report time",
        _READER,
    ),
    Rule("K1", Severity.CRITICAL, "业务主键字段为空", "a key field is missing", _CONTRACT),
    Rule(
        "K2",
        Severity.CRITICAL,
        "必填时间（版本时间或业务时间）为空",
        "the mandatory time (version or business time) is missing",
        _CONTRACT,
    ),
    Rule("K3", Severity.CRITICAL, "业务主键长度不符", "a key field has a broken length", _CONTRACT),
    Rule("M1", Severity.WARNING, "必填字段为空", "a mandatory field is empty", _CONTRACT),
    Rule(
        "M2", Severity.WARNING, "字段长度超出规定", "a value is longer or shorter than its field", _CONTRACT
    ),
    Rule(
        "M3",
        Severity.WARNING,
        "代码不在代码表中（或海关不属于本区）",
        "a code is not in its list (or the customs office is not one of the zone's)",
        _CONTRACT,
    ),
    Rule(
        "M4",
        Severity.WARNING,
        "主键与版本时间相同而内容不同",
        "same key and same version time, but different content",
        _CONTRACT,
    ),
    Rule(
        "A1",
        Severity.WARNING,
        "实际支付金额 ≠ 商品价格 + 运杂费 + 代扣税款 - 非现金抵扣金额",
        "acturalPaid differs from goodsValue + freight + taxTotal - discount by a fen or more",
        "rule A1: message specification of the order",
    ),
    Rule(
        "A2",
        Severity.WARNING,
        "订单实际支付金额与支付单金额合计不一致（币制均为人民币）",
        "the order's acturalPaid differs from the payments of the order by a fen or more (both in CNY)",
        "rule A2: message specification of order and payment",
    ),
    Rule(
        "A3",
        Severity.WARNING,
        "商品价格 ≠ 各项总价之和，或总价 ≠ 单价 × 数量（每项容差一分）",
        "goodsValue differs from the sum of item totals, or totalPrice from price x qty (a fen per item)",
        "rule A3: message specification; holds in 66 of 66 items of a real batch",
    ),
    Rule(
        "A4",
        Severity.WARNING,
        "清单商品项与订单商品项的数量、单价或总价不一致",
        "an item of the list differs from the order's item of the same number in qty, price or total",
        "rule A4: the list corresponds to the electronic order one to one",
    ),
    Rule(
        "A5",
        Severity.WARNING,
        "净重大于毛重、数量不为正，或以“空”“无”“/”充数",
        "net weight above gross weight, a quantity not above zero, or a field filled with 空, 无 or /",
        "rule A5: verification chain of a platform",
    ),
    Rule(
        "A6",
        Severity.WARNING,
        "税额与完税价格和综合税率不符",
        "the tax does not fit the dutiable value and any rate that may apply",
        "rule A6: (CT + VAT) / (1 - CT) x 70% within the limits",
    ),
    Rule(
        "A7",
        Severity.WARNING,
        "税单表头税额 ≠ 各项税额之和，或限值内关税不为零",
        "the head taxes of a tax bill differ from the sum of its items, or duty within the limits is not 0",
        "rule A7: tax bill samples",
    ),
    Rule(
        "A8",
        Severity.INFO,
        "税额与按税率计算值相差在舍入容差内（每项一分）",
        "the tax differs from the computed one only by rounding (at most a fen per item)",
        "rule A8: 2528.3 x 9.1% = 230.0753 declared as 230.07",
    ),
    Rule(
        "F1",
        Severity.REFUSAL,
        "文件无法读取或格式不完整",
        "the file cannot be read or is not well-formed",
        _FILE,
    ),
    Rule("F2", Severity.REFUSAL, "XML 文件含有 DOCTYPE", "the XML file has a DOCTYPE", _FILE),
    Rule(
        "F3",
        Severity.REFUSAL,
        "超过大小、层数或属性数限制",
        "the file is over a limit of size, depth or attributes",
        _FILE,
    ),
    Rule("F4", Severity.REFUSAL, "无法识别单证种类", "the kind of document is not known", _FILE),
    Rule(
        "F5",
        Severity.REFUSAL,
        "单证种类不唯一（请加 messageType 列）",
        "the kind of document is ambiguous (a messageType column decides)",
        _FILE,
    ),
    Rule(
        "F6",
        Severity.REFUSAL,
        "CSV 语法、表头或列数不符",
        "the CSV breaks its grammar, header or field count",
        _FILE,
    ),
    Rule("F7", Severity.REFUSAL, "文件编码不符", "the file has a wrong encoding", _FILE),
    Rule(
        "F8",
        Severity.REFUSAL,
        "文件与随附清单（manifest）不符",
        "the file does not match its manifest",
        _FILE,
    ),
    Rule("F9", Severity.REFUSAL, "一个文件混有多种单证", "the file mixes kinds of documents", _FILE),
    Rule(
        "F10",
        Severity.REFUSAL,
        "压缩包超限、加密或嵌套",
        "the archive is over its bounds, encrypted or nested",
        _FILE,
    ),
)

RULES: dict[str, Rule] = {each.id: each for each in _ALL}
CRITICAL: tuple[str, ...] = tuple(each.id for each in _ALL if each.severity is Severity.CRITICAL)

_HEADINGS = {
    Severity.CRITICAL: "Critical: the row goes to quarantine",
    Severity.WARNING: "Warning: the row stays in the figures, the finding is recorded",
    Severity.INFO: "Info: recorded only",
    Severity.REFUSAL: "Refusal: the file is not loaded, the day goes on without it",
}


def markdown() -> str:
    """The text of `docs/rules.md`."""
    lines = [
        "# Rules",
        "",
        f"Rule set version {RULE_SET_VERSION}. Generated by `python -m expectations.rules`; do not edit.",
        "Every finding, quarantined row and refused file names one of these numbers.",
    ]
    for severity, heading in _HEADINGS.items():
        lines += ["", f"## {heading}", "", "| rule | 中文 | English | from |", "|---|---|---|---|"]
        lines += [
            f"| {each.id} | {each.zh} | {each.en} | {each.source} |"
            for each in _ALL
            if each.severity is severity
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write docs/rules.md beside the code."""
    path = Path(__file__).resolve().parent.parent / "docs" / "rules.md"
    path.write_text(markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
