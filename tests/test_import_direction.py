"""Design section 1: imports run one way, and transforms know only the contracts."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("sources", "expectations", "transforms", "warehouse", "reports")


def imported_rooms(path: Path) -> set[str]:
    """Dotted names of the project's own modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] in (*ROOMS, "flows")}


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_do_not_import_flows(room: str) -> None:
    offenders = {
        str(path.relative_to(ROOT))
        for path in (ROOT / room).rglob("*.py")
        if any(name.split(".")[0] == "flows" for name in imported_rooms(path))
    }
    assert not offenders


def test_transforms_import_only_contracts() -> None:
    offenders = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / "transforms").rglob("*.py")
        for name in imported_rooms(path)
        if not name.startswith(("transforms", "sources.contracts")) and name != "sources"
    }
    assert not offenders


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("sources", {"duckdb", "prefect", "great_expectations"}),
        ("transforms", {"duckdb", "prefect", "great_expectations", "pathlib", "os"}),
        ("warehouse", {"prefect", "great_expectations"}),
        ("reports", {"prefect", "great_expectations"}),
    ],
)
def test_rooms_keep_out_what_is_not_theirs(room: str, forbidden: set[str]) -> None:
    offenders = set()
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module]
                if isinstance(node, ast.ImportFrom) and node.module
                else []
            )
            offenders |= {(str(path.relative_to(ROOT)), m) for m in modules if m.split(".")[0] in forbidden}
    assert not offenders
