"""Pulling: local folders are used as they lie, remote ones copied in, leavings passed over."""

from pathlib import Path

import fsspec
import pytest

from flows.errors import UsageProblem
from flows.pull import is_remote, pull


def test_local_files_are_listed_and_leavings_passed_over(tmp_path: Path) -> None:
    for name in ("b.xml", "a/c.csv", ".hidden", "half.part", "a/x.tmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert pull(str(tmp_path), tmp_path / "unused") == [tmp_path / "a" / "c.csv", tmp_path / "b.xml"]
    assert pull(str(tmp_path / "b.xml"), tmp_path / "unused") == [tmp_path / "b.xml"]


def test_a_remote_source_is_copied_in(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/day/one.xml", b"<one/>")
    memory.pipe("/day/deep/two.csv", b"a,b")
    pulled = pull("memory://day", tmp_path)
    assert [each.relative_to(tmp_path).as_posix() for each in pulled] == ["deep/two.csv", "one.xml"]
    assert (tmp_path / "one.xml").read_bytes() == b"<one/>"


def test_a_missing_inbox_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="does not exist"):
        pull(str(tmp_path / "nothing"), tmp_path)


@pytest.mark.parametrize(
    ("url", "remote"),
    [("/data/in", False), ("file:///data/in", False), ("sftp://host/in", True), ("s3://bucket/in", True)],
)
def test_only_remote_sources_are_tried_again(url: str, remote: bool) -> None:
    assert is_remote(url) is remote
