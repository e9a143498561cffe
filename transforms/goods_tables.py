"""The tables of goods, column by column: by HS code, and by country."""

from __future__ import annotations

from transforms.metric_model import BREAKDOWN, DATE, ZONE, MetricTable, count, money, share, text, weight

LEVELS = ("all", "chapter", "heading")
_COUNTRY = "import: country of origin of the line, export: country of destination of the line"

GOODS_DAILY = MetricTable(
    "goods_daily",
    "每日商品",
    "daily goods by HS code",
    (
        ZONE,
        DATE,
        BREAKDOWN[0],
        text("level", "级别", "level", ", ".join(LEVELS), "how much of the HS code tells rows apart", ""),
        text(
            "hs",
            "商品编码",
            "HS code",
            "2 or 4 digits, unknown, all",
            "first 2 (chapter) or 4 (heading) digits of gcode; unknown: fewer than 4 digits",
            "lists.goods.hs",
        ),
    ),
    (
        count(
            "lists", "清单数", "lists", "lists released that day with a line of these goods", over_days="sum"
        ),
        count("items", "商品项数", "goods lines", "lines of these goods on them", "lists.goods"),
        money(
            "value_cny",
            "货值",
            "goods value",
            "sum of the lines' totals; a line without a known value adds nothing",
            "lists.goods.value_cny",
        ),
        weight(
            "quantity",
            "数量",
            "quantity",
            "sum of qty1, in `unit`; null where lines have different units or a line has none",
            "lists.goods.quantity",
            over_days="no",
            unit="see unit",
        ),
        text(
            "unit",
            "法定单位",
            "first legal unit",
            "code",
            "unit1 of all lines; null as quantity",
            "lists.goods.unit",
        ),
        count(
            "articles",
            "商品种数",
            "distinct goods",
            "distinct (ebcCode, itemNo or else itemRecordNo); lines without either count for none",
            "lists.goods.article",
            over_days="no",
        ),
        count(
            "countries", "国别数", "countries", f"distinct; {_COUNTRY}", "lists.goods.country", over_days="no"
        ),
        text(
            "top_country",
            "首位国别",
            "first country",
            "code",
            "country with most value; of equals the smallest code",
            "lists.goods.country",
        ),
        money(
            "top_country_value_cny",
            "首位国别货值",
            "value of the first country",
            "value_cny of the lines of top_country",
            "lists.goods",
            over_days="no",
        ),
        share(
            "top_country_share",
            "首位国别占比",
            "share of the first country",
            "fraction of value_cny",
            "top_country_value_cny / value_cny",
            "lists.goods",
        ),
    ),
)

COUNTRIES_DAILY = MetricTable(
    "countries_daily",
    "每日国别",
    "daily goods by country",
    (
        ZONE,
        DATE,
        BREAKDOWN[0],
        text("country", "国别", "country", "code, unknown, all", _COUNTRY, "lists.goods.country"),
    ),
    (
        count("lists", "清单数", "lists", "lists released that day with a line of the country"),
        count("items", "商品项数", "goods lines", "lines of the country on them", "lists.goods"),
        money(
            "value_cny",
            "货值",
            "goods value",
            "sum of the lines' totals; a line without a known value adds nothing",
            "lists.goods.value_cny",
        ),
        money(
            "flow_value_cny",
            "进出口货值",
            "goods value of the flow",
            "value_cny of the flow's row `all`",
            "lists.goods.value_cny",
            across=("country",),
        ),
        share(
            "value_share",
            "货值占比",
            "share of the flow's value",
            "fraction of flow_value_cny",
            "value_cny / flow_value_cny",
            "lists.goods.value_cny",
            over_days=("value_cny", "flow_value_cny"),
        ),
    ),
)
