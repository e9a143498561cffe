"""The published tables of reconciliation, column by column."""

from __future__ import annotations

from itertools import product

from transforms.metric_model import DATE, ZONE, MetricTable, count, hours, money, share, text
from transforms.reconciliation.codes import MATCHED

_SOURCE = "reconciliation"
#: Documents whose presence makes a pattern; a list, or a document that no list claims, stands for a purchase.
PRESENT = ("list", "order", "payment", "waybill")
#: The 15 patterns: any of them present, but at least one.
PATTERNS: tuple[str, ...] = tuple(
    "+".join(name for name, there in zip(PRESENT, flags, strict=True) if there)
    for flags in product((True, False), repeat=len(PRESENT))
    if any(flags)
)
FLOW = text("flow", "进出口", "import or export", "I, E, all", "flow of the row; all: both", _SOURCE)
MODE = text(
    "mode",
    "监管方式",
    "supervision mode",
    "code, unknown, all",
    "tradeMode of the list; unknown where empty and for documents without a list",
    _SOURCE,
)

RECONCILIATION_DAILY = MetricTable(
    "reconciliation_daily",
    "每日三单对碰",
    "daily reconciliation",
    (
        ZONE,
        DATE,
        text(
            "subject",
            "对象",
            "what is counted",
            "list, a documents table",
            "list: lists by their business date; else documents of that table no list claims, by theirs",
            _SOURCE,
        ),
        FLOW,
        MODE,
        text(
            "basis",
            "口径",
            "basis",
            "result, reason",
            "result: each row once, by its dominant result, so the codes add up to the total; "
            "reason: by every reason it has, so a row may count several times",
            _SOURCE,
        ),
        text(
            "code",
            "结果或原因",
            "result or reason",
            "docs/method-reconciliation.md",
            f"{MATCHED}, or a reason code",
            _SOURCE,
        ),
    ),
    (
        count("number", "数量", "rows with the code", "rows of the subject with the code", _SOURCE),
        count(
            "total",
            "总数",
            "rows of the subject",
            "all rows of the subject in the cell",
            _SOURCE,
            across=("basis", "code"),
        ),
        share(
            "share",
            "占比",
            "share with the code",
            "share of total",
            "number / total",
            _SOURCE,
            over_days=("number", "total"),
        ),
        money(
            "value_cny",
            "货值",
            "goods value",
            "sum of value_cny of the rows with the code; unknown values add nothing",
            "reconciliation.value_cny",
        ),
        money(
            "difference_cny",
            "支付差额",
            "paid less ordered",
            "sum of paid_cny - order_paid_cny of the rows with the code that state both",
            "reconciliation.difference_cny",
        ),
        count(
            "timed",
            "可计时数",
            "rows with a time until matched",
            "rows with the code whose documents agree",
            "reconciliation.hours_until_matched",
        ),
        hours(
            "median_h",
            "匹配用时中位数",
            "median time until matched",
            "median over the timed rows of the hours from the first document's first version to the last "
            "document as it is, by their own app_at; of an even number the mean of the two in the middle",
            "reconciliation.first_at, matched_at",
        ),
        money(
            "tolerance_cny",
            "金额容差",
            "tolerance of amounts",
            "how far two amounts may lie apart and still match, as the zone stated it when the rows were "
            "computed (the greatest of the rows)",
            "reconciliation.tolerance_cny",
            over_days="max",
        ),
    ),
)

RECONCILIATION_PATTERNS_DAILY = MetricTable(
    "reconciliation_patterns_daily",
    "每日单证齐备组合",
    "daily presence of the four documents",
    (
        ZONE,
        DATE,
        FLOW,
        MODE,
        text(
            "pattern",
            "单证组合",
            "documents present",
            "list, order, payment, waybill joined by +",
            "which of the four documents a purchase has; all 15 combinations are listed",
            _SOURCE,
        ),
    ),
    (
        count(
            "purchases",
            "交易数",
            "purchases",
            "lists, and documents without a list taken together by order key, with exactly these documents",
            "reconciliation.leads",
        ),
        count("total", "总数", "all purchases", "sum of the 15 patterns of the cell", "reconciliation.leads"),
        share(
            "share",
            "占比",
            "share of the pattern",
            "share of total",
            "purchases / total",
            _SOURCE,
            over_days=("purchases", "total"),
        ),
    ),
)
