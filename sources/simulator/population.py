"""Who takes part: invented sellers, platforms, carriers, payment firms, and buyers who come back.

Names, phones and addresses are put together from small lists, ID numbers from a hash with a right check
digit; none of them is taken from anywhere. A buyer is a number: everything about them follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sources.simulator.chance import Chance, Ids, Ints
from sources.simulator.text import codes, digits, fixed, taken
from sources.zone import Calibration

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹"
_GIVEN = "伟芳娜秀敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国志红文斌宇浩凯健俊帆雪琳晨辉"
_PLACES = (
    *("河南省郑州市金水区", "河南省洛阳市西工区", "河南省新乡市红旗区", "北京市海淀区", "上海市浦东新区"),
    *("广东省广州市天河区", "浙江省杭州市余杭区", "江苏省南京市鼓楼区", "四川省成都市武侯区", "重庆市渝北区"),
    *(
        "湖北省武汉市洪山区",
        "山东省济南市历下区",
        "陕西省西安市雁塔区",
        "福建省厦门市思明区",
        "湖南省长沙市岳麓区",
    ),
)
_ROADS = (
    "人民路",
    "建设路",
    "文化路",
    "中山路",
    "解放路",
    "长江路",
    "花园路",
    "航海路",
    "迎宾路",
    "科学大道",
)
_AREAS = ("410105", "410305", "410702", "110108", "310115", "440106", "330110", "320106", "510107", "500112")
_WORDS = ("云帆", "海纳", "嘉汇", "恒通", "万邦", "中大", "优选", "新程", "丝路", "天穗", "瑞丰", "启航")
_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
_CHECK_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])


@dataclass(frozen=True)
class Firms:
    """Firms of one trade: 10-digit codes and names, by position."""

    codes: tuple[str, ...]
    names: tuple[str, ...]

    def code(self, picks: Ints) -> pl.Series:
        """Codes of the firms picked."""
        return taken(self.codes, picks)

    def name(self, picks: Ints) -> pl.Series:
        """Names of the firms picked."""
        return taken(self.names, picks)

    def __len__(self) -> int:
        return len(self.codes)


def firms(registration: str, trade: int, count: int, what: str) -> Firms:
    """`count` firms; `trade` is the digit that keeps the codes of different trades apart."""
    return Firms(
        tuple(f"{registration}9{trade}{each:04d}" for each in range(1, count + 1)),
        tuple(f"{_WORDS[each % len(_WORDS)]}{each + 1:03d}号{what}有限公司" for each in range(count)),
    )


def zipf(count: int) -> list[float]:
    """Weights of firms: a few large, many small."""
    return [1.0 / (each + 2) ** 0.9 for each in range(count)]


class Population:
    """Everybody of one zone for one seed."""

    def __init__(self, calibration: Calibration, chance: Chance, lists_per_day: int) -> None:
        at = calibration.registration
        self.chance = chance
        self.platforms = firms(at, 1, 12, "电子商务平台")
        self.import_sellers = firms(at, 2, 160, "跨境商贸")
        self.export_sellers = firms(at, 3, 120, "进出口贸易")
        self.agents = firms(at, 4, 10, "报关服务")
        self.payers = firms(at, 5, 6, "支付科技")
        self.carriers = firms(at, 6, 8, "速递物流")
        self.warehouses = firms(at, 7, min(max(lists_per_day // 20_000, 1), 6), "保税仓储")
        self.operators = firms(at, 8, 4, "监管场所经营")
        self.guarantors = firms(at, 0, 12, "担保")
        self.buyers = max(500, lists_per_day * 30)
        self.names = pl.Series(
            [f"{a}{b}{c}" for a in _SURNAMES for b in _GIVEN[:20] for c in ("", *_GIVEN[20:36])]
        )
        self.addresses = pl.Series(
            [
                f"{place}{road}{house}号{house % 30 + 1}栋{house % 18 + 1}0{house % 4 + 1}室"
                for place in _PLACES
                for road in _ROADS
                for house in range(1, 100)
            ]
        )

    def buyer_of(self, ids: Ids) -> Ids:
        """Who buys: half of the lists go to the tenth of buyers who buy most."""
        often = self.chance.happens("buyer often", ids, 0.5)
        among = np.where(often, self.buyers // 10, self.buyers).astype(np.uint64)
        return self.chance.bits("buyer", ids) % among

    def name_of(self, buyers: Ids) -> pl.Series:
        """Buyers' names."""
        return taken(self.names, self.chance.below("name", buyers, len(self.names)))

    def address_of(self, buyers: Ids) -> pl.Series:
        """Buyers' addresses."""
        return taken(self.addresses, self.chance.below("address", buyers, len(self.addresses)))

    def account_of(self, buyers: Ids) -> pl.Series:
        """Buyers' accounts at the platform."""
        return fixed("u", digits(buyers.astype(np.int64), 10))

    def phone_of(self, buyers: Ids) -> pl.Series:
        """Mobile numbers of 11 digits."""
        second = digits(self.chance.between("phone second", buyers, 3, 10), 1)
        return fixed("1", second, digits(self.chance.below("phone", buyers, 10**9), 9))

    def id_of(self, buyers: Ids) -> pl.Series:
        """ID card numbers of 18 characters with the check character of GB 11643."""
        area = codes(_AREAS, self.chance.below("id area", buyers, len(_AREAS)))
        year = digits(self.chance.between("id year", buyers, 1955, 2005), 4)
        month = digits(self.chance.between("id month", buyers, 1, 13), 2)
        day = digits(self.chance.between("id day", buyers, 1, 29), 2)
        order = digits(self.chance.between("id order", buyers, 1, 1000), 3)
        first = np.concatenate([area, year, month, day, order], axis=1)
        check = _CHECK[(first.astype(np.int64) - 48) @ _CHECK_WEIGHTS % 11]
        return fixed(first, check[:, None])
