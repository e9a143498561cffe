from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import servers


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int, str]]:
    """PostgreSQL's folder and port, and the address of S3."""
    if reason := servers.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("shared")
    with servers.postgres(folder / "postgres") as port, servers.s3(folder) as address:
        yield folder / "postgres", port, address


@pytest.fixture
def shared(running: tuple[Path, int, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a shared installation of its own, set for this process; nothing is in it yet."""
    _, port, address = running
    settings = servers.environment(port, address, f"s{uuid4().hex[:8]}")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings
