import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "warehouse"), str(TESTS / "flows")]  # their helpers

from benchmarks import servers  # noqa: E402
from warehouse import Home, Lake  # noqa: E402


@dataclass(frozen=True)
class Servers:
    """PostgreSQL with an empty, migrated lake in the database `tongguan`, and S3."""

    folder: Path
    port: int
    address: str

    def psql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement as the owner of the cluster."""
        return servers.psql(self.folder, self.port, database, statement)

    def fresh(self, template: str = "tongguan") -> dict[str, str]:
        """The environment of an installation of its own: a copy of the empty lake."""
        name = f"lake_{uuid4().hex[:8]}"
        self.psql(f"CREATE DATABASE {name} TEMPLATE {template} OWNER tongguan")
        return servers.environment(self.port, self.address, name)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Both servers, started once; PostgreSQL outside pytest's folders, which every other run of pytest closes to its account."""
    if reason := servers.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("shared")
    cluster = Path(tempfile.mkdtemp(prefix="tongguan-")) / "postgres"
    with servers.postgres(cluster) as port, servers.s3(folder) as address:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in servers.environment(port, address).items():
                patch.setenv(name, value)
            with Lake.write(Home(folder / "home")):
                pass
        yield Servers(cluster, port, address)
    shutil.rmtree(cluster.parent)


@pytest.fixture
def shared(running: Servers, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a shared installation with an empty lake, set for this process too."""
    settings = running.fresh()
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **settings}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """What is this machine's own."""
    return Home(tmp_path / "machine")
