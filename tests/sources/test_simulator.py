"""The simulator: identities of the documents, the same documents in all formats, and the truth about them."""

import csv
import hashlib
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.codelists import codes
from sources.contracts import CONTRACTS, Type
from sources.readers import parquet_reader
from sources.readers.refusal import RefusalError
from sources.simulator import FAULTS, FaultError, simulate
from sources.simulator.chance import Chance
from sources.simulator.columns import Batch
from sources.simulator.day import columns_of, direct_arrivals, sections_of
from sources.simulator.lists import lists_of
from sources.simulator.population import Population
from sources.simulator.seasons import share_of_ordinary
from sources.simulator.truth_log import TruthLog
from sources.simulator.world import World
from sources.zone import Zone

START, END, LISTS, SEED = date(2025, 3, 4), date(2025, 3, 5), 150, 11
ALL_FAULTS = dict.fromkeys(FAULTS, 0.03)


def run(out: Path, file_format: str, faults: dict[str, float], seed: int = SEED, lists: int = LISTS) -> dict:
    path = simulate(out, Zone.load("zhengzhou"), START, END, lists, seed, file_format, faults)
    assert path == out / "truth.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    out = tmp_path_factory.mktemp("clean")
    return out, run(out, "parquet", {})


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    out = tmp_path_factory.mktemp("faulty")
    return out, run(out, "csv", ALL_FAULTS)


@pytest.fixture(scope="module", params=["csv", "jsonl", "xml"])
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, dict]:
    out = tmp_path_factory.mktemp(request.param)
    return request.param, out, run(out, request.param, {})


def documents(out: Path, kind: str) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(each) for each in sorted(out.glob(f"*/{kind}_*.parquet"))])


@pytest.fixture(scope="module")
def frames(clean: tuple[Path, dict]) -> dict[str, pl.DataFrame]:
    out, truth = clean
    return {kind: documents(out, kind) for kind in truth["documents"]}


# --- the documents obey the rules -------------------------------------------------------------------------


def test_order_amounts_add_up(frames: dict[str, pl.DataFrame]) -> None:
    orders = frames["CEB311"]
    paid = pl.col("goodsValue") + pl.col("freight") + pl.col("taxTotal") - pl.col("discount")
    assert orders.filter(paid != pl.col("acturalPaid")).is_empty()  # A1
    items = orders.select("guid", "goodsValue", "items").explode("items").unnest("items")
    sums = items.group_by("guid").agg(pl.col("totalPrice").sum(), pl.col("goodsValue").first())
    assert sums.filter(pl.col("totalPrice") != pl.col("goodsValue")).is_empty()  # A3
    product = pl.col("price").cast(pl.Float64) * pl.col("qty").cast(pl.Float64)
    assert items.filter((product - pl.col("totalPrice").cast(pl.Float64)).abs() > 1e-6).is_empty()
    assert orders["acturalPaid"].max() <= Decimal(5000)


def test_payment_is_what_the_order_says(frames: dict[str, pl.DataFrame]) -> None:
    both = frames["CEB411"].join(frames["CEB311"], on=["ebpCode", "orderNo"])  # A2
    assert len(both) >= len(frames["CEB411"])
    assert both.filter(pl.col("amountPaid") != pl.col("acturalPaid")).is_empty()
    assert both.filter(pl.col("payerIdNumber") != pl.col("buyerIdNumber")).is_empty()


def test_list_items_are_the_order_items(frames: dict[str, pl.DataFrame]) -> None:
    for listed, ordered, key in (("CEB621", "CEB311", "ebpCode"), ("CEB603", "CEB303", "ebcCode")):
        both = frames[listed].join(frames[ordered], on=[key, "orderNo"], suffix="_order")  # A4
        assert len(both)
        for name in ("totalPrice", "qty", "price"):
            own = both["items"].list.eval(pl.element().struct.field(name))
            assert own.equals(
                both["items_order"].list.eval(pl.element().struct.field(name)), check_names=False
            )
        assert frames[listed].filter(pl.col("netWeight") > pl.col("grossWeight")).is_empty()  # A5


def test_tax_bills_add_up_and_follow_the_comprehensive_rate(frames: dict[str, pl.DataFrame]) -> None:
    bills = frames["CEB816"]
    items = bills.select("taxNo", "valueAddedTax", pl.col("items")).rename({"valueAddedTax": "head"})
    items = items.explode("items").unnest("items")
    sums = items.group_by("taxNo", "head", maintain_order=True).agg(pl.col("valueAddedTax").sum())
    voided = bills.filter(pl.col("status") == "3")
    assert sums.filter(
        ~pl.col("taxNo").is_in(voided["taxNo"].implode()) & (pl.col("head") != pl.col("valueAddedTax"))
    ).is_empty()  # A7
    for price, tax in items.select("taxPrice", "valueAddedTax").iter_rows():
        ways = ("ROUND_HALF_UP", "ROUND_DOWN")  # the first platform cuts: A8
        assert tax in {(price * 91 / 1000).quantize(Decimal("0.01"), way) for way in ways}  # A6


def test_every_field_keeps_its_contract(frames: dict[str, pl.DataFrame]) -> None:
    for kind, frame in frames.items():
        heads = [(frame, CONTRACTS[kind].fields)]
        if CONTRACTS[kind].items:
            heads.append((frame.select(pl.col("items").explode()).unnest("items"), CONTRACTS[kind].items))
        for held, fields in heads:
            for each in fields:
                column = held[each.name]
                if each.mandatory:
                    assert column.null_count() == 0, f"{kind}.{each.name}"
                if each.type is not Type.TEXT:
                    continue
                lengths = column.drop_nulls().str.len_chars()
                if len(lengths) and each.max_length:
                    assert lengths.max() <= each.max_length, f"{kind}.{each.name}"
                    assert lengths.min() >= (each.min_length or 0), f"{kind}.{each.name}"
                if each.codes and each.codes != "return_status":
                    unknown = set(column.drop_nulls().unique()) - set(codes(each.codes))
                    assert not unknown, f"{kind}.{each.name}: {unknown}"


def test_numbers_have_their_format(frames: dict[str, pl.DataFrame]) -> None:
    receipts = frames["CEB622"].drop_nulls("invtNo")
    listed = receipts.join(frames["CEB621"].select("guid", "customsCode"), on="guid", suffix="_list")
    assert len(listed)
    assert (receipts["invtNo"].str.contains(r"^46\d\d2025I\d{9}$")).all()
    assert (listed["invtNo"].str.head(4) == listed["customsCode_list"]).all()
    assert (frames["CEB622"]["preNo"].str.contains(r"^B202503\d{11}$")).all()
    assert (frames["CEB816"]["taxNo"] == frames["CEB816"]["invtNo"] + "_0").all()
    assert (frames["INV201"]["bondInvtNo"].str.contains(r"^QD46\d\d25I\d{9}$")).all()
    assert (frames["CEB311"]["guid"].str.contains(r"^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$")).all()
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    for number in frames["CEB311"]["buyerIdNumber"].head(50):
        total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
        assert number[17] == "10X98765432"[total % 11]


def test_direct_lists_name_the_flight_that_brought_them(frames: dict[str, pl.DataFrame]) -> None:
    flights = frames["CEB711"].select("billNo", "voyageNo", "trafNo", "customsCode", "logisticsCode", "items")
    flights = flights.explode("items").unnest("items")
    direct = frames["CEB621"].filter(pl.col("tradeMode") == "9610")
    both = direct.join(flights, on=["logisticsCode", "logisticsNo"], suffix="_flight")
    assert len(both) > 10
    for name in ("billNo", "voyageNo", "trafNo", "customsCode"):
        assert both[name].equals(both[f"{name}_flight"], check_names=False), name


def test_receipts_bear_the_ids_of_what_they_answer(frames: dict[str, pl.DataFrame]) -> None:
    for kind, frame in frames.items():
        answers = CONTRACTS[kind].answers
        if answers and answers.startswith("CEB"):
            assert set(frame["guid"]) <= set(frames[answers]["guid"]), kind


def test_every_expected_kind_is_there(frames: dict[str, pl.DataFrame]) -> None:
    assert set(Zone.load("zhengzhou").expected_kinds) <= set(frames)


@pytest.fixture(scope="module")
def two_months() -> list[Batch]:
    """What becomes of the lists of one day, in memory."""
    zone = Zone.load("zhengzhou")
    assert zone.simulator is not None
    chance = Chance(SEED)
    people = Population(zone.simulator, chance, 8000)
    world = World(zone, zone.simulator, chance, people, START, date(2025, 5, 4), 8000, SEED)
    found = []
    for flow in ("I", "E"):
        lists, log = lists_of(world, START, flow, 0), TruthLog()
        arrivals, inbound = direct_arrivals(lists, log) if flow == "I" else (None, ())
        sections = (inbound, *sections_of(columns_of(lists, arrivals, log)))
        found += [made for section in sections for made in section if len(made.at)]
    return found


def test_every_kind_comes_within_two_months(two_months: list[Batch]) -> None:
    assert {each.kind for each in two_months} == set(CONTRACTS)


def test_bills_that_are_void_are_not_summarised(two_months: list[Batch]) -> None:
    bills, void = (each.frame for each in two_months if each.kind == "CEB816")
    (summarised,) = (each.frame for each in two_months if each.kind == "CEB818")
    assert void.get_column("status").unique().to_list() == ["3"] and len(void) > 5
    assert {*summarised["taxNo"]} == {*bills["taxNo"]} - {*void["taxNo"]}


# --- the same documents in every format --------------------------------------------------------------------


def _texts(value: object) -> object:
    """A value as it is read plainly from any format: numbers without padding, times as digits."""
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    return None if value is None or value == "" else str(value)


def _from_parquet(path: Path, kind: str) -> list[tuple]:
    contract = CONTRACTS[kind]
    frame = pl.read_parquet(path)
    for each in contract.fields:
        if each.type in (Type.TIME, Type.DATE):
            pattern = "%Y%m%d" if each.type is Type.DATE else "%Y%m%d%H%M%S%3f"
            frame = frame.with_columns(pl.col(each.name).dt.strftime(pattern))
    rows = []
    for row in frame.iter_rows(named=True):
        items = [tuple(_texts(v) for v in item.values()) for item in row.get("items") or ()]
        rows.append((*(_texts(row[each.name]) for each in contract.fields), *items))
    return rows


def _long_times(kind: str, head: dict) -> list:
    """Head values with times of 14 digits made 17 digits long."""
    made = []
    for each in CONTRACTS[kind].fields:
        text = _texts(head.get(each.name))
        is_time = each.type is Type.TIME and text
        made.append(f"{text:0<17}" if is_time else text)
    return made


def _from_jsonl(path: Path, kind: str) -> list[tuple]:
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line, parse_float=Decimal, parse_int=Decimal)
        assert row.pop("messageType") == kind
        items = [tuple(_texts(v) for v in item.values()) for item in row.get("items", ())]
        rows.append((*_long_times(kind, row), *items))
    return rows


def _number(text: str, exact: bool) -> str | None:
    return _texts(Decimal(text)) if text and exact else _texts(text)


def _from_csv(path: Path, kind: str) -> list[tuple]:
    contract, rows = CONTRACTS[kind], {}
    heads = {each.name for each in contract.fields}
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, strict=True)):
            assert row["messageType"] == kind
            head = tuple(_long_times(kind, row))
            names = [(f"item_{e.name}" if e.name in heads else e.name, e) for e in contract.items]
            item = tuple(_number(row[name], e.type is not Type.TEXT) for name, e in names)
            rows.setdefault(head if contract.items else (number, *head), []).append(item)
    if not contract.items:
        return [key[1:] for key in rows]
    return [(*head, *items) for head, items in rows.items()]


def _from_xml(path: Path, kind: str) -> list[tuple]:
    contract, rows = CONTRACTS[kind], []
    space = "{http://www.chinaport.gov.cn/ceb}"
    root = ElementTree.parse(path).getroot()
    assert root.tag == space + contract.root
    for node in root.findall(space + contract.node):
        head = node.find(space + contract.head) if contract.head else node
        values = {(child.tag.removeprefix(space)): child.text for child in head}
        values["pod"] = values.get("POD")
        items = []
        for each in node.findall(space + contract.items_node) if contract.items_node else ():
            texts = {child.tag.removeprefix(space): child.text for child in each}
            items.append(tuple(_number(texts[e.name] or "", e.type is not Type.TEXT) for e in contract.items))
        rows.append((*_long_times(kind, values), *items))
    return rows


READ = {"parquet": _from_parquet, "jsonl": _from_jsonl, "csv": _from_csv, "xml": _from_xml}


def test_same_documents_in_every_format(clean: tuple[Path, dict], other: tuple[str, Path, dict]) -> None:
    out, truth = clean
    file_format, folder, told = other
    for name in ("documents", "states", "volume_daily", "clearance_daily", "exclusions_daily"):
        assert told[name] == truth[name], name
    for kind in ("CEB311", "CEB411", "CEB622", "CEB603", "CEB816", "CEB711", "CEB513"):
        expected, found = Counter(), Counter()
        for path in out.glob(f"*/{kind}_*"):
            expected.update(_from_parquet(path, kind))
        for path in folder.glob(f"*/{kind}_*"):
            found.update(READ[file_format](path, kind))
        assert found == expected, kind


def test_gate_messages_in_xml_come_in_their_own_envelope(other: tuple[str, Path, dict]) -> None:
    file_format, folder, truth = other
    if file_format == "xml":
        paths = sorted(folder.glob("*/INV101_*.xml"))
        assert len(paths) == truth["documents"]["INV101"]["read"]
        root = ElementTree.parse(paths[0]).getroot()
        assert root.tag == "Signature"
        assert root.findtext(".//EnvelopInfo/message_type") == "INV101"
        assert root.findall(".//InvtMessage/InvtCbecBill/CbecBillNo")


# --- determinism -------------------------------------------------------------------------------------------


def _bytes(out: Path) -> dict[str, str]:
    return {
        each.relative_to(out).as_posix(): hashlib.sha256(each.read_bytes()).hexdigest()
        for each in out.rglob("*")
        if each.is_file()
    }


def test_a_seed_gives_the_same_bytes(faulty: tuple[Path, dict], tmp_path: Path) -> None:
    run(tmp_path / "again", "csv", ALL_FAULTS)
    assert _bytes(tmp_path / "again") == _bytes(faulty[0])


def test_another_seed_gives_other_documents(clean: tuple[Path, dict], tmp_path: Path) -> None:
    run(tmp_path / "other", "parquet", {}, seed=SEED + 1, lists=30)
    assert not set(documents(tmp_path / "other", "CEB311")["guid"]) & set(
        documents(clean[0], "CEB311")["guid"]
    )


# --- delivery, manifest, truth -----------------------------------------------------------------------------


def test_documents_come_on_the_day_of_their_time(clean: tuple[Path, dict]) -> None:
    out, _ = clean
    for kind in ("CEB621", "CEB622", "CEB513", "CEB711", "SAS223"):
        for path in out.glob(f"*/{kind}_*.parquet"):
            days = pl.read_parquet(path)[CONTRACTS[kind].business_time].dt.date().unique()
            assert days.to_list() == [date.fromisoformat(path.parent.name)]


def test_parquet_in_a_wrong_encoding_is_whole_but_for_a_text_that_is_none(tmp_path: Path) -> None:
    truth = run(tmp_path, "parquet", {"wrong_encoding": 1.0}, lists=5)
    assert truth["files"] and all(each["refused"] for each in truth["files"])
    for each in truth["files"]:
        path = tmp_path / each["path"]
        table = pq.read_table(path)
        assert table.num_rows == each["rows"]
        kinds = table.column("messageType").cast(pa.binary()).to_pylist()
        kind = each["kind"].encode()
        assert Counter(kinds) == Counter({kind: each["rows"] - 1, kind + b"\xff\xfe\xff": 1}) - Counter()
        with pytest.raises(RefusalError):
            parquet_reader.read(path)


def test_rates_that_cannot_all_fall_on_a_document_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match=r"late, malformed, vanished add up to 1\.1"):
        run(tmp_path, "csv", {"late": 0.4, "malformed": 0.4, "vanished": 0.3, "rewritten_time": 0.1})
    # What falls on lists and what falls on receipts do not meet; a masked identity comes on top.
    run(tmp_path, "csv", {"late": 0.5, "vanished": 0.5, "rewritten_time": 0.5, "masked_identity": 1}, lists=2)


def test_manifest_and_truth_describe_the_files(faulty: tuple[Path, dict]) -> None:
    out, truth = faulty
    stated = {each["path"]: each for each in truth["files"]}
    assert set(stated) == {name for name in _bytes(out) if name.endswith(".csv")}
    for path, each in stated.items():
        assert hashlib.sha256((out / path).read_bytes()).hexdigest() == each["sha256"]
    cut = set(truth["faults"]["truncated_file"]["keys"])
    for day in sorted(out.glob("2025-*")):
        listed = json.loads((day / "manifest.json").read_text(encoding="utf-8"))["files"]
        assert {f"{day.name}/{each['name']}" for each in listed} == {
            p for p in stated if p.startswith(day.name)
        }
        for each in listed:
            own = stated[f"{day.name}/{each['name']}"]
            assert (each["rows"], each["amount_total"]) == (own["rows"], own["amount_total"])
            assert (each["sha256"] != own["sha256"]) == (own["path"] in cut)


def test_rows_are_conserved(faulty: tuple[Path, dict]) -> None:
    _, truth = faulty
    for kind, counts in truth["documents"].items():
        parts = ("accepted", "duplicate", "superseded", "quarantined")
        assert counts["read"] == sum(counts[part] for part in parts), kind
        readable = [each for each in truth["files"] if each["kind"] == kind and not each["refused"]]
        assert counts["read"] == sum(each["rows"] for each in readable)
    quarantined = Counter(each["kind"] for each in truth["quarantined"])
    assert quarantined == {k: v["quarantined"] for k, v in truth["documents"].items() if v["quarantined"]}
    assert {each["rule"] for each in truth["quarantined"]} == {"K1", "P1"}


def test_states_add_up_and_roll_ups_are_sums(clean: tuple[Path, dict]) -> None:
    _, truth = clean
    volume = truth["volume_daily"]
    declared = {r["business_date"]: r for r in volume if r["basis"] == "declared" and _is_total(r)}
    lists = truth["documents"]["CEB621"]["accepted"] + truth["documents"]["CEB603"]["accepted"]
    assert sum(truth["states"].values()) == lists == sum(r["lists"] for r in declared.values())
    for basis in ("declared", "accepted", "released"):
        for name in ("lists", "orders", "items", "packages", "value_cny", "tax_cny", "gross_weight_kg"):
            rows = [r for r in volume if r["basis"] == basis]
            base = [r for r in rows if "all" not in (r["flow"], r["mode"], r["office"])]
            total = [r for r in rows if _is_total(r)]
            assert sum(Decimal(r[name]) for r in base) == sum(Decimal(r[name]) for r in total)
    orders = sum(r["orders"] for r in declared.values())
    assert orders == truth["documents"]["CEB311"]["accepted"] + truth["documents"]["CEB303"]["accepted"]


def _is_total(row: dict) -> bool:
    return row["flow"] == row["mode"] == row["office"] == "all"


def test_clearance_counts_every_released_list(
    clean: tuple[Path, dict], frames: dict[str, pl.DataFrame]
) -> None:
    _, truth = clean
    first = pl.concat(
        frames[kind].filter(pl.col("returnStatus") == "800").select("copNo", "returnTime")
        for kind in ("CEB622", "CEB604")
    )
    by_day = Counter(
        first.group_by("copNo").agg(pl.col("returnTime").min())["returnTime"].dt.date().to_list()
    )
    rows = [r for r in truth["clearance_daily"] if _is_total(r) and r["basis"] == "release"]
    for row in (r for r in rows if r["measure"] == "customs_gross"):
        assert (
            row["n"] + row["negative"] + row["undefined"] == by_day[date.fromisoformat(row["business_date"])]
        )
    assert truth["observed_until"] == "2025-03-06T00:00:00"


def test_customs_time_by_hand(clean: tuple[Path, dict], frames: dict[str, pl.DataFrame]) -> None:
    """Median and maximum of customs_gross of one day, from the receipts alone."""
    _, truth = clean
    receipts = frames["CEB622"].select("copNo", "returnStatus", "returnTime")
    times = {
        status: dict(
            receipts.filter(pl.col("returnStatus") == status)
            .group_by("copNo")
            .agg(pl.col("returnTime").min())
            .iter_rows()
        )
        for status in ("120", "800")
    }
    taken = sorted(
        (out - times["120"][cop]).total_seconds() / 3600
        for cop, out in times["800"].items()
        if out.date() == END and out >= times["120"][cop]
    )
    (row,) = (
        r
        for r in truth["clearance_daily"]
        if (r["business_date"], r["basis"], r["measure"]) == (END.isoformat(), "release", "customs_gross")
        and (r["flow"], r["mode"], r["office"]) == ("I", "all", "all")
    )
    middle = (taken[(len(taken) - 1) // 2] + taken[len(taken) // 2]) / 2
    assert row["n"] == len(taken)
    assert row["median_h"] == pytest.approx(middle, abs=1e-12)
    assert row["max_h"] == pytest.approx(taken[-1], abs=1e-12)


# --- faults ------------------------------------------------------------------------------------------------


def test_every_fault_falls_and_is_counted(faulty: tuple[Path, dict]) -> None:
    _, truth = faulty
    assert set(truth["faults"]) == set(FAULTS)
    for name, record in truth["faults"].items():
        assert record["count"] == len(record["keys"]) > 0, name
    refused = {each["path"] for each in truth["files"] if each["refused"]}
    faults = truth["faults"]
    assert refused == {*faults["wrong_encoding"]["keys"], *faults["truncated_file"]["keys"]}


def test_damaged_files_cannot_be_read_as_text(faulty: tuple[Path, dict]) -> None:
    out, truth = faulty
    for path in truth["faults"]["wrong_encoding"]["keys"]:
        for encoding in ("utf-8", "gb18030"):
            with pytest.raises(UnicodeDecodeError):
                (out / path).read_bytes().decode(encoding)
    for path in truth["faults"]["truncated_file"]["keys"]:
        assert not (out / path).read_bytes().endswith(b"\n")


def test_vanished_lists_are_missing_in_the_second_file_of_the_name(tmp_path: Path) -> None:
    truth = run(tmp_path / "out", "parquet", {"vanished": 0.1}, lists=60)
    gone = set(truth["faults"]["vanished"]["keys"])
    assert gone
    pairs = [
        each
        for each in tmp_path.glob("out/*/CEB6*")
        if each.stem.split("_")[1] != each.parent.name.replace("-", "")
    ]
    assert pairs
    seen_gone = set()
    for second in pairs:
        (first,) = (each for each in tmp_path.glob(f"out/*/{second.name}") if each != second)
        before, after = (
            {f"{a}|{b}" for a, b in pl.read_parquet(p)["ebcCode", "orderNo"].iter_rows()}
            for p in (first, second)
        )
        assert after < before
        seen_gone |= before - after
    assert seen_gone <= gone
    assert sum(each["duplicate"] for each in truth["documents"].values()) > 0


def test_rewritten_times_are_earlier(tmp_path: Path) -> None:
    truth = run(tmp_path / "out", "parquet", {"rewritten_time": 0.3}, lists=60)
    both = documents(tmp_path / "out", "CEB622").filter(pl.col("returnStatus") == "800")
    twice = both.group_by("guid").agg(pl.len()).filter(pl.col("len") == 2)
    told = sum(
        1 for key in truth["faults"]["rewritten_time"]["keys"] if key.split("|")[0] in set(twice["guid"])
    )
    assert told == len(twice) > 0


def test_late_documents_come_later_than_their_time(tmp_path: Path) -> None:
    truth = run(tmp_path / "out", "parquet", {"late": 0.2}, lists=30)
    late = 0
    for kind in truth["documents"]:
        for path in (tmp_path / "out").glob(f"*/{kind}_*"):
            days = pl.read_parquet(path)[CONTRACTS[kind].business_time].dt.date()
            late += int((days < date.fromisoformat(path.parent.name)).sum())
    assert late == truth["faults"]["late"]["count"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"faults": {"gremlins": 0.1}}, "no fault 'gremlins'; there are: amount_mismatch, duplicate, late"),
        ({"faults": {"late": 1.5}}, "the rate of fault late is 1.5"),
        ({"format": "yaml"}, "no format 'yaml'; there are: parquet, csv, jsonl, xml"),
        ({"end": date(2025, 3, 1)}, "the last day 2025-03-01 is before the first day 2025-03-04"),
        ({"lists_per_day": 0}, "0 lists a day are too few"),
        ({"start": date(2055, 1, 1), "end": date(2055, 1, 1)}, "the lunar calendar of 2055 is not known"),
    ],
)
def test_arguments_that_cannot_be_used(tmp_path: Path, arguments: dict, message: str) -> None:
    usual = {"start": START, "end": END, "lists_per_day": 10, "seed": 1, "format": "csv", "faults": {}}
    with pytest.raises(ValueError, match=message) as caught:
        simulate(tmp_path / "out", Zone.load("zhengzhou"), **{**usual, **arguments})
    assert isinstance(caught.value, FaultError) == ("faults" in arguments)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty; simulate into a new folder"):
        run(tmp_path, "csv", {})


def test_one_list_of_every_zone(tmp_path: Path) -> None:
    for name in ("xinxiang", "chongqing"):
        out = tmp_path / name
        simulate(out, Zone.load(name), START, START, 1, 1, "jsonl", {})
        assert json.loads((out / "truth.json").read_text())["zone"] == name


@pytest.mark.parametrize(
    ("day", "share"),
    [
        (date(2025, 3, 5), 1.0),  # an ordinary Wednesday
        (date(2025, 3, 9), 0.95),  # a Sunday
        (date(2025, 11, 11), 12.41),  # 1.01 on a Tuesday, and 11.4 more
        (date(2025, 11, 12), 1.0 + 11.4 * 0.45),
        (date(2025, 1, 29), 0.35),  # New Year's day, a Wednesday
        (date(2025, 2, 5), 0.35 + 0.65 / 9),  # a week later it begins to recover
    ],
)
def test_seasons(day: date, share: float) -> None:
    calibration = Zone.load("zhengzhou").simulator
    assert calibration is not None
    assert share_of_ordinary(day, calibration) == pytest.approx(share)
