"""The table of enterprises, column by column."""

from __future__ import annotations

import polars as pl

from transforms.metric_model import BREAKDOWN, DATE, ZONE, Column, MetricTable, count, money, share, text

#: Roles in which an enterprise stands on a list, and what of the list names it.
ROLES = {
    "ebc": "ebcCode",
    "ebp": "ebpCode",
    "logistics": "logisticsCode",
    "agent": "agentCode",
    "payment": "payCode of the payments of its order that are not deleted",
}
#: Days whose value decides the size class of an enterprise, the day itself included.
CLASS_DAYS = 365
TOPS = (1, 5, 10)
_SOURCE = "lists"


def _top(n: int) -> tuple[Column, Column]:
    return (
        money(
            f"top{n}_value_cny",
            f"前{n}家货值",
            f"value of the {n} largest",
            f"value_cny of the {n} enterprises with most value that day",
            over_days="no",
        ),
        share(
            f"top{n}_share",
            f"前{n}家占比",
            f"share of the {n} largest",
            "fraction of value_cny",
            f"top{n}_value_cny / value_cny",
        ),
    )


def _median(id_: str, zh: str, en: str, unit: str, formula: str) -> Column:
    return Column(id_, zh, en, unit, formula, _SOURCE, "", pl.Float64())


ENTERPRISES_DAILY = MetricTable(
    "enterprises_daily",
    "每日企业",
    "daily enterprises by role and size",
    (
        ZONE,
        DATE,
        BREAKDOWN[0],
        text(
            "role",
            "企业角色",
            "role",
            ", ".join(ROLES),
            "; ".join(f"{role}: {source}" for role, source in ROLES.items()),
        ),
        text(
            "size_class",
            "规模",
            "size class",
            "classes of the zone file, all",
            f"the largest class whose smallest value the enterprise reaches with its value_cny of {CLASS_DAYS} days "
            "up to this one, in its role, both flows together",
            "lists.value_cny; zone file: size_classes",
        ),
    ),
    (
        count("active", "活跃企业数", "active enterprises", "with a list declared that day", over_days="no"),
        count(
            "new",
            "新企业数",
            "new enterprises",
            "of the active ones those whose first declared list in the role is of that day, as far as the record goes back: "
            "on its first days nearly all are new (targets_pace.known_since says when they were)",
        ),
        count(
            "lists",
            "清单数",
            "lists",
            "their lists declared that day; a list split over several payment institutions counts for each",
        ),
        money("value_cny", "货值", "goods value", "value of these lists; an unknown value adds nothing"),
        *(column for n in TOPS for column in _top(n)),
        Column(
            "squares_cny2",
            "货值平方和",
            "sum of squared values",
            "CNY squared",
            "each enterprise's value_cny of the day, squared and summed; null above 100 trillion CNY a day",
            _SOURCE,
            "",
            pl.Float64(),
        ),
        share(
            "hhi",
            "赫芬达尔指数",
            "Herfindahl-Hirschman index",
            "0 to 1; times 10,000 for points",
            "squares_cny2 / (value_cny x value_cny)",
        ),
        _median(
            "median_lists",
            "企业清单数中位数",
            "median lists per enterprise",
            "lists",
            "middle of the enterprises' lists that day, mean of the two middle ones of an even number",
        ),
        _median(
            "median_value_cny",
            "企业货值中位数",
            "median value per enterprise",
            "CNY",
            "middle of the enterprises' value_cny that day, mean of the two middle ones of an even number",
        ),
    ),
)
