"""A simulated day through the stages: the families of figures against plain SQL over the documents."""

from datetime import date
from pathlib import Path

import pytest
from day_runs import run_stages

from sources.simulator import simulate
from sources.zone import Zone
from warehouse import Home, Lake

ZONE, DAY, LISTS = "zhengzhou", date(2025, 3, 4), 500
ON = f"= DATE '{DAY}'"
WHOLE = "flow = 'all' AND mode = 'all' AND office = 'all'"

#: Figure -> the same from the documents. The simulator sends every version once, so nothing is superseded
#: but orders and lists declared again.
CHECKS = {
    "payments and what was paid": (
        f"SELECT flow, payments, paid_cny FROM wh.metrics.payments_daily "
        f"WHERE business_date {ON} AND mode = 'all' AND institution = 'all' AND flow <> 'all'",
        f"SELECT 'I', count(*), sum(amount_paid) FROM wh.documents.payments WHERE CAST(pay_at AS DATE) {ON} "
        "UNION ALL SELECT 'E', count(*), sum(charge * CASE currency WHEN '142' THEN 1 ELSE 7.1697 END) "
        f"FROM wh.documents.export_payments WHERE CAST(accounting_at AS DATE) {ON}",
    ),
    "payments by institution": (
        "SELECT institution, payments FROM wh.metrics.payments_daily "
        f"WHERE business_date {ON} AND flow = 'I' AND mode = 'all' AND institution <> 'all'",
        f"SELECT pay_code, count(*) FROM wh.documents.payments WHERE CAST(pay_at AS DATE) {ON} GROUP BY 1",
    ),
    "tax bills made": (
        "SELECT bills, value_added_tax_cny, tax_cny FROM wh.metrics.tax_daily "
        f"WHERE business_date {ON} AND basis = 'assessed' AND {WHOLE}",
        "SELECT count(*), sum(value_added_tax), sum(value_added_tax + customs_tax + consumption_tax) "
        f"FROM wh.documents.tax_bills WHERE status = '1' AND CAST(return_at AS DATE) {ON}",
    ),
    "every bill can be held against the rule": (
        f"SELECT compared, dutiable_cny FROM wh.metrics.tax_formula_daily WHERE business_date {ON} AND {WHOLE}",
        "SELECT count(*), sum(list_sum(list_transform(items, lambda i: i.tax_price))) "
        f"FROM wh.documents.tax_bills WHERE status = '1' AND CAST(return_at AS DATE) {ON}",
    ),
    "rejections": (
        "SELECT rejections FROM wh.metrics.rejections_daily "
        f"WHERE business_date {ON} AND flow = 'all' AND mode = 'all' AND reason = 'all'",
        "SELECT count(*) FROM (SELECT return_status AS s, return_at FROM wh.documents.import_list_receipts "
        "UNION ALL SELECT return_status, return_at FROM wh.documents.export_list_receipts) "
        f"WHERE (s = '100' OR s LIKE '-%') AND CAST(return_at AS DATE) {ON}",
    ),
    "released lists, their packages and weight": (
        "SELECT flow, lists, packages, gross_weight_kg FROM wh.metrics.logistics_daily "
        f"WHERE business_date {ON} AND carrier = 'all' AND transport = 'all' AND flow <> 'all'",
        " UNION ALL ".join(
            f"SELECT '{flow}', count(*), sum(l.pack_no), sum(l.gross_weight_kg) FROM "
            f"(SELECT DISTINCT cop_no FROM wh.documents.{table[:-1]}_receipts "
            f"WHERE return_status = '800' AND CAST(return_at AS DATE) {ON}) r "
            "JOIN (SELECT cop_no, arg_max(pack_no, app_at) AS pack_no, "
            "arg_max(gross_weight_kg, app_at) AS gross_weight_kg "
            f"FROM wh.documents.{table} GROUP BY cop_no) l USING (cop_no)"
            for flow, table in (("I", "import_lists"), ("E", "export_lists"))
        ),
    ),
    "cancellations asked for": (
        "SELECT lists FROM wh.metrics.returns_daily "
        f"WHERE business_date {ON} AND request = 'cancellation' AND basis = 'asked' AND {WHOLE}",
        "SELECT count(*) FROM (SELECT app_at FROM wh.documents.import_cancellations "
        "UNION ALL SELECT app_at FROM wh.documents.export_cancellations) "
        f"WHERE CAST(app_at AS DATE) {ON} HAVING count(*) > 0",
    ),
    "inspected and reviewed lists": (
        f"SELECT inspected, reviewed FROM wh.metrics.declarations_daily WHERE business_date {ON} AND {WHOLE}",
        "SELECT count(DISTINCT cop_no) FILTER (s = '500'), count(DISTINCT cop_no) FILTER (s = '300') FROM ("
        "SELECT return_status AS s, cop_no FROM wh.documents.import_list_receipts "
        "UNION ALL SELECT return_status, cop_no FROM wh.documents.export_list_receipts)",
    ),
}


@pytest.mark.long
def test_figures_of_a_simulated_day_are_those_of_its_documents(tmp_path: Path) -> None:
    extracts, home = tmp_path / "extracts", tmp_path / "home"
    simulate(extracts, Zone.load(ZONE), DAY, DAY, LISTS, 3, "parquet", {})
    run_stages(home, ZONE, DAY, extracts)
    with Lake.read(Home(home)) as lake:
        for what, (figures, plainly) in CHECKS.items():
            found, wanted = (sorted(lake.con.execute(each).fetchall()) for each in (figures, plainly))
            assert found == wanted, what
            assert found or what.startswith("cancellations"), f"nothing to compare: {what}"
