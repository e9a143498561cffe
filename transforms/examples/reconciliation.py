# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Reconciliation, worked."""

from transforms.examples.form import Example

_GIVEN = """
    subject        | flow | mode | business_key | leads | has_list | has_order | has_payment | has_waybill | result          | reasons                               | value_cny | difference_cny | tolerance_cny | first_at | matched_at
    list           | I    | 1210 | E O1         | yes   | yes      | yes       | yes         | yes         | matched         | []                                    | 100.00    | 0.00           | 0.01          | 08:00    | 08:30
    list           | I    | 1210 | E O2         | yes   | yes      | yes       | yes         | yes         | late            | ["late"]                              | 50.00     | 0.01           | 0.01          | 08:00    | 09:00
    list           | I    | 9610 | E O3         | yes   | yes      | yes       | yes         | yes         | amount_mismatch | ["amount_mismatch", "item_mismatch"]  | 20.00     | -1.00          | 0.01          | 08:00    |
    list           | I    | 9610 | E O4         | yes   | yes      | yes       | no          | yes         | waiting_payment | ["waiting_payment", "late"]           |           |                | 0.01          | 08:00    |
    import_orders  | I    |      | P O5         | yes   | no       | yes       | yes         | no          | orphan          | ["orphan"]                            | 10.00     |                | 0.01          | 08:00    |
    payments       | I    |      | C T5         | no    | no       | yes       | yes         | no          | orphan          | ["orphan"]                            |           |                | 0.01          | 08:05    |
"""

EXAMPLES = (
    Example(
        "four lists and a purchase that was never declared",
        given={"core.reconciliation": _GIVEN},
        arithmetic=(
            "Of four lists one is matched, and each other result holds one: 1 / 4. By reason the list O4 counts "
            "twice, once for the missing payment and once as late; two lists are late, worth 50.00, and of these "
            "only O2 has documents that agree, after one hour. The order and the payment of O5 are two documents "
            "without a list, but one purchase: its order leads. So there are five purchases."
        ),
        where={"flow": "all", "mode": "all"},
        expected={
            "reconciliation_daily": """
                subject       | basis  | code            | number | total | share | value_cny | difference_cny | timed | median_h | tolerance_cny
                list          | result | matched         | 1      | 4     | 1/4   | 100.00    | 0              | 1     | 1/2      | 0.01
                list          | result | late            | 1      | 4     | 1/4   | 50.00     | 0.01           | 1     | 1        | 0.01
                list          | result | amount_mismatch | 1      | 4     | 1/4   | 20.00     | -1.00          | 0     |          | 0.01
                list          | result | waiting_payment | 1      | 4     | 1/4   | 0         | 0              | 0     |          | 0.01
                list          | reason | late            | 2      | 4     | 1/2   | 50.00     | 0.01           | 1     | 1        | 0.01
                list          | reason | amount_mismatch | 1      | 4     | 1/4   | 20.00     | -1.00          | 0     |          | 0.01
                list          | reason | item_mismatch   | 1      | 4     | 1/4   | 20.00     | -1.00          | 0     |          | 0.01
                list          | reason | waiting_payment | 1      | 4     | 1/4   | 0         | 0              | 0     |          | 0.01
                import_orders | result | orphan          | 1      | 1     | 1     | 10.00     | 0              | 0     |          | 0.01
                import_orders | reason | orphan          | 1      | 1     | 1     | 10.00     | 0              | 0     |          | 0.01
                payments      | result | orphan          | 1      | 1     | 1     | 0         | 0              | 0     |          | 0.01
                payments      | reason | orphan          | 1      | 1     | 1     | 0         | 0              | 0     |          | 0.01
                """,
        },
    ),
    Example(
        "which documents are there",
        given={"core.reconciliation": _GIVEN},
        arithmetic=(
            "The same day. Three purchases have all four documents, one lacks its payment, and one was "
            "ordered and paid but has neither waybill nor list. The other eleven patterns are there with 0; all "
            "add up to the five purchases."
        ),
        where={"flow": "all", "mode": "all"},
        expected={
            "reconciliation_patterns_daily": """
                pattern                    | purchases | total | share
                list+order+payment+waybill | 3         | 5     | 3/5
                list+order+payment         | 0         | 5     | 0
                list+order+waybill         | 1         | 5     | 1/5
                list+order                 | 0         | 5     | 0
                list+payment+waybill       | 0         | 5     | 0
                list+payment               | 0         | 5     | 0
                list+waybill               | 0         | 5     | 0
                list                       | 0         | 5     | 0
                order+payment+waybill      | 0         | 5     | 0
                order+payment              | 1         | 5     | 1/5
                order+waybill              | 0         | 5     | 0
                order                      | 0         | 5     | 0
                payment+waybill            | 0         | 5     | 0
                payment                    | 0         | 5     | 0
                waybill                    | 0         | 5     | 0
                """,
        },
    ),
)
