from pathlib import Path

import pytest

from plmscope.disk.versions import keep_newest, newest, versions_of


@pytest.fixture(params=["plain", "run[1]"])
def table(request, tmp_path: Path) -> Path:
    path = tmp_path / request.param / "table.parquet"
    for version in ("2026-01-02T00.00.00.000Z", "2026-01-01T00.00.00.000Z"):
        (path / version).mkdir(parents=True)
        (path / version / path.name).write_text(version)
    (path / "2026-01-03T00.00.00.000Z").mkdir()  # nothing in it
    return path


def test_the_newest_version_is_taken(table: Path):
    assert newest(table).read_text() == "2026-01-02T00.00.00.000Z"
    assert [path.parent.name[:10] for path in versions_of(table)] == ["2026-01-02", "2026-01-01"]


def test_what_has_no_versions_is_taken_itself(tmp_path: Path):
    assert newest(tmp_path) == tmp_path
    assert newest(tmp_path / "missing") == tmp_path / "missing"
    assert versions_of(tmp_path / "missing") == []


class TestKeepNewest:
    def test_removes_those_before(self, table: Path):
        (removed,) = keep_newest(table, 1)
        assert removed.name.startswith("2026-01-01")
        assert newest(table).read_text() == "2026-01-02T00.00.00.000Z"
        assert len(versions_of(table)) == 1

    def test_never_removes_the_last(self, table: Path):
        with pytest.raises(ValueError, match="at least one"):
            keep_newest(table, 0)
        assert keep_newest(table, 2) == []
