"""Free text (note, reason, returnInfo) may repeat a name or an identity number: only known phrases stay.

`[Code:1800;Desc:逻辑校验通过]` keeps its code, and its text where it is a known phrase. Of other text the
known phrases in it are kept, joined by `;`; text with none becomes "other text". Phrases: the receipt
texts seen in real files (reference/codes.md 2.1) and the missing-document texts of the match.
"""

from __future__ import annotations

import re

import polars as pl

OTHER = "other text"

#: Receipt texts that say a document of the match is missing: the list waits for it.
MISSING_DOCUMENT = (
    "运单信息不存在",
    "支付信息不存在",
    "订单信息不存在",
    "订单不存在",
    "运单不存在",
    "支付单不存在",
)

#: Longest first where one contains another, so that the fuller phrase is found.
PHRASES = (
    *MISSING_DOCUMENT,
    "电子口岸已暂存",
    "电子口岸申报中",
    "发送海关成功",
    "发送海关失败",
    "海关退单",
    "海关入库",
    "海关审结",
    "待人工审核",
    "人工审核",
    "逻辑校验通过",
    "海关已接受申报待货物运抵后处理",
    "待运抵",
    "布控查验",
    "查验",
    "扣留移送通关",
    "扣留移送缉私",
    "扣留移送法规",
    "其他扣留",
    "挂起",
    "退运",
    "放行",
    "结关",
    "签收",
    "单证缺失",
    "订购人与支付人不匹配",
    "订购人超过年度限额",
    "身份验证未通过",
    "请核对身份信息",
    "清单中业务主键重复",
    "收件地址不详",
    "支付单电商平台名称与订单中的电商平台名称不一致",
    "报文校验失败",
    "接收报文为旧报文数据",
    "不做处理",
    "系统异常",
    "商品编码未备案",
    "预录入编号(preNo)应由电子口岸生成",
    "短时间内不能重复新增申报操作",
    "存在已申报清单",
    "清单不存在",
    "无法完成改单申报操作",
    "清单目前的状态不允许进行改单申报操作",
    "验签失败",
    "改单失败",
    "preno和invono不能为空",
    "invtno不能为空",
    "已存在较新清单",
    "请修改app_time为最新时间",
    "海关清单编号不允许修改",
    "senderId与传输节点dxpId信息不一致",
    "审核通过",
    "处理成功",
    "买家取消",
    "重复下单",
    "申报信息有误",
    "七天无理由退货",
    "商品质量问题",
)
_PHRASE = re.compile("|".join(re.escape(each) for each in sorted(PHRASES, key=len, reverse=True)))
_CODED = re.compile(r"\[Code:\s*(-?\d{1,7})\s*;\s*Desc:(.*?)\]", re.DOTALL)


def known(text: str) -> str:
    """What is kept of one free text.

    >>> known("[Code:2600;Desc:放行]")
    '[Code:2600];放行'
    >>> known("王小明的订单: 运单信息不存在")
    '运单信息不存在'
    >>> known("call 13800000000")
    'other text'
    """
    kept = [f"[Code:{code}]" for code, _ in _CODED.findall(text)]
    plain = _CODED.sub(lambda found: found[2], text)
    kept += dict.fromkeys(_PHRASE.findall(plain))
    return ";".join(kept) or OTHER


def kept(values: pl.Series) -> pl.Series:
    """`known` of every value; each distinct text is looked at once (receipts repeat few texts)."""
    distinct = values.drop_nulls().unique()
    texts = distinct.to_list()
    table = pl.DataFrame(
        {"v": distinct, "k": [known(text) for text in texts]}, schema={"v": pl.String, "k": pl.String}
    )
    frame = values.to_frame("v").join(table, on="v", how="left", maintain_order="left")
    return frame.get_column("k").alias(values.name)
