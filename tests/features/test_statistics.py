import numpy as np
import pandas as pd
import pytest

from plmscope.activations import ActivationStore
from plmscope.features import PatternSettings, ReportingSettings, survey_features
from plmscope.saes import SAE


@pytest.fixture
def statistics(store: ActivationStore, sae: SAE, proteins: pd.DataFrame) -> pd.DataFrame:
    return survey_features(
        store, sae, proteins, ReportingSettings(max_residues=64), PatternSettings()
    )[0]


class TestStatistics:
    def test_equal_the_slow_way(
        self, statistics: pd.DataFrame, features: pd.DataFrame, store: ActivationStore
    ):
        per_protein = features.groupby(["feature", "accession"]).agg(
            n=("value", "size"), length=("length", "first")
        )
        share = (per_protein["n"] / per_protein["length"]).groupby("feature").mean()
        values = features.groupby("feature")["value"]
        n_proteins = features.groupby("feature")["accession"].nunique()
        found = statistics.set_index("feature").loc[values.size().index]
        np.testing.assert_allclose(found["max_activation"], values.max(), rtol=1e-5)
        np.testing.assert_allclose(found["mean_when_active"], values.mean(), rtol=1e-5)
        np.testing.assert_array_equal(found["n_residues_active"], values.size())
        np.testing.assert_array_equal(found["n_proteins_active"], n_proteins)
        np.testing.assert_allclose(found["fraction_of_residues"], values.size() / store.n_residues)
        np.testing.assert_allclose(
            found["fraction_of_proteins"], n_proteins / len(store.accessions)
        )
        np.testing.assert_allclose(found["fraction_when_present"], share)

    def test_have_a_row_per_feature(self, statistics: pd.DataFrame, sae: SAE):
        assert statistics["feature"].tolist() == list(range(sae.d_sae))

    def test_of_a_dead_feature_are_zero_not_nan(self, statistics: pd.DataFrame):
        """Regression: a dead feature must not turn into NaN (docs/faults.md, fault 11)."""
        lists = ["histogram", "peaks"]
        dead = statistics.loc[3].drop(lists).astype(float)
        assert dead.drop("feature").eq(0).all()
        assert not statistics.drop(columns=lists).isna().any(axis=None)

    def test_use_the_scale_inside_the_sae(self, statistics: pd.DataFrame):
        """Regression: unscaled features spoilt statistics (docs/faults.md, fault 2)."""
        alive = statistics[statistics["n_residues_active"] > 0]
        np.testing.assert_allclose(alive["max_activation"], 1.0, rtol=1e-5)

    def test_peaks_count_every_protein_where_it_is_active(self, statistics: pd.DataFrame):
        counted = np.stack(statistics["peaks"]).sum(axis=1)
        np.testing.assert_array_equal(counted, statistics["n_proteins_active"])

    def test_histogram_counts_every_active_residue(self, statistics: pd.DataFrame):
        counted = np.stack(statistics["histogram"]).sum(axis=1)
        np.testing.assert_array_equal(counted, statistics["n_residues_active"])

    def test_do_not_depend_on_the_blocks(
        self, store: ActivationStore, sae: SAE, proteins: pd.DataFrame
    ):
        small, large = (
            survey_features(
                store, sae, proteins, ReportingSettings(max_residues=size), PatternSettings()
            )[0]
            for size in (1, 10_000)
        )
        pd.testing.assert_frame_equal(small, large, rtol=1e-6)
