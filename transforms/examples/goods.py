# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Goods, worked."""

from transforms.examples.form import Example

_LISTS = """
    flow | ebc_code | order_no | released_at | goods
    I    | E1       | O1       | 09:00       | [{"hs":"3304990039","article":"A","country":"116","value_cny":"60","quantity":"0.5","unit":"035"},{"hs":"3304100091","article":"B","country":"305","value_cny":"40","quantity":"0.1","unit":"035"}]
    I    | E2       | O2       | 10:00       | [{"hs":"3304990039","article":"A","country":"305","value_cny":"20","quantity":"0.4","unit":"035"}]
    I    | E1       | O3       | +1 00:00    | [{"hs":"1901101000","article":"M","country":"609","value_cny":"99","quantity":"1","unit":"035"}]
    E    | E1       | O4       | 11:00       | [{"hs":"6404110000","article":"S","country":"502","quantity":"2","unit":"025"},{"hs":"64","country":"502","value_cny":"30","quantity":"1","unit":"011"}]
    """

EXAMPLES = (
    Example(
        "four lines of imports and exports by HS code",
        given={"core.lists": _LISTS},
        arithmetic=(
            "O3 is released a day later and counts there. The three import lines are of heading 3304 on two lists: "
            "60 + 40 + 20 = 120, of which 305 has 40 + 20 = 60 and 116 also 60: of equals the smaller code is named. "
            "Articles: A and B of E1, A of E2, which is another article. Weights add up, all in unit 035: 1.0. "
            "The export list has two lines; one states no value, the other no full code and no article. Their units "
            "differ, so the list has no quantity."
        ),
        where={},
        expected={
            "goods_daily": """
                flow | level   | hs      | lists | items | value_cny | quantity | unit | articles | countries | top_country | top_country_value_cny | top_country_share
                all  | all     | all     | 3     | 5     | 150       |          |      | 4        | 3         | 116         | 60                    | 2/5
                all  | chapter | 33      | 2     | 3     | 120       | 1.0      | 035  | 3        | 2         | 116         | 60                    | 1/2
                all  | chapter | 64      | 1     | 1     | 0         | 2        | 025  | 1        | 1         | 502         | 0                     |
                all  | chapter | unknown | 1     | 1     | 30        | 1        | 011  | 0        | 1         | 502         | 30                    | 1
                all  | heading | 3304    | 2     | 3     | 120       | 1.0      | 035  | 3        | 2         | 116         | 60                    | 1/2
                all  | heading | 6404    | 1     | 1     | 0         | 2        | 025  | 1        | 1         | 502         | 0                     |
                all  | heading | unknown | 1     | 1     | 30        | 1        | 011  | 0        | 1         | 502         | 30                    | 1
                I    | all     | all     | 2     | 3     | 120       | 1.0      | 035  | 3        | 2         | 116         | 60                    | 1/2
                I    | chapter | 33      | 2     | 3     | 120       | 1.0      | 035  | 3        | 2         | 116         | 60                    | 1/2
                I    | heading | 3304    | 2     | 3     | 120       | 1.0      | 035  | 3        | 2         | 116         | 60                    | 1/2
                E    | all     | all     | 1     | 2     | 30        |          |      | 1        | 1         | 502         | 30                    | 1
                E    | chapter | 64      | 1     | 1     | 0         | 2        | 025  | 1        | 1         | 502         | 0                     |
                E    | chapter | unknown | 1     | 1     | 30        | 1        | 011  | 0        | 1         | 502         | 30                    | 1
                E    | heading | 6404    | 1     | 1     | 0         | 2        | 025  | 1        | 1         | 502         | 0                     |
                E    | heading | unknown | 1     | 1     | 30        | 1        | 011  | 0        | 1         | 502         | 30                    | 1
                """
        },
    ),
    Example(
        "the same lines by country",
        given={"core.lists": _LISTS},
        arithmetic="Imports: 40 + 20 of 305 and 60 of 116 are half of 120 each; O1 has lines of both and counts in both.",
        where={"flow": "I"},
        expected={
            "countries_daily": """
                country | lists | items | value_cny | flow_value_cny | value_share
                116     | 1     | 1     | 60        | 120            | 1/2
                305     | 2     | 2     | 60        | 120            | 1/2
                all     | 2     | 3     | 120       | 120            | 1
                """
        },
    ),
)
