from collections.abc import Iterator

import pytest

from warehouse import Home, Lake


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path / "home").prepare()


@pytest.fixture
def lake(home: Home) -> Iterator[Lake]:
    with Lake.write(home) as opened:
        yield opened
