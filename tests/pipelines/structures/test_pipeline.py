"""Features of the tiny sample against helices."""

import json

import pandas as pd

from plmscope.disk.versions import newest
from plmscope.structures.neighbourhoods import TESTS


def _table(root, path):
    return pd.read_parquet(newest(root / path))


FOLDER = "08_reporting/tiny/layer_2/default"


class TestStructures:
    def test_every_protein_has_its_residues(self, measured_root):
        proteins = pd.read_parquet(measured_root / "03_primary/proteins.parquet")
        residues = pd.read_parquet(measured_root / "03_primary/structure_residues.parquet")
        n_placed = residues.groupby("accession").size()
        assert n_placed.to_dict() == dict(
            zip(proteins["accession"], proteins["sequence"].str.len(), strict=True)
        )

    def test_what_is_not_used_is_a_row_with_its_reason(self, measured_root):
        rejects = pd.read_parquet(measured_root / "03_primary/structure_rejects.parquet")
        assert rejects["file"].tolist() == ["broken.cif"]
        assert rejects["reason"].str.startswith("cannot be read").all()

    def test_features_are_tested(self, measured_root):
        measures = _table(
            measured_root, "07_model_output/tiny/layer_2/default/structure_measures.parquet"
        )
        assert not measures.duplicated(["feature", "cluster"]).any()
        assert (measures["peak"] > 0.6).all()
        tests = _table(measured_root, f"{FOLDER}/structure_tests.parquet")
        summary = json.loads(newest(measured_root / f"{FOLDER}/structure_summary.json").read_text())
        assert set(tests["test"]) <= set(TESTS)
        assert summary["n_tested"]["space"] == (tests["test"] == "space").sum() > 0
        assert summary["n_features"] == measures["feature"].nunique()
