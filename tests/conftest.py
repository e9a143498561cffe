import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

if "PYTEST_XDIST_WORKER" in os.environ:
    # A worker a processor, so one thread a worker; read when these libraries are first used.
    os.environ.setdefault("TONGGUAN_THREADS", "1")
    os.environ.setdefault("POLARS_MAX_THREADS", "1")

from flows.settings import default_prefect
from warehouse import Home, Lake

# Collecting imports Prefect, which reads its settings then: without these its in-process server would be given
# 20 s to start, which two busy processors do not always allow.
default_prefect()


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A migrated, empty warehouse, one for all workers; tests copy it, which is faster than creating one each."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    home, ready = Home(base / "template" / "home"), base / "template.ready"
    with FileLock(base / "template.lock"):
        if not ready.exists():
            with Lake.write(home):
                pass
            ready.touch()
    return home


@pytest.fixture
def home(empty_home: Home, tmp_path: Path) -> Home:
    shutil.copytree(empty_home.path, tmp_path / "home")
    return Home(tmp_path / "home")


@pytest.fixture
def lake(home: Home) -> Iterator[Lake]:
    with Lake.write(home) as opened:
        yield opened
