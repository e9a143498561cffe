"""Import documents: what enterprises send (orders, payments, waybills, lists and what follows them)."""

from sources.contracts.fields import FIELDS
from sources.contracts.model import Contract

IMPORT_REQUESTS = (
    Contract(
        kind="CEB311",
        table="import_orders",
        zh="进口订单",
        en="import order",
        flow="I",
        root="CEB311Message",
        node="Order",
        head="OrderHead",
        items_node="OrderList",
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! orderType! orderNo! ebpCode! ebpName! "
            "ebcCode! ebcName! goodsValue! freight! discount! taxTotal! acturalPaid! "
            "currency! buyerRegNo! buyerName! buyerTelephone! buyerIdType! buyerIdNumber! "
            "payCode payName payTransactionId batchNumbers consignee! consigneeTelephone! "
            "consigneeAddress! consigneeDistrict note",
        ),
        items=FIELDS.pick(
            "gnum itemNo itemName! gmodel! itemDescribe barCode unit! qty! price! totalPrice! "
            "currency! country! note",
        ),
        key=("ebpCode", "orderNo"),
        amounts=("acturalPaid",),
    ),
    Contract(
        kind="CEB411",
        table="payments",
        zh="支付单",
        en="payment",
        flow="I",
        root="CEB411Message",
        node="Payment",
        head="PaymentHead",
        items_node=None,
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! payCode! payName! payTransactionId! orderNo! "
            "ebpCode! ebpName! payerIdType! payerIdNumber! payerName! telephone amountPaid! "
            "currency! payTime! note",
        ),
        key=("payCode", "payTransactionId"),
        amounts=("amountPaid",),
    ),
    Contract(
        kind="CEB511",
        table="import_waybills",
        zh="进口运单",
        en="import waybill",
        flow="I",
        root="CEB511Message",
        node="Logistics",
        head="LogisticsHead",
        items_node=None,
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! logisticsCode! logisticsName! logisticsNo! "
            "billNo orderNo! freight insuredFee currency! weight! packNo goodsInfo consignee! "
            "consigneeAddress! consigneeTelephone! note",
        ),
        key=("logisticsCode", "logisticsNo"),
        amounts=("freight",),
    ),
    Contract(
        kind="CEB513",
        table="waybill_statuses",
        zh="运单状态",
        en="waybill status",
        flow="I",
        root="CEB513Message",
        node="LogisticsStatus",
        head=None,
        items_node=None,
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! logisticsCode! logisticsName! logisticsNo! "
            "logisticsStatus! logisticsTime! note",
        ),
        key=("logisticsCode", "logisticsNo", "logisticsStatus", "logisticsTime"),
        version=None,
        event=True,
    ),
    Contract(
        kind="CEB621",
        table="import_lists",
        zh="进口清单",
        en="import list",
        flow="I",
        root="CEB621Message",
        node="Inventory",
        head="InventoryHead",
        items_node="InventoryList",
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! orderNo! ebpCode! ebpName! ebcCode! ebcName! "
            "logisticsNo! logisticsCode! logisticsName! copNo preNo assureCode! emsNo invtNo "
            "ieFlag! declTime! customsCode! portCode! ieDate buyerIdType! buyerIdNumber! "
            "buyerName! buyerTelephone! consigneeAddress! agentCode! agentName! areaCode "
            "areaName tradeMode! trafMode! trafNo voyageNo billNo loctNo licenseNo country! "
            "freight! insuredFee! currency! wrapType packNo grossWeight! netWeight! note",
        ),
        items=FIELDS.pick(
            "gnum itemRecordNo itemNo itemName gcode! gname! gmodel! barCode country! "
            "tradeCountry currency! qty! unit! qty1! unit1! qty2 unit2 price! totalPrice! "
            "note",
            gmodel="C..250",
        ),
        key=("ebcCode", "orderNo"),
        amounts=("items.totalPrice",),
    ),
    Contract(
        kind="CEB623",
        table="import_cancellations",
        zh="进口撤销申请单",
        en="import cancellation",
        flow="I",
        root="CEB623Message",
        node="InvtCancel",
        head=None,
        items_node=None,
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! customsCode! orderNo! ebpCode! ebpName! "
            "ebcCode! ebcName! logisticsNo! logisticsCode! logisticsName! copNo preNo invtNo! "
            "buyerIdType! buyerIdNumber! buyerName! buyerTelephone! agentCode! agentName! "
            "reason! note",
        ),
        key=("invtNo",),
    ),
    Contract(
        kind="CEB625",
        table="import_returns",
        zh="进口退货申请单",
        en="import return",
        flow="I",
        root="CEB625Message",
        node="InvtRefund",
        head="InvtRefundHead",
        items_node="InvtRefundList",
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! customsCode! orderNo! ebpCode! ebpName! "
            "ebcCode! ebcName! logisticsNo! logisticsCode! logisticsName! copNo preNo invtNo! "
            "buyerIdType! buyerIdNumber! buyerName! buyerTelephone! agentCode! agentName! "
            "reason! note",
            buyerIdNumber="C..20",
        ),
        items=FIELDS.pick(
            "gnum gcode! gname! qty! unit! note",
        ),
        key=("invtNo",),
        key_optional=("copNo",),
    ),
    Contract(
        kind="CEB711",
        table="inbound_details",
        zh="入库明细单",
        en="inbound detail",
        flow="I",
        root="CEB711Message",
        node="Delivery",
        head="DeliveryHead",
        items_node="DeliveryList",
        fields=FIELDS.pick(
            "guid! appType! appTime! appStatus! customsCode! copNo! preNo rkdNo operatorCode! "
            "operatorName! ieFlag! trafMode! trafNo! voyageNo! billNo! logisticsCode! "
            "logisticsName! unloadLocation note",
        ),
        items=FIELDS.pick(
            "gnum logisticsNo! note",
        ),
        key=("customsCode", "copNo"),
    ),
    Contract(
        kind="CEB816",
        table="tax_bills",
        zh="电子税单",
        en="tax bill",
        flow="I",
        root="CEB816Message",
        node="Tax",
        head="TaxHeadRd",
        items_node="TaxListRd",
        fields=FIELDS.pick(
            "guid! returnTime! invtNo! taxNo! customsTax! valueAddedTax! consumptionTax! "
            "status! entDutyNo note assureCode ebcCode logisticsCode agentCode customsCode "
            "orderNo logisticsNo",
        ),
        items=FIELDS.pick(
            "gnum gcode! taxPrice! customsTax! valueAddedTax! consumptionTax!",
        ),
        key=("taxNo",),
        version="returnTime",
        business_time="returnTime",
        amounts=("customsTax", "valueAddedTax", "consumptionTax"),
    ),
)
