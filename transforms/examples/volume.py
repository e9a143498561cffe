# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Volume, worked."""

from transforms.examples.form import Example

EXAMPLES = (
    Example(
        "three lists of two days",
        given={
            "core.lists": """
                flow | mode | office | order_no | declared_at | accepted_at | released_at | has_order | items | packages | value_cny | tax_cny | gross_weight_kg
                I    | 1210 | 4604   | O1       | 08:00       | 08:05       | 09:00       | yes       | 2     | 1        | 100.00    | 9.10    | 1.5
                I    | 9610 | 4604   | O2       | 09:00       | 09:05       | +1 10:00    | yes       | 1     |          | 20.50     |         | 0.5
                E    | 9610 | 4605   | O3       | -1 23:00    | 00:10       | 00:20       | no        | 3     | 2        |           |         | 4
                """
        },
        arithmetic=(
            "O1 and O2 were declared on the day: 100.00 + 20.50 = 120.50. O3 was declared the day before, but "
            "accepted and released on the day; it states no value, so it counts as a list and adds nothing. "
            "O2 is released a day later, so two lists are released with 2 + 3 goods lines."
        ),
        expected={
            "volume_daily": """
                basis    | lists | orders | items | packages | value_cny | tax_cny | gross_weight_kg
                declared | 2     | 2      | 3     | 1        | 120.50    | 9.10    | 2.0
                accepted | 3     | 2      | 6     | 3        | 120.50    | 9.10    | 6.0
                released | 2     | 1      | 5     | 3        | 100.00    | 9.10    | 5.5
                """
        },
    ),
)
