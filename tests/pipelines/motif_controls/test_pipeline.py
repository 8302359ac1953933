"""The controls after a main job on the tiny sample."""

import json

import pandas as pd
import pytest

from plmscope.disk.versions import newest


@pytest.fixture(scope="module")
def written(kedro_run, short_job):
    root = short_job("motif_controls")
    kedro_run(root, ["motif_controls"])
    reports = root / "08_reporting/tiny/layer_2/default"
    motifs, table, report = (
        pd.read_parquet(newest(reports / f"{name}.parquet"))
        for name in ("feature_motifs", "feature_table", "motif_control_report")
    )
    summary = json.loads(newest(reports / "motif_control_summary.json").read_text())
    return motifs, table, report, summary


class TestMotifControls:
    def test_have_a_row_for_features_with_a_profile_alone(self, written):
        motifs, table, report, _ = written
        with_windows = motifs.loc[motifs["rows"].str.len() > 0, "feature"]
        assert len(with_windows) > 0
        assert set(report["feature"]) <= set(with_windows)
        assert report["motif_auroc"].dropna().between(0, 1).all()
        assert set(report.loc[report["motif_test_f1"].notna(), "name"]) <= set(table["name"])

    def test_add_up(self, written):
        report, summary = written[2:]
        assert summary["n_features"] == report["motif_auroc"].notna().sum()
        assert summary["n_above_motif"] == report["is_above_motif"].sum()

    def test_the_feature_table_says_what_every_feature_is(self, written):
        table = written[1]
        assert (table["description"].str.len() > 0).all()
        assert (table.loc[table["motif"] != "", "n_motif_windows"] >= 2).all()
