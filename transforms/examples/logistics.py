# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Carriers, corridors and deliveries, worked."""

from transforms.examples.form import Example

_RELEASED = """
    flow | order_no | ebc_code | logistics_code | logistics_no | traf_mode | country | released_at | signed_at | packages | gross_weight_kg | value_cny | freight_cny
    E    | O1       | E        | SF             | W1           | 3         | 304     | 08:00       |           | 2        | 1.5             | 100       | 10
    E    | O2       | E        | SF             | W1           | 3         | 304     | 09:00       |           | 1        | 0.5             | 50        |
    E    | O3       | E        | EMS            | W2           | 5         | 502     | 10:00       |           | 1        | 3               | 80        | 20
    I    | O4       | E        | SF             | W3           | W         | 142     | 11:00       | +2 11:00  | 1        | 1               | 200       | 0
    I    | O5       | E        | SF             | W4           | 5         | 116     | 12:00       | +1 12:00  | 1        | 2               | 300       | 5
    I    | O6       | E        | SF             | W5           | 5         | 116     | 13:00       |           | 1        | 2               | 300       | 5
    """

EXAMPLES = (
    Example(
        "six lists released on a day",
        given={"core.lists": _RELEASED},
        arithmetic=(
            "O1 and O2 travel under one waybill: 5 parcels of 6 lists. Both went to Germany (304) by rail (3), "
            "the China-Europe rail; O3 by air to the United States. Five lists name a country abroad (O4 leaves "
            "the bonded zone), so the rail has 2 / 5. The corridors that no list took are listed with 0 of these five."
        ),
        where={"flow": "all", "carrier": "all", "country": "all"},
        expected={
            "logistics_daily": """
                transport | lists | parcels | packages | gross_weight_kg | value_cny | freight_cny
                3         | 2     | 1       | 3        | 2               | 150       | 10
                5         | 3     | 3       | 3        | 7               | 680       | 30
                W         | 1     | 1       | 1        | 1               | 200       | 0
                all       | 6     | 5       | 7        | 10              | 1030      | 40
                """,
            "routes_daily": """
                transport | lists | packages | gross_weight_kg | value_cny
                3         | 2     | 3        | 2               | 150
                5         | 3     | 3        | 7               | 680
                W         | 1     | 1        | 1               | 200
                all       | 6     | 7        | 10              | 1030
                """,
            "corridors_daily": """
                corridor          | lists | packages | gross_weight_kg | value_cny | abroad | share
                china_europe_rail | 2     | 3        | 2               | 150       | 5      | 2/5
                central_asia_rail | 0     | 0        | 0               | 0         | 5      | 0
                asean_rail        | 0     | 0        | 0               | 0         | 5      | 0
                asean_road        | 0     | 0        | 0               | 0         | 5      | 0
                europe_air        | 0     | 0        | 0               | 0         | 5      | 0
                north_america_air | 1     | 1        | 3               | 80        | 5      | 1/5
                """,
        },
    ),
    Example(
        "release to signature of the imports",
        given={"core.lists": _RELEASED},
        arithmetic=(
            "The exports are not of these: no waybill status tells of them. O4 is signed for 48 h after its release, O5 24 h, O6 not yet: it counts as longer than both. The "
            "median of three is the second, 48 h; the 90th percentile lies at position 1.8, between O4 and O6, so "
            "it is not known yet."
        ),
        where={"flow": "all", "carrier": "all"},
        expected={
            "delivery_times_daily": """
                released | n | total_h | mean_h | median_h | p90_h | open | negative | undefined | signed | signed_share
                3        | 2 | 72      | 36     | 48       |       | 1    | 0        | 0         | 2      | 2/3
                """
        },
    ),
)
