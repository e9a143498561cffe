"""Trade corridors: which countries and transport modes make one, by the customs codes."""

from __future__ import annotations

from dataclasses import dataclass

#: China itself: the country of lists that cross no border, as bonded imports leaving the zone.
HOME = "142"
RAIL, ROAD, AIR = "3", "4", "5"  # codes of sources/codelists/traf_mode.csv

#: Europe of the country list, with Russia and the Caucasus; codes of sources/codelists/country_3digit.csv.
EUROPE = (
    *("301", "302", "303", "304", "305", "306", "307", "308", "309", "310", "311", "312", "313", "314"),
    *("315", "316", "318", "320", "321", "322", "323", "324", "325", "326", "327", "328", "329", "330"),
    *("331", "334", "335", "336", "337", "338", "339", "340", "343", "344", "347", "349", "350", "351"),
    *("352", "353", "354", "355", "356", "357", "358", "359", "399"),
)
CENTRAL_ASIA = ("145", "146", "147", "148", "149")
ASEAN = ("105", "106", "107", "112", "119", "122", "129", "132", "136", "141")
NORTH_AMERICA = ("501", "502")


@dataclass(frozen=True)
class Corridor:
    """Lists of a transport mode from (import) or to (export) one of the countries."""

    id: str
    zh: str
    en: str
    transport: str
    countries: tuple[str, ...]


CORRIDORS: tuple[Corridor, ...] = (
    Corridor("china_europe_rail", "中欧班列", "China-Europe rail", RAIL, EUROPE),
    Corridor("central_asia_rail", "中亚班列", "Central Asia rail", RAIL, CENTRAL_ASIA),
    Corridor("asean_rail", "东盟铁路", "rail to the ASEAN countries", RAIL, ASEAN),
    Corridor("asean_road", "东盟跨境公路", "road to the ASEAN countries", ROAD, ASEAN),
    Corridor("europe_air", "欧洲航空", "air to Europe", AIR, EUROPE),
    Corridor("north_america_air", "北美航空", "air to North America", AIR, NORTH_AMERICA),
)
