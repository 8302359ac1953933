from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.features import PatternSettings, ReportingSettings
from plmscope.pipelines.feature_reporting import create_pipeline
from plmscope.pipelines.feature_reporting.nodes import survey_features, trace_examples
from plmscope.saes import SAE, Provenance, make_sae

SETTINGS = ReportingSettings(n_top=2, n_per_range=1)


@pytest.fixture
def activations(tmp_path: Path) -> ActivationStore:
    rng = np.random.default_rng(0)
    arrays = {f"P{n}": rng.normal(size=(9, 4)).astype(np.float32) for n in range(5)}
    job = job_from_arrays(arrays, plm_id="made-up", layer=2)
    return ActivationStore.open(write_store(tmp_path, job)[2])


@pytest.fixture
def sae() -> SAE:
    sae = make_sae({"architecture": "topk", "d_model": 4, "d_sae": 8, "k": 2})
    sae.provenance = Provenance(plm_id="made-up", layer=2)
    return sae


@pytest.fixture
def proteins(activations: ActivationStore) -> pd.DataFrame:
    """Two of the five come from the corpus."""
    origin = ["corpus", "annotated", "corpus", "annotated", "annotated"]
    return pd.DataFrame(
        {
            "accession": activations.accessions,
            "origin": origin,
            "sequence": "MKTAYIAKQ",
            "split": "train",
            "cluster": activations.accessions,
        }
    )


class TestNodes:
    def test_statistics_and_examples_survive_parquet(
        self, activations: ActivationStore, sae: SAE, proteins: pd.DataFrame, tmp_path: Path
    ):
        statistics, chosen = survey_features(
            activations, sae, proteins, SETTINGS, PatternSettings()
        )[:2]
        examples = trace_examples(activations, sae, chosen, SETTINGS)
        for name, table in {"statistics": statistics, "examples": examples}.items():
            table.to_parquet(tmp_path / name)
        read = pd.read_parquet(tmp_path / "examples", filters=[("feature", "==", 1)])
        written = examples[examples["feature"] == 1].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            read.drop(columns=["positions", "values"]),
            written.drop(columns=["positions", "values"]),
            check_dtype=False,
        )
        np.testing.assert_array_equal(read["values"][0], written["values"][0])

    def test_use_the_sae_where_it_is(
        self, activations: ActivationStore, sae: SAE, proteins: pd.DataFrame
    ):
        """Regression: a second setting said where the SAE runs, and moved it."""
        sae.to = Mock(side_effect=AssertionError("a node moved the SAE"))
        chosen = survey_features(activations, sae, proteins, SETTINGS, PatternSettings()).examples
        assert len(trace_examples(activations, sae, chosen, SETTINGS)) == len(chosen) > 0

    def test_show_annotated_proteins_before_those_of_the_corpus(
        self, activations: ActivationStore, sae: SAE, proteins: pd.DataFrame
    ):
        """Regression: four of five example proteins came from the corpus."""
        chosen = survey_features(activations, sae, proteins, SETTINGS, PatternSettings()).examples
        origin = chosen["accession"].map(proteins.set_index("accession")["origin"])
        n_annotated = (origin == "annotated").groupby(chosen["feature"]).transform("sum")
        assert set(origin[(chosen["kind"] == "top") & (n_annotated >= 4)]) == {"annotated"}
        assert set(origin[chosen["kind"] == "corpus"]) == {"corpus"}


class TestPipeline:
    def test_writes_all_that_the_dashboard_and_readers_need(self):
        assert create_pipeline().all_outputs() == {
            "feature_statistics",
            "example_proteins",
            "feature_examples",
            "feature_patterns",
            "feature_peaks",
            "feature_coactivation",
            "end_effects",
            "feature_motifs",
            "feature_map",
            "feature_families",
            "map_agreement",
            "feature_descriptions",
            "named_features",
            "feature_pairs",
            "protein_profiles",
            "feature_clusters",
            "feature_table",
            "feature_table_csv",
            "atlas",
            "report",
        }
