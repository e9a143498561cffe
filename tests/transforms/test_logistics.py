# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Carriers, routes, corridors and deliveries: a drawn day, and a plainer computation."""

from datetime import timedelta
from decimal import Decimal

import plain_figures as plain
import polars as pl
from drawn_tables import DAY, expect, frame
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.codelists import codes
from transforms.corridors import CORRIDORS, HOME
from transforms.logistics import (
    CORRIDORS_DAILY,
    DELIVERY_TIMES_DAILY,
    LOGISTICS_DAILY,
    ROUTES_DAILY,
    corridors_daily,
    delivery_times_daily,
    logistics_daily,
    routes_daily,
)
from transforms.schemas import LISTS
from warehouse import periods

LISTS_DRAWN = """
zone | flow | order_no | logistics_code | logistics_no | traf_mode | country | released_at | signed_at | returned_at | packages | gross_weight_kg | value_cny | freight_cny
z    | I    | O2       | SF             | W1           | 5         | 304     | 08:00       | 20:00     |             | 2        | 1.5             | 10        | 1
z    | I    | O1       | SF             | W1           | 3         | 304     | 09:00       | 08:30     |             | 1        | 0.5             | 20        |
z    | E    | O3       | SF             | W1           | 3         | 344     | 10:00       |           |             |          |                 |           |
z    | E    | O4       |                | W9           |           |         | 10:00       |           | +2 08:00    | 1        |                 |           |
z    | E    | O5       | SF             |              | 3         | 145     | +1 00:00    |           |             | 9        | 9               | 9         | 9
"""


def lists():
    drawn = frame(LISTS_DRAWN, LISTS).to_dicts()
    return plain.lists_of([{"ebc_code": "E", **row} for row in drawn])


def test_parcels_by_carrier_and_transport():
    found = logistics_daily(lists(), [DAY])
    assert dict(found.collect_schema()) == LOGISTICS_DAILY.schema
    # Two lists name the waybill W1 of the imports: it counts with O1, by rail. Without a carrier there is none.
    expect(
        found.filter((pl.col("carrier") == "SF") | (pl.col("flow") == "all") & (pl.col("carrier") == "all")),
        """
        flow | carrier | transport | lists | parcels | packages | gross_weight_kg | value_cny | freight_cny
        I    | SF      | 3         | 1     | 1       | 1        | 0.50000         | 20.00000  | 0.00000
        I    | SF      | 5         | 1     | 0       | 2        | 1.50000         | 10.00000  | 1.00000
        I    | SF      | all       | 2     | 1       | 3        | 2.00000         | 30.00000  | 1.00000
        E    | SF      | 3         | 1     | 1       | 0        | 0.00000         | 0.00000   | 0.00000
        E    | SF      | all       | 1     | 1       | 0        | 0.00000         | 0.00000   | 0.00000
        all  | SF      | 3         | 2     | 2       | 1        | 0.50000         | 20.00000  | 0.00000
        all  | SF      | 5         | 1     | 0       | 2        | 1.50000         | 10.00000  | 1.00000
        all  | SF      | all       | 3     | 2       | 3        | 2.00000         | 30.00000  | 1.00000
        all  | all     | 3         | 2     | 2       | 1        | 0.50000         | 20.00000  | 0.00000
        all  | all     | 5         | 1     | 0       | 2        | 1.50000         | 10.00000  | 1.00000
        all  | all     | unknown   | 1     | 0       | 1        | 0.00000         | 0.00000   | 0.00000
        all  | all     | all       | 4     | 2       | 4        | 2.00000         | 30.00000  | 1.00000
        """,
    )


def test_a_waybill_released_on_two_days_is_a_parcel_of_each_and_no_month_adds_them_up():
    drawn = """
        zone | flow | ebc_code | order_no | logistics_code | logistics_no | released_at
        z    | I    | E        | O1       | SF             | W1           | 08:00
        z    | I    | E        | O2       | SF             | W1           | +1 08:00
        """
    days = [DAY, DAY + timedelta(days=1)]
    found = logistics_daily(plain.lists_of(frame(drawn, LISTS).to_dicts()), days)
    whole = pl.all_horizontal(pl.col("flow", "carrier", "transport") == "all")
    expect(found.filter(whole), "business_date | lists | parcels\n2026-11-11 | 1 | 1\n2026-11-12 | 1 | 1")
    (parcels,) = (each for each in LOGISTICS_DAILY.values if each.id == "parcels")
    assert periods.over_days(LOGISTICS_DAILY, parcels, periods.COVERED) is None


def test_routes_and_corridors():
    found = routes_daily(lists(), [DAY])
    assert dict(found.collect_schema()) == ROUTES_DAILY.schema
    expect(
        found.filter((pl.col("flow") == "all") & (pl.col("transport") == "all")),
        "country | lists | packages\n304 | 2 | 3\n344 | 1 | 0\nunknown | 1 | 1\nall | 4 | 4",
    )
    found = corridors_daily(lists(), [DAY])
    assert dict(found.collect_schema()) == CORRIDORS_DAILY.schema
    assert found.collect().height == 3 * len(CORRIDORS)
    expect(
        found.filter(pl.col("lists") > 0),
        """
        flow | corridor          | lists | abroad | share
        I    | china_europe_rail | 1     | 2      | 0.5
        I    | europe_air        | 1     | 2      | 0.5
        E    | china_europe_rail | 1     | 1      | 1
        all  | china_europe_rail | 2     | 3      | 2/3
        all  | europe_air        | 1     | 3      | 1/3
        """.replace("2/3", str(2 / 3)).replace("1/3", str(1 / 3)),
    )


def test_deliveries_by_carrier():
    found = delivery_times_daily(lists(), [DAY])
    assert dict(found.collect_schema()) == DELIVERY_TIMES_DAILY.schema
    # Of the imports O1 was signed before its release, by another clock. No carrier reports the door of an export.
    wanted = """
        carrier | released | n | mean_h | median_h | p90_h | open | negative | undefined | signed | signed_share
        SF      | 2        | 1 | 12     | 12       | 12    | 0    | 1        | 0         | 2      | 1
        all     | 2        | 1 | 12     | 12       | 12    | 0    | 1        | 0         | 2      | 1
        """
    for flow in ("I", "all"):
        expect(found.filter(pl.col("flow") == flow), wanted)
    assert found.filter(pl.col("flow") == "E").collect().is_empty()


def test_a_delivery_waited_for_and_one_that_came_back_unsigned():
    drawn = """
        zone | flow | ebc_code | order_no | logistics_code | released_at | signed_at | returned_at
        z    | I    | E        | O1       | SF             | 08:00       | 20:00     |
        z    | I    | E        | O2       | SF             | 08:00       |           |
        z    | I    | E        | O3       | SF             | 08:00       |           | +2 08:00
        z    | I    | E        | O4       | SF             | 08:00       | +1 08:00  | +9 08:00
        """
    found = delivery_times_daily(plain.lists_of(frame(drawn, LISTS).to_dicts()), [DAY])
    # Of 12 h, 24 h and the one still running the middle one is 24 h.
    expect(
        found.filter((pl.col("flow") == "all") & (pl.col("carrier") == "all")),
        """
        released | n | total_h | median_h | p90_h | open | negative | undefined | signed | signed_share
        4        | 2 | 36      | 24       |       | 1    | 0        | 1         | 2      | 0.5
        """,
    )


def test_corridors_use_codes_that_exist():
    countries, transports = set(codes("country_3digit")), set(codes("traf_mode"))
    for each in CORRIDORS:
        assert set(each.countries) <= countries - {HOME}
        assert each.transport in transports


times = plain.hours.map(lambda hour: None if hour is None else plain.MIDNIGHT + timedelta(hours=hour))
records = st.lists(
    st.fixed_dictionaries(
        {
            "flow": plain.flows,
            "ebc_code": st.just("E"),
            "logistics_code": st.sampled_from(["SF", "EMS", None]),
            "logistics_no": st.sampled_from(["W1", "W2", None]),
            "traf_mode": st.sampled_from(["3", "5", None]),
            "country": st.sampled_from(["304", "145", "142", None]),
            "released_at": times,
            "signed_at": times,
            "returned_at": times,
            "packages": st.one_of(st.none(), st.integers(0, 3)),
            "gross_weight_kg": st.one_of(st.none(), st.integers(0, 3).map(Decimal)),
        }
    ),
    max_size=8,
).map(lambda rows: [{**row, "order_no": f"O{place}"} for place, row in enumerate(rows)])


@settings(max_examples=25, deadline=None)
@given(records)
def test_logistics_against_a_plainer_computation(drawn):
    ours, seen = [], set()
    for each in drawn:
        if not each["released_at"] or each["released_at"].date() != plain.DAY:
            continue
        waybill = (each["flow"], each["logistics_code"], each["logistics_no"])
        ours.append(
            {
                **each,
                "carrier": each["logistics_code"],
                "transport": each["traf_mode"],
                "parcel": None not in waybill and waybill not in seen,
            }
        )
        seen.add(waybill)
    lists_ = plain.lists_of(drawn)

    def sums(rows):
        return {
            "lists": len(rows),
            "packages": sum(row["packages"] or 0 for row in rows),
            "gross_weight_kg": sum(row["gross_weight_kg"] or 0 for row in rows),
        }

    over = ("flow", "carrier", "transport")
    wanted = {
        key: {**sums(rows), "parcels": sum(row["parcel"] for row in rows)}
        for key, rows in plain.grouped(ours, over).items()
    }
    plain.agree(logistics_daily(lists_, [plain.DAY]), wanted, over)
    over = ("flow", "country", "transport")
    wanted = {key: sums(rows) for key, rows in plain.grouped(ours, over).items()}
    plain.agree(routes_daily(lists_, [plain.DAY]), wanted, over)
    wanted = {}
    for (flow,), rows in plain.grouped(ours, ("flow",)).items():
        abroad = sum(row["country"] not in (None, HOME) for row in rows)
        for corridor in CORRIDORS:
            fit = [
                row
                for row in rows
                if row["transport"] == corridor.transport and row["country"] in corridor.countries
            ]
            if abroad:
                wanted[corridor.id, flow] = {**sums(fit), "abroad": abroad, "share": len(fit) / abroad}
    plain.agree(corridors_daily(lists_, [plain.DAY]), wanted, ("corridor", "flow"))
    wanted = {}
    imports = [row for row in ours if row["flow"] == "I"]
    for key, rows in plain.grouped(imports, ("flow", "carrier")).items():
        signed = sum(row["signed_at"] is not None for row in rows)
        still = [row for row in rows if row["signed_at"] is None and row["returned_at"] is None]
        ended = [row for row in rows if row not in still]
        spans = [plain.milliseconds(row["released_at"], row["signed_at"]) for row in ended]
        wanted[key] = {
            "released": len(rows),
            "open": len(still),
            "signed": signed,
            "signed_share": signed / len(rows),
            **plain.timing(spans, len(still)),
        }
    plain.agree(delivery_times_daily(lists_, [plain.DAY]), wanted, ("flow", "carrier"))
