"""What is bought and sold: a small catalogue with HS codes, units, weights and countries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.simulator.chance import Ints


@dataclass(frozen=True)
class Product:
    """One article. `grams` is the net weight of one unit; units are codes of the unit list."""

    name: str
    gcode: str
    model: str
    unit: str
    unit1: str
    unit2: str | None
    country: str
    grams: int


IMPORTED = (
    Product("婴幼儿配方奶粉", "1901101000", "800克/罐;3段", "122", "035", None, "609", 800),
    Product("纸尿裤", "9619001100", "L码;54片/包", "125", "035", "011", "116", 2100),
    Product("保湿面霜", "3304990039", "50毫升/瓶;补水", "142", "035", "011", "116", 180),
    Product("洁面乳", "3401300000", "100克/支;泡沫型", "012", "035", None, "133", 120),
    Product("面膜", "3304990029", "25毫升*10片/盒", "140", "035", "011", "133", 320),
    Product("维生素C片", "2106909090", "100片/瓶;1000毫克", "142", "035", None, "502", 210),
    Product("鱼油软胶囊", "2106909090", "120粒/瓶", "142", "035", None, "601", 260),
    Product("口红", "3304100091", "3.5克/支;哑光", "012", "035", "011", "305", 40),
    Product("香水", "3303000010", "50毫升/瓶;淡香", "142", "035", "011", "305", 230),
    Product("洗发水", "3305100090", "480毫升/瓶", "142", "035", None, "116", 520),
    Product("咖啡豆", "0901210000", "1千克/袋;中度烘焙", "136", "035", None, "307", 1000),
    Product("巧克力", "1806320000", "300克/盒", "140", "035", None, "304", 320),
    Product("葡萄酒", "2204210000", "750毫升/瓶;干红", "142", "095", None, "305", 1350),
    Product("电动牙刷", "8509809000", "感应充电;1支", "008", "008", "035", "304", 350),
    Product("吹风机", "8516310000", "1600瓦", "001", "001", "035", "116", 680),
    Product("儿童推车", "8715000010", "可折叠", "011", "011", "035", "309", 6800),
    Product("羊毛衫", "6110110000", "女式;针织;100%羊毛", "011", "011", "035", "303", 380),
    Product("运动鞋", "6404110000", "网面;40码", "025", "025", "035", "502", 900),
    Product("双肩包", "4202220000", "尼龙面", "007", "007", "035", "502", 750),
    Product("蜂蜜", "0409000000", "500克/瓶;麦卢卡", "142", "035", None, "609", 560),
)
EXPORTED = (
    Product("假发", "6704200000", "人发;18英寸", "011", "035", None, "142", 220),
    Product("手机壳", "3926909090", "硅胶", "007", "035", None, "142", 45),
    Product("蓝牙耳机", "8518300000", "无线;入耳式", "007", "007", "035", "142", 60),
    Product("连衣裙", "6204440000", "女式;化纤;机织", "011", "011", "035", "142", 320),
    Product("T恤衫", "6109100021", "男式;棉;针织", "011", "011", "035", "142", 210),
    Product("LED灯串", "9405310000", "10米;装饰用", "006", "006", "035", "142", 260),
    Product("塑料玩具", "9503008900", "拼插积木", "006", "006", "035", "142", 450),
    Product("太阳镜", "9004100000", "男女通用", "011", "011", "035", "142", 55),
    Product("数据线", "8544421900", "1米;USB", "015", "035", None, "142", 40),
    Product("陶瓷杯", "6912001000", "350毫升", "007", "035", None, "142", 380),
    Product("瑜伽垫", "4008110000", "6毫米", "008", "035", None, "142", 900),
    Product("宠物牵引绳", "4201000090", "尼龙;1.5米", "015", "035", None, "142", 130),
)
#: Where exports go: country, port code of destination.
DESTINATIONS = (
    ("502", "USA"),
    ("303", "GBR"),
    ("304", "DEU"),
    ("116", "JPN"),
    ("601", "AUS"),
    ("305", "FRA"),
)


def grams_of(catalogue: tuple[Product, ...], products: Ints, quantities: Ints) -> Ints:
    """Net weight of each item in grams."""
    return np.array([each.grams for each in catalogue], dtype=np.int64)[products] * quantities
