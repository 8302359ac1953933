"""The plan of the tiny sample, from its raw files alone."""

import pytest

from plmscope.disk.files import read_sealed_json
from plmscope.disk.versions import newest


@pytest.fixture(scope="module")
def root(kedro_run, tmp_path_factory):
    root = tmp_path_factory.mktemp("plan")
    kedro_run(root, ["plan"])
    return root


class TestPlan:
    def test_needs_nothing_but_the_raw_files(self, root):
        plan = read_sealed_json(
            newest(root / "08_reporting/tiny/layer_2/default/run_plan.json"), ""
        )
        assert plan["proteins"] > 0
        assert plan["residues"] > plan["longest"] > 0
        assert min(plan["residues_per_second"].values()) > 0
        assert not list(root.glob("04*"))

    def test_too_small_a_disk_is_told(self, kedro_run, tmp_path, monkeypatch, caplog):
        monkeypatch.setattr("plmscope.planning.plan._free_gb", lambda _: 0.0)
        kedro_run(tmp_path, ["plan"])
        assert "GB free. Store fewer layers" in caplog.text
