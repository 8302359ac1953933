import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.controls.planting import plant_motifs, report_planted
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.counting.overlaps import count_overlaps
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.scoring.scores import score_pairs
from plmscope.concepts.settings import CountingSettings, PlantingSettings

SETTINGS = PlantingSettings(n_motifs=1, planted_fraction=0.5)


@pytest.fixture(scope="module")
def planted(tables):
    rng = np.random.default_rng(0)
    sequences = {f"P{n:03d}": "".join(rng.choice(list("ACDEFGHIKL"), 40)) for n in range(200)}
    table = tables[0](sequences)
    return table, plant_motifs(table, SETTINGS)


class TestPlanting:
    def test_the_motif_is_where_its_annotation_says(self, planted):
        _, made = planted
        proteins, annotations = made.proteins, made.annotations
        sequence = proteins.set_index("accession")["sequence"]
        variant = annotations[annotations["concept"].str.endswith(": a")]
        words = {sequence[row.accession][row.start - 1 : row.end] for row in variant.itertuples()}
        assert len(words) == 1
        assert len(words.pop()) == 12

    def test_lengths_and_other_residues_stay(self, planted):
        table, made = planted
        proteins, annotations = made.proteins, made.annotations
        pairs = zip(table["sequence"], proteins["sequence"], strict=True)
        changed = [sum(a != b for a, b in zip(old, new, strict=True)) for old, new in pairs]
        is_planted = proteins["accession"].isin(annotations["accession"])
        assert max(changed) <= 12
        assert not np.array(changed)[~is_planted].any()

    def test_same_seed_same_proteins(self, planted):
        table, first = planted
        pd.testing.assert_frame_equal(first.proteins, plant_motifs(table, SETTINGS).proteins)

    def test_a_protein_gets_one_motif_at_most(self, planted):
        annotations = planted[1].annotations
        pooled = annotations[annotations["concept"].str.endswith(": any")]
        assert not pooled["accession"].duplicated().any()


class TestReport:
    def test_sees_recovery_splitting_and_absorption(self, planted, given_features):
        """Feature 0 is the motif but misses half of variant b, which feature 1 finds."""
        _, made = planted
        proteins, annotations, concepts = made.proteins, made.annotations, made.concepts
        values = {name: np.zeros((40, 3)) for name in proteins["accession"]}
        n_missed = 0
        for row in annotations.itertuples():
            place = slice(row.start - 1, row.end)
            if row.concept.endswith(": a"):
                values[row.accession][place, 0] = 1
            if row.concept.endswith(": b"):
                values[row.accession][place, 1] = 1
                values[row.accession][place, 0] = n_missed % 2
                n_missed += 1
        store, encoder = given_features(values)
        labels = ConceptLabels.of_split(proteins, annotations, concepts, "valid")
        counting = CountingSettings()
        counts = count_overlaps(LabelledFeatures(store, encoder, labels), counting)
        pairs = score_pairs(counts, counts)
        report = report_planted(LabelledFeatures(store, encoder, labels), pairs, counting, SETTINGS)
        (row,) = report.to_dict("records")
        assert row["recovered"]
        assert row["feature"] == 0
        assert row["n_features"] == 2
        n_absorbed = (n_missed + 1) // 2
        n_instances = annotations["accession"].nunique()
        assert row["absorbed_fraction"] == pytest.approx(n_absorbed / n_instances)
