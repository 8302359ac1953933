"""Weights & Biases is touched only when asked for."""

import sys
import time

import pytest

from plmscope.training.run.tracking import TrackingError, track_run


class TestTrackRun:
    def test_without_a_project_imports_nothing(self, monkeypatch):
        """Regression: importing the package imported the tracker (docs/faults.md, fault 21)."""
        monkeypatch.delitem(sys.modules, "wandb", raising=False)
        with track_run(None, {}) as track:
            track({"step": 1, "loss": 0.5})
        assert "wandb" not in sys.modules

    def test_says_how_to_install_it(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "wandb", None)
        with (
            pytest.raises(TrackingError, match=r"pip install 'plmscope\[wandb\]'"),
            track_run("project", {}),
        ):
            pass

    def test_writes_an_offline_run(self, monkeypatch, tmp_path):
        pytest.importorskip("wandb", reason="the extra plmscope[wandb] is not installed")
        monkeypatch.setenv("WANDB_MODE", "offline")
        monkeypatch.setenv("WANDB_DIR", str(tmp_path))
        with track_run("project", {"n_steps": 2}) as track:
            track({"step": 1, "loss": 0.5})
            track({"step": 2, "loss": 0.25})
        [run] = tmp_path.glob("wandb/offline-run-*/*.wandb")
        assert holds_in_time(run, b"loss")


def holds_in_time(path, text, seconds=60):
    """Whether a file holds a text soon: wandb's service may write after the run has ended."""
    end = time.monotonic() + seconds
    while text not in path.read_bytes():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
