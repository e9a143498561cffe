"""Export documents: what enterprises send."""

from sources.contracts.fields import FIELDS
from sources.contracts.model import Contract

EXPORT_REQUESTS = (
    Contract(
        kind="CEB303",
        table="export_orders",
        zh="出口订单",
        en="export order",
        flow="E",
        root="CEB303Message",
        node="Order",
        head="OrderHead",
        items_node="OrderList",
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! orderType! orderNo! ebpCode! ebpName! "
            "ebcCode! ebcName! goodsValue! freight! currency! note",
            ebpCode="C..50",
        ),
        items=FIELDS.pick(
            "gnum itemNo! itemName! itemDescribe barCode unit! currency! qty! price! totalPrice! note",
        ),
        key=("ebcCode", "orderNo"),
        amounts=("goodsValue",),
    ),
    Contract(
        kind="CEB403",
        table="export_payments",
        zh="收款单",
        en="export receipt of payment",
        flow="E",
        root="CEB403Message",
        node="Receipts",
        head=None,
        items_node=None,
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! ebpCode! ebpName! ebcCode! ebcName! orderNo! "
            "payCode payName! payNo charge! currency! accountingDate! note",
            ebpCode="C..50",
        ),
        key=("ebcCode", "orderNo"),
        key_optional=("payNo",),
        amounts=("charge",),
    ),
    Contract(
        kind="CEB505",
        table="export_waybills",
        zh="出口运单",
        en="export waybill",
        flow="E",
        root="CEB505Message",
        node="Logistics",
        head=None,
        items_node=None,
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! logisticsCode! logisticsName! logisticsNo! "
            "freight! insuredFee! currency! grossWeight! packNo goodsInfo! ebcCode ebcName "
            "ebcTelephone note",
            logisticsNo="C..80",
        ),
        key=("logisticsCode", "logisticsNo"),
        amounts=("freight",),
    ),
    Contract(
        kind="CEB507",
        table="export_arrivals",
        zh="运抵单",
        en="export arrival",
        flow="E",
        root="CEB507Message",
        node="Arrival",
        head="ArrivalHead",
        items_node="ArrivalList",
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! customsCode! copNo! preNo operatorCode! "
            "operatorName! loctNo ieFlag! trafMode! billNo domesticTrafNo! logisticsCode! "
            "logisticsName! msgCount msgSeqNo note",
            copNo="C..30",
        ),
        items=FIELDS.pick(
            "gnum logisticsNo! totalPackageNo note",
            logisticsNo="C..80",
        ),
        key=("customsCode", "copNo"),
        key_optional=("msgSeqNo",),
    ),
    Contract(
        kind="CEB509",
        table="export_departures",
        zh="离境单",
        en="export departure",
        flow="E",
        root="CEB509Message",
        node="Departure",
        head="DepartureHead",
        items_node="DepartureList",
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! customsCode! copNo! preNo logisticsCode! "
            "logisticsName! trafMode! trafName voyageNo billNo leaveTime! msgCount msgSeqNo "
            "note",
            copNo="C..30",
        ),
        items=FIELDS.pick(
            "gnum totalPackageNo logisticsNo! note",
            logisticsNo="C..80",
        ),
        key=("customsCode", "copNo"),
        key_optional=("msgSeqNo",),
    ),
    Contract(
        kind="CEB603",
        table="export_lists",
        zh="出口清单",
        en="export list",
        flow="E",
        root="CEB603Message",
        node="Inventory",
        head="InventoryHead",
        items_node="InventoryList",
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! customsCode! ebpCode! ebpName! orderNo! "
            "logisticsCode! logisticsName! logisticsNo! copNo! preNo invtNo ieFlag! portCode! "
            "ieDate! statisticsFlag! agentCode! agentName! ebcCode! ebcName! ownerCode! "
            "ownerName! iacCode iacName emsNo tradeMode! trafMode! trafName voyageNo billNo "
            "totalPackageNo loctNo licenseNo country! pod! freight! fCurrency! fFlag! "
            "insuredFee! iCurrency! iFlag! wrapType! packNo grossWeight! netWeight! note",
            ebpCode="C..50",
            logisticsNo="C..80",
            copNo="C..30",
        ),
        items=FIELDS.pick(
            "gnum itemNo! itemRecordNo itemName gcode! gname! gmodel! barCode! country! "
            "currency! qty! qty1! qty2 unit! unit1! unit2 price! totalPrice! note",
        ),
        key=("ebcCode", "orderNo"),
        amounts=("items.totalPrice",),
    ),
    Contract(
        kind="CEB605",
        table="export_cancellations",
        zh="出口撤销申请单",
        en="export cancellation",
        flow="E",
        root="CEB605Message",
        node="InvtCancel",
        head=None,
        items_node=None,
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! customsCode! copNo! preNo invtNo! reason! "
            "agentCode! agentName! ebcCode! ebcName! note",
            copNo="C..30",
        ),
        key=("invtNo",),
    ),
    Contract(
        kind="CEB607",
        table="export_master_bills",
        zh="清单总分单",
        en="export master bill",
        flow="E",
        root="CEB607Message",
        node="WayBill",
        head="WayBillHead",
        items_node="WayBillList",
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! customsCode! copNo! preNo agentCode! "
            "agentName! loctNo trafMode! trafName! voyageNo! billNo! domesticTrafNo "
            "grossWeight! logisticsCode! logisticsName! msgCount msgSeqNo note",
            copNo="C..30",
        ),
        items=FIELDS.pick(
            "gnum totalPackageNo logisticsNo! invtNo note",
            logisticsNo="C..80",
        ),
        key=("customsCode", "copNo"),
        key_optional=("msgSeqNo",),
    ),
    Contract(
        kind="CEB701",
        table="export_summaries",
        zh="汇总申请单",
        en="export summary application",
        flow="E",
        root="CEB701Message",
        node="SummaryApply",
        head="SummaryApplyHead",
        items_node="SummaryApplyList",
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! customsCode! copNo! preNo sumNo agentCode! "
            "agentName! ebcCode! ebcName! declAgentCode! declAgentName! startTime endTime "
            "loctNo summaryFlag! itemNameFlag! msgCount msgSeqNo note",
            copNo="C..30",
        ),
        items=FIELDS.pick(
            "invtNo!",
        ),
        key=("customsCode", "copNo"),
        key_optional=("msgSeqNo",),
    ),
    Contract(
        kind="CEB792",
        table="export_summary_results",
        zh="汇总结果单",
        en="export summary result",
        flow="E",
        root="CEB792Message",
        node="SummaryResult",
        head="SummaryResultHead",
        items_node="SummaryResultList",
        fields=FIELDS.pick(
            "guid! customsCode! sumNo! opDate! declSeqNo! decTmpNo decPreNo entryId decState! "
            "agentCode! agentName! ebcCode! ebcName! declAgentCode! declAgentName! "
            "grossWeight! netWeight! msgCount msgSeqNo note",
        ),
        items=FIELDS.pick(
            "invtNo! logisticsNo! gnum gcode!",
            logisticsNo="C..80",
        ),
        key=("sumNo", "declSeqNo"),
        key_optional=("msgSeqNo",),
        version="opDate",
        business_time="opDate",
    ),
)
