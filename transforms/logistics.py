"""Daily logistics: parcels and weight by carrier and transport mode, countries, corridors, times to the door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.corridors import CORRIDORS, HOME
from transforms.cube import known, number, on_days, ratio, shaped, summed, timed, timing
from transforms.metric_model import (
    BREAKDOWN,
    DATE,
    ZONE,
    Column,
    MetricTable,
    count,
    money,
    share,
    text,
    weight,
)
from transforms.schemas import TOTAL

_FLOW = BREAKDOWN[0]
_CARRIER = text(
    "carrier",
    "物流企业",
    "carrier",
    "logisticsCode, unknown, all",
    "logisticsCode of the list; unknown where empty",
    "lists.logistics_code",
)
_TRANSPORT = text(
    "transport",
    "运输方式",
    "transport mode",
    "code (traf_mode), unknown, all",
    "trafMode of the list; unknown where empty. Bonded imports state the way out of the zone",
    "lists.traf_mode",
)
_LISTS = count("lists", "清单数", "lists", "lists with released_at on the day")
_FREIGHT: tuple[Column, ...] = (
    count("packages", "件数", "packages", "sum of the stated packNo", "lists.packages"),
    weight(
        "gross_weight_kg", "毛重", "gross weight", "sum of the lists' gross weights", "lists.gross_weight_kg"
    ),
    money(
        "value_cny",
        "货值",
        "goods value",
        "sum of the lists' values; unknown ones add nothing",
        "lists.value_cny",
    ),
)

LOGISTICS_DAILY = MetricTable(
    "logistics_daily",
    "每日物流",
    "daily logistics",
    (ZONE, DATE, _FLOW, _CARRIER, _TRANSPORT),
    (
        _LISTS,
        count(
            "parcels",
            "包裹数",
            "parcels",
            "distinct waybills (flow, logisticsCode, logisticsNo) of the lists; one that several lists name counts "
            "with the first of them by order number. Days do not add up: a waybill whose lists are released on two days "
            "is one parcel of each",
            "lists.logistics_no",
            over_days="no",
        ),
        *_FREIGHT,
        money(
            "freight_cny",
            "运费",
            "freight",
            "sum of the lists' freight; one stated as a rate or a unit price adds nothing",
            "lists.freight_cny",
        ),
    ),
)
ROUTES_DAILY = MetricTable(
    "routes_daily",
    "每日国别与运输方式",
    "daily countries and transport modes",
    (
        ZONE,
        DATE,
        _FLOW,
        text(
            "country",
            "国家（地区）",
            "country",
            "code (country_3digit), unknown, all",
            "import: country of departure (bonded goods leaving the zone: 142), export: country of destination",
            "lists.country",
        ),
        _TRANSPORT,
    ),
    (_LISTS, *_FREIGHT),
)
CORRIDORS_DAILY = MetricTable(
    "corridors_daily",
    "每日通道",
    "daily corridors",
    (
        ZONE,
        DATE,
        _FLOW,
        text(
            "corridor",
            "通道",
            "corridor",
            ", ".join(each.id for each in CORRIDORS),
            "lists by transport mode and country, all listed where a list is from or to abroad: "
            + "; ".join(
                f"{each.id} ({each.zh}): trafMode {each.transport}, countries {', '.join(each.countries)}"
                for each in CORRIDORS
            ),
            "lists.traf_mode, lists.country",
        ),
    ),
    (
        _LISTS,
        *_FREIGHT,
        count(
            "abroad",
            "跨境清单数",
            "lists from or to abroad",
            f"all lists with released_at on the day that name a country other than {HOME}",
        ),
        share(
            "share",
            "占比",
            "share of lists",
            "fraction of abroad",
            "lists / abroad",
            over_days=("lists", "abroad"),
        ),
    ),
)
DELIVERY_TIMES_DAILY = MetricTable(
    "delivery_times_daily",
    "每日签收时效",
    "daily times from release to signature",
    (ZONE, DATE, _FLOW, _CARRIER),
    (
        count(
            "released",
            "放行数",
            "import lists released",
            "import lists with released_at on the day; of exports no waybill status tells (CEB513 is of imports)",
        ),
        *timing(
            "released and, as the stored documents have it, neither signed (first status S) nor returned"
        ),
        count(
            "signed",
            "签收数",
            "lists signed for",
            "of released, lists with signed_at, also where its clock is before the release",
            "lists.signed_at",
        ),
        share(
            "signed_share",
            "签收率",
            "share signed",
            "fraction of released",
            "signed / released",
            over_days=("signed", "released"),
        ),
    ),
)
_SUMS = (
    pl.len().cast(pl.Int64).alias("lists"),
    pl.col("packages").sum(),
    pl.col("gross_weight_kg", "value_cny", "freight_cny").sum().cast(TOTAL),
)
_DAY = ("zone", "business_date")


def _released(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """Lists released on the dates, with their carrier and transport mode."""
    return (
        on_days(lists, "released_at", dates)
        .rename({"logistics_code": "carrier", "traf_mode": "transport"})
        .pipe(known, "transport", "country")
    )


def logistics_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.logistics_daily of the dates, sorted by grain."""
    waybill = pl.struct("zone", "business_date", "flow", "carrier", "logistics_no")
    named = pl.col("carrier").is_not_null() & pl.col("logistics_no").is_not_null()
    rows = (
        _released(lists, dates)
        .sort("order_no", "ebc_code", nulls_last=False)
        .with_columns((named & waybill.is_first_distinct()).alias("_parcel"))
        .pipe(known, "carrier")
    )
    values = [*_SUMS, number(pl.col("_parcel"), "parcels")]
    return summed(rows, _DAY, ("flow", "carrier", "transport"), values).pipe(shaped, LOGISTICS_DAILY)


def routes_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.routes_daily of the dates, sorted by grain."""
    over = ("flow", "country", "transport")
    return summed(_released(lists, dates), _DAY, over, list(_SUMS)).pipe(shaped, ROUTES_DAILY)


def corridors_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.corridors_daily of the dates, sorted by grain: all corridors where a list is from or to abroad.

    A corridor that no list took has its row too, so that a share over days counts those days.
    """
    routes = pl.LazyFrame(
        [(each.id, each.transport, country) for each in CORRIDORS for country in each.countries],
        schema={"corridor": pl.String, "transport": pl.String, "country": pl.String},
        orient="row",
    )
    released = _released(lists, dates)
    abroad = summed(
        released.filter(~pl.col("country").is_in([HOME, "unknown"])),
        _DAY,
        ("flow",),
        [pl.len().cast(pl.Int64).alias("abroad")],
    )
    taken = summed(
        released.join(routes, on=["transport", "country"], how="inner"),
        (*_DAY, "corridor"),
        ("flow",),
        list(_SUMS),
    )
    return (
        abroad.join(routes.select("corridor").unique(), how="cross")
        .join(taken, on=[*_DAY, "flow", "corridor"], how="left")
        .with_columns(pl.col("lists", *(each.id for each in _FREIGHT)).fill_null(0))
        .with_columns(ratio("lists", "abroad").alias("share"))
        .pipe(shaped, CORRIDORS_DAILY)
    )


def delivery_times_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.delivery_times_daily of the dates, sorted by grain."""
    spans = (
        _released(lists.filter(pl.col("flow") == "I"), dates)
        .pipe(known, "carrier")
        .with_columns(
            (pl.col("signed_at") - pl.col("released_at")).dt.total_milliseconds().alias("duration"),
            (pl.col("signed_at").is_null() & pl.col("returned_at").is_null()).alias("open"),
        )
    )
    over = ("flow", "carrier")
    signed = summed(spans, _DAY, over, [number(pl.col("signed_at").is_not_null(), "signed")])
    return (
        timed(spans, _DAY, over)
        .join(signed, on=[*_DAY, *over], how="left")
        .with_columns(pl.sum_horizontal("n", "open", "negative", "undefined").alias("released"))
        .with_columns(ratio("signed", "released").alias("signed_share"))
        .pipe(shaped, DELIVERY_TIMES_DAILY)
    )
