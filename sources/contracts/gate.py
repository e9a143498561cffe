"""Bonded-zone gate messages (1210): verification lists, release slips and the gate's own receipts.

They give a bonded list its gate-out time: list `invtNo` = `CbecBillNo` of a verification list
(INV101), whose receipt (INV201) carries `bondInvtNo`, which is `rltNo` of the gate receipt (SAS223).
Requests spell their elements in upper camel case, receipts in lower; both are accepted.
"""

from sources.contracts.model import Contract, Field, FieldBook, Personal

_GATE = FieldBook(
    {
        each.name: each
        for each in (
            Field(
                "etpsInnerInvtNo",
                "C..64",
                "企业内部清单编号",
                "enterprise no. of the verification list",
                aliases=("EtpsInnerInvtNo",),
            ),
            Field("bondInvtNo", "C..64", "核注清单编号", "verification list no.", aliases=("BondInvtNo",)),
            Field("putrecNo", "C..64", "备案编号", "account-book no.", aliases=("PutrecNo",)),
            Field("bizopEtpsno", "C..18", "经营企业编号", "operating enterprise", aliases=("BizopEtpsno",)),
            Field("dclEtpsno", "C..18", "申报企业编号", "declaring enterprise", aliases=("DclEtpsno",)),
            Field(
                "invtDclTime",
                "T",
                "清单申报时间",
                "declaration time of the verification list",
                aliases=("InvtDclTime",),
                stored_as="invt_dcl_at",
            ),
            Field(
                "impexpPortcd",
                "C4",
                "进出境关别",
                "border customs office",
                codes="customs_district",
                aliases=("ImpexpPortcd",),
                stored_as="port_code",
            ),
            Field(
                "dclPlcCuscd",
                "C4",
                "主管海关",
                "customs office in charge",
                codes="customs_district",
                aliases=("DclPlcCuscd",),
                stored_as="customs_code",
            ),
            Field(
                "impexpMarkcd",
                "C1",
                "进出口标记",
                "import/export flag",
                codes="ie_flag",
                aliases=("ImpexpMarkcd",),
                stored_as="ie_flag",
            ),
            Field(
                "supvModecd",
                "C4",
                "监管方式",
                "supervision mode",
                codes="trade_mode",
                aliases=("SupvModecd",),
                stored_as="trade_mode",
            ),
            Field("invtType", "C..2", "清单类型", "verification list type (8: CBEC)", aliases=("InvtType",)),
            Field(
                "cbecBillNo",
                "C18",
                "跨境清单编号",
                "customs list no.",
                aliases=("CbecBillNo",),
                stored_as="invt_no",
            ),
            Field(
                "etpsPreentNo",
                "C..64",
                "企业预录入编号",
                "enterprise pre-entry no.",
                aliases=("EtpsPreentNo",),
            ),
            Field("businessId", "C..64", "业务编号", "business no. of the answer"),
            Field("manageResult", "C..2", "处理结果", "result of the audit"),
            Field("manageDate", "T", "处理时间", "time of the audit"),
            Field("prevdTime", "T", "预核扣时间", "provisional write-off time"),
            Field("formalVrfdedTime", "T", "正式核扣时间", "final write-off time"),
            Field("invtIochkptStucd", "C..2", "清单进出卡口状态", "gate state of the verification list"),
            Field("passportNo", "C..64", "核放单编号", "release slip no."),
            Field(
                "ioTypecd",
                "C1",
                "进出标志",
                "in or out of the zone",
                codes="ie_flag",
                aliases=("IoTypecd",),
                stored_as="io_flag",
            ),
            Field(
                "masterCuscd",
                "C4",
                "主管海关",
                "customs office in charge",
                codes="customs_district",
                aliases=("MasterCuscd",),
                stored_as="customs_code",
            ),
            Field(
                "rltTbTypecd",
                "C..2",
                "关联单证类型",
                "kind of related document (1: verification list)",
                aliases=("RltTbTypecd",),
            ),
            Field("rltNo", "C..64", "关联单证编号", "related document no.", aliases=("RltNo",)),
            Field("areainEtpsno", "C..18", "区内企业编号", "bonded-zone firm", aliases=("AreainEtpsno",)),
            Field(
                "vehicleNo",
                "C..32",
                "承运车牌号",
                "vehicle plate",
                personal=Personal.ACCOUNT,
                aliases=("VehicleNo",),
            ),
            Field(
                "totalGrossWt",
                "N19,5",
                "总毛重",
                "gross weight kg",
                aliases=("TotalGrossWt",),
                stored_as="gross_weight_kg",
            ),
            Field(
                "totalNetWt",
                "N19,5",
                "总净重",
                "net weight kg",
                aliases=("TotalNetWt",),
                stored_as="net_weight_kg",
            ),
            Field(
                "dclErConc",
                "C..100",
                "申请人及联系方式",
                "contact person",
                personal=Personal.NAME,
                aliases=("DclErConc",),
            ),
            Field("dclTime", "T", "申报时间", "declaration time of the slip"),
            Field("passTime", "T", "过卡时间", "first gate passage"),
            Field("secdPassTime", "T", "二次过卡时间", "second gate passage"),
            Field("sendTime", "T", "发送时间", "time the message was sent", aliases=("send_time",)),
            Field("messageId", "C..64", "报文编号", "message no.", aliases=("message_id",)),
        )
    }
)

GATE_MESSAGES = (
    Contract(
        kind="INV101",
        table="verification_lists",
        zh="核注清单",
        en="verification list",
        flow=None,
        root="INV101",
        node="InvtMessage",
        head="InvtHeadType",
        items_node="InvtCbecBill",
        fields=_GATE.pick(
            "etpsInnerInvtNo! bondInvtNo putrecNo bizopEtpsno dclEtpsno invtDclTime! impexpPortcd "
            "dclPlcCuscd! impexpMarkcd! supvModecd invtType messageId sendTime"
        ),
        items=_GATE.pick("cbecBillNo!"),
        key=("etpsInnerInvtNo",),
        version="invtDclTime",
        business_time="invtDclTime",
        namespace="",
    ),
    Contract(
        kind="INV201",
        table="verification_receipts",
        zh="核注清单回执",
        en="verification list receipt",
        flow=None,
        root="INV201",
        node="INV201",
        head=None,
        items_node=None,
        fields=_GATE.pick(
            "etpsPreentNo businessId manageResult! manageDate! etpsInnerInvtNo bondInvtNo putrecNo "
            "invtDclTime prevdTime formalVrfdedTime invtIochkptStucd messageId"
        ),
        key=("businessId", "manageDate"),
        version=None,
        event=True,
        business_time="manageDate",
        namespace="",
        answers="INV101",
    ),
    Contract(
        kind="SAS121",
        table="release_slips",
        zh="核放单",
        en="release slip",
        flow=None,
        root="SAS121",
        node="PassPortMessage",
        head="PassportHead",
        items_node=None,
        fields=_GATE.pick(
            "etpsPreentNo! masterCuscd! ioTypecd! rltTbTypecd rltNo! areainEtpsno vehicleNo "
            "totalGrossWt totalNetWt dclErConc dclEtpsno messageId sendTime!"
        ),
        key=("etpsPreentNo",),
        version="sendTime",
        business_time="sendTime",
        namespace="",
    ),
    Contract(
        kind="SAS221",
        table="release_slip_receipts",
        zh="核放单回执",
        en="release slip receipt",
        flow=None,
        root="SAS221",
        node="SAS221",
        head=None,
        items_node=None,
        fields=_GATE.pick(
            "etpsPreentNo businessId manageResult! manageDate! passportNo ioTypecd masterCuscd "
            "rltTbTypecd rltNo dclTime messageId"
        ),
        key=("businessId", "manageDate"),
        version=None,
        event=True,
        business_time="manageDate",
        namespace="",
        answers="SAS121",
    ),
    Contract(
        kind="SAS223",
        table="gate_passages",
        zh="过卡回执",
        en="gate passage",
        flow=None,
        root="SAS223",
        node="SAS223",
        head=None,
        items_node=None,
        fields=_GATE.pick(
            "passportNo! ioTypecd! masterCuscd rltTbTypecd rltNo! areainEtpsno vehicleNo totalGrossWt "
            "totalNetWt dclErConc dclTime passTime! secdPassTime manageResult manageDate messageId"
        ),
        key=("passportNo", "passTime"),
        version=None,
        event=True,
        business_time="passTime",
        namespace="",
    ),
)
