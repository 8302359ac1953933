import subprocess
from pathlib import Path

import pytest

from plmscope.dashboard.data.root import default_data_root


@pytest.fixture
def project_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, in whose notebooks folder we are, with no variable set."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    monkeypatch.delenv("PLMSCOPE_DATA_ROOT", raising=False)
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    return tmp_path


class TestDefaultDataRoot:
    """Regression: a relative folder counted from the notebook's, where Voilà puts its kernels."""

    def test_is_the_data_of_the_project(
        self, project_folder: Path, monkeypatch: pytest.MonkeyPatch
    ):
        assert default_data_root() == project_folder / "data"
        monkeypatch.chdir(project_folder)
        assert default_data_root() == project_folder / "data"

    @pytest.mark.parametrize("named", ["data/mine", "./data/mine", "other/../data/mine"])
    def test_is_relative_to_where_the_server_was_started(
        self, project_folder: Path, monkeypatch: pytest.MonkeyPatch, named: str
    ):
        with subprocess.Popen(["sleep", "60"], cwd=project_folder) as server:
            monkeypatch.setenv("JPY_PARENT_PID", str(server.pid))
            monkeypatch.setenv("PLMSCOPE_DATA_ROOT", named)
            assert default_data_root() == project_folder / "data/mine"
            server.kill()

    def test_is_relative_to_this_folder_without_a_server(
        self, project_folder: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("PLMSCOPE_DATA_ROOT", "mine")
        assert default_data_root() == project_folder / "notebooks/mine"

    def test_is_what_the_variable_says_if_absolute(
        self, project_folder: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("PLMSCOPE_DATA_ROOT", str(project_folder.parent))
        assert default_data_root() == project_folder.parent

    def test_of_an_empty_variable_is_the_data_of_the_project(
        self, project_folder: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("PLMSCOPE_DATA_ROOT", "")
        assert default_data_root() == project_folder / "data"
