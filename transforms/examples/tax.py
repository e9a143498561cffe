# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Tax bills and the 70 % rule, worked."""

from transforms.examples.form import Example

EXAMPLES = (
    Example(
        "three bills, one void and one above the rule",
        given={
            "core.lists": """
                flow | mode | office | order_no | tax_bills | tax_summaries
                I    | 1210 | 4604   | O1       | [{"assessed_at": "09:00", "customs_tax_cny": "0", "value_added_tax_cny": "9.10", "consumption_tax_cny": "0", "items": 1, "dutiable_cny": "100", "expected_cny": "9.10"}] | []
                I    | 1210 | 4604   | O2       | [{"assessed_at": "10:00", "void_at": "11:00", "customs_tax_cny": "0", "value_added_tax_cny": "26", "consumption_tax_cny": "0", "items": 2, "dutiable_cny": "200", "expected_cny": "18.20"}] | []
                I    | 9610 | 4604   | O3       | [{"assessed_at": "-30 10:00", "customs_tax_cny": "50", "value_added_tax_cny": "80", "consumption_tax_cny": "0", "items": 1, "dutiable_cny": "500"}] | [{"at": "12:00", "customs_tax_cny": "50", "value_added_tax_cny": "80", "consumption_tax_cny": "0"}]
                """
        },
        arithmetic=(
            "O1 pays 100 x 0.7 x 13 % = 9.10. O2 states the full 13 % of 200 = 26 where the rule gives 18.20: "
            "7.80 above, more than 2 x 0.01 for its two goods lines; it is void an hour later. O3 bears duty, so "
            "the rule decides nothing, and was made a month before. Effective rate: 35.10 / 300 = 0.117."
        ),
        expected={
            "tax_daily": """
                basis      | bills | customs_tax_cny | value_added_tax_cny | consumption_tax_cny | tax_cny
                assessed   | 2     | 0               | 35.10               | 0                   | 35.10
                summarised | 1     | 50              | 80                  | 0                   | 130
                void       | 1     | 0               | 26                  | 0                   | 26
                """,
            "tax_formula_daily": """
                bills | undecided | compared | dutiable_cny | stated_cny | expected_cny | difference_cny | above | below | effective_rate
                2     | 0         | 2        | 300          | 35.10      | 27.30        | 7.80           | 1     | 0     | 117/1000
                """,
        },
    ),
)
