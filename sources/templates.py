"""The platforms' spreadsheet templates: Chinese headers, each mapped to a CEB field, declared once.

Headers as in the upload sheets of a single-window platform. A template has no `appTime`: its rows cannot
be ordered in versions, which the reader marks with finding T0. What a template leaves out because its
kind leaves no choice (report type, currency, flow) is implied and declared here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sources.contracts import CONTRACTS, Contract

#: What every upload sheet implies: a new document, declared.
_NEW = {"appType": "1", "appStatus": "2"}
_CNY = "142"


@dataclass(frozen=True)
class Template:
    """One upload sheet.

    `columns`: header -> CEB field; a field of the items is written `items.<field>`. `unused`: headers
    the sheet has and the CEB message has no place for. `implied`: field -> value of what the sheet leaves
    out. `optional`: headers a sheet may lack. `dated_by`: the field that dates its rows, if any.
    `sums_goods`: goodsValue and acturalPaid are computed from the items (an order sheet has neither).
    """

    name: str
    kind: str
    columns: Mapping[str, str]
    implied: Mapping[str, str]
    unused: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    dated_by: str | None = None
    sums_goods: bool = False
    known: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", frozenset(self.columns) | frozenset(self.unused))

    @property
    def contract(self) -> Contract:
        """The kind the sheet is loaded as."""
        return CONTRACTS[self.kind]

    @property
    def undated(self) -> str:
        """What the finding T0 of its rows says."""
        return f"template {self.name} has no report time"

    @property
    def required(self) -> frozenset[str]:
        """Headers the sheet must have to be this template."""
        return self.known - self.optional


_ORDER_ITEMS = {
    "企业商品名称": "items.itemName",
    "商品规格型号": "items.gmodel",
    "数量": "items.qty",
    "计量单位": "items.unit",
    "总价": "items.totalPrice",
    "备注": "items.note",
}
_PLATFORM = {"电商平台代码": "ebpCode", "电商平台名称": "ebpName"}
_SELLER = {"电商企业代码": "ebcCode", "电商企业名称": "ebcName"}
_BUYER = {"订购人姓名": "buyerName", "订购人电话": "buyerTelephone"}
_CONSIGNEE = {"收货人姓名": "consignee", "收货人电话": "consigneeTelephone", "收件地址": "consigneeAddress"}
_CHARGES = {"运杂费": "freight", "非现金抵扣金额": "discount", "代扣税款": "taxTotal"}
_CARRIER = {"物流运单编号": "logisticsNo", "物流企业代码": "logisticsCode", "物流企业名称": "logisticsName"}
_LIST_ITEMS = {
    "商品编码": "items.gcode",
    "商品名称": "items.gname",
    "商品规格型号": "items.gmodel",
    "数量": "items.qty",
    "计量单位": "items.unit",
    "总价": "items.totalPrice",
}
_IMPORT_ORDER = {
    **_NEW,
    "orderType": "I",
    "currency": _CNY,
    "buyerIdType": "1",
    "items.currency": _CNY,
}
_IMPORT_LIST = {
    **_NEW,
    "ieFlag": "I",
    "currency": _CNY,
    "buyerIdType": "1",
    "items.currency": _CNY,
}

TEMPLATES = (
    Template(
        name="order_import_9610",
        kind="CEB311",
        columns={
            "订单编号": "orderNo",
            **_ORDER_ITEMS,
            **_PLATFORM,
            **_SELLER,
            "订购人注册号": "buyerRegNo",
            "订购人证件号码": "buyerIdNumber",
            **_BUYER,
            **_CONSIGNEE,
            **_CHARGES,
            "原产国": "items.country",
        },
        implied=_IMPORT_ORDER,
        sums_goods=True,
    ),
    Template(
        name="order_import_1210",
        kind="CEB311",
        columns={
            "订单编号": "orderNo",
            "商品批次号": "batchNumbers",
            **_PLATFORM,
            **_SELLER,
            "订购人注册号": "buyerRegNo",
            **_BUYER,
            "订购人身份证号码": "buyerIdNumber",
            **_CONSIGNEE,
            **_CHARGES,
            **_ORDER_ITEMS,
            "企业商品货号": "items.itemNo",
        },
        unused=("贸易方式", "口岸海关代码", "保价费", "订单总毛重", "订单总净重"),
        implied=_IMPORT_ORDER,
        sums_goods=True,
    ),
    Template(
        name="payment_import",
        kind="CEB411",
        columns={
            "订单编号": "orderNo",
            "支付企业代码": "payCode",
            "支付企业名称": "payName",
            "支付交易编码": "payTransactionId",
            **_PLATFORM,
            "支付金额": "amountPaid",
            "支付人证件号码": "payerIdNumber",
            "支付人姓名": "payerName",
            "支付时间": "payTime",
            "备注": "note",
        },
        implied={**_NEW, "payerIdType": "1", "currency": _CNY},
        dated_by="payTime",
    ),
    Template(
        name="waybill_import",
        kind="CEB511",
        columns={
            "订单编号": "orderNo",
            **_CARRIER,
            **_CONSIGNEE,
            "运费": "freight",
            "保价费": "insuredFee",
            "毛重": "weight",
            "备注": "note",
        },
        implied={**_NEW, "currency": _CNY},
    ),
    Template(
        name="waybill_status_import",
        kind="CEB513",
        columns={**_CARRIER, "物流状态时间": "logisticsTime", "备注": "note"},
        implied={**_NEW, "logisticsStatus": "S"},
        dated_by="logisticsTime",
    ),
    Template(
        name="list_import_9610",
        kind="CEB621",
        columns={
            "订单编号": "orderNo",
            **_CARRIER,
            **_LIST_ITEMS,
            "包装种类": "wrapType",
            "第一法定数量": "items.qty1",
            "第一法定计量单位": "items.unit1",
            "第二法定数量": "items.qty2",
            "第二法定计量单位": "items.unit2",
            **_PLATFORM,
            **_SELLER,
            "担保企业编号": "assureCode",
            "申报海关代码": "customsCode",
            "口岸海关代码": "portCode",
            "进口日期": "ieDate",
            "订购人证件号码": "buyerIdNumber",
            **_BUYER,
            "收件地址": "consigneeAddress",
            "运费": "freight",
            "保费": "insuredFee",
            "申报企业代码": "agentCode",
            "申报企业名称": "agentName",
            "运输方式": "trafMode",
            "运输工具编号": "trafNo",
            "航班航次号": "voyageNo",
            "提运单号": "billNo",
            "原产国": "items.country",
            "起运国": "country",
            "毛重": "grossWeight",
            "净重": "netWeight",
            "备注": "note",
        },
        implied={**_IMPORT_LIST, "tradeMode": "9610"},
    ),
    Template(
        name="list_import_1210",
        kind="CEB621",
        columns={
            "订单编号": "orderNo",
            **_PLATFORM,
            **_CARRIER,
            "进境关别": "portCode",
            "申报地海关代码": "customsCode",
            "毛重": "grossWeight",
            "净重": "netWeight",
            "订购人证件号码": "buyerIdNumber",
            **_BUYER,
            "收件地址": "consigneeAddress",
            "运输方式代码": "trafMode",
            "运费": "freight",
            "保费": "insuredFee",
            "包装种类代码": "wrapType",
            "账册备案料号": "items.itemRecordNo",
            **_LIST_ITEMS,
            "法定数量": "items.qty1",
            "法定单位": "items.unit1",
            "第二法定数量": "items.qty2",
            "第二法定单位": "items.unit2",
            "原产国代码": "items.country",
            "备注": "note",
        },
        # A bonded list departs from within China (field note of CEB621.country).
        implied={**_IMPORT_LIST, "tradeMode": "1210", "country": "142"},
    ),
)

#: Sheets that are recognised and cannot be loaded, with the reason.
UNREADABLE: Mapping[frozenset[str], str] = {
    frozenset(
        {
            "账册备案料号",
            "商品编码",
            "商品名称",
            "规格型号",
            "申报数量",
            "申报单位",
            "法定数量",
            "法定单位",
            "第二法定数量",
            "第二法定单位",
            "商品总价",
            "币制",
            "原产国(地区)代码",
            "征免方式代码",
        }
    ): "this is the goods sheet of a verification list (核注清单表体), which names no verification list: "
    "it cannot be joined to anything; send the INV101 message instead"
}


def header(text: str) -> str:
    """A header as it is compared: NFKC (full-width brackets), trimmed, without a mark for mandatory."""
    return unicodedata.normalize("NFKC", text).strip().lstrip("*").strip()


def match(headers: Iterable[str]) -> Template | None:
    """The template whose headers these are, in any order; None where they are no template's."""
    given = frozenset(header(each) for each in headers)
    return next((each for each in TEMPLATES if each.required <= given <= each.known), None)


def of_finding(detail: str) -> Template | None:
    """The template of a row, by its finding T0."""
    return next((each for each in TEMPLATES if each.undated == detail), None)


def unreadable(headers: Iterable[str]) -> str | None:
    """Why a recognised sheet cannot be loaded."""
    return UNREADABLE.get(frozenset(header(each) for each in headers))


def nearest(headers: Iterable[str]) -> tuple[Template, list[str], list[str]] | None:
    """The template that shares most headers, with the headers missing and those too many."""
    given = frozenset(header(each) for each in headers)
    best = max(TEMPLATES, key=lambda each: (len(each.known & given), -len(each.known - given)))
    if len(best.known & given) < 3:
        return None
    return best, sorted(best.required - given), sorted(given - best.known)
