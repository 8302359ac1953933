import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.controls.baselines import CompositionSource, fit_baseline
from plmscope.concepts.controls.controls import (
    append_controls,
    make_controls,
    name_controls,
    score_control,
    score_held_out,
)
from plmscope.concepts.counting.by_protein import count_by_protein
from plmscope.concepts.counting.labelled_features import LabelledFeatures, held_out_features
from plmscope.concepts.counting.overlaps import count_overlaps
from plmscope.concepts.scoring.best_pairs import best_pairs
from plmscope.concepts.scoring.headline import count_found_by_bound, report_concepts
from plmscope.concepts.scoring.scores import at_test_threshold, score_pairs
from plmscope.concepts.settings import (
    ControlSettings,
    CountingSettings,
    ScoringSettings,
    UncertaintySettings,
)
from plmscope.concepts.uncertainty.bootstrap import add_intervals
from plmscope.saes import make_sae

COUNTING, SCORING = CountingSettings(), ScoringSettings()
UNCERTAINTY = UncertaintySettings(n_resamples=100)


@pytest.fixture(scope="module")
def world(tables, tmp_path_factory):
    """Sixty proteins whose neuron 2 is low exactly in their helix, and a TopK SAE."""
    proteins, annotations, concepts = tables
    rng = np.random.default_rng(0)
    arrays, rows, sequences = {}, [], {}
    for number in range(60):
        name = f"P{number:02d}"
        x = rng.normal(size=(40, 6)).astype(np.float32)
        start = int(rng.integers(1, 30))
        x[start - 1 : start + 7, 2] -= 8
        arrays[name] = x
        sequences[name] = "".join(rng.choice(list("ACDEFGHIKL"), 40))
        rows.append((name, "Helix", "span", start, start + 7, number))
    table = annotations(rows)
    split = np.repeat(["train", "valid", "test"], 20)
    folder = write_store(
        tmp_path_factory.mktemp("store"),
        job_from_arrays(arrays, plm_id="made-up", layer=2, shard_residues=500),
    )[2]
    sae = make_sae({"architecture": "topk", "d_model": 6, "d_sae": 12, "k": 3})
    store = ActivationStore.open(folder)
    sae.calibrate([block.x for block in store.blocks()])
    proteins = proteins(sequences).assign(split=split)
    return store, sae, AnnotatedProteins(proteins, table, concepts(table))


@pytest.fixture(scope="module")
def controls(world):
    return make_controls(*world, COUNTING, ControlSettings())


class TestControls:
    def test_all_are_there(self, controls):
        assert list(controls) == [
            "raw_neurons",
            "pca",
            "amino_acid_identity",
            "local_composition",
            "shuffled_labels",
        ]

    def test_are_put_where_the_sae_is(self, world):
        """The device "meta" has no values; it is there on every machine."""
        store, sae, annotated = world
        elsewhere = copy.deepcopy(sae).to("meta")
        controls = make_controls(store, elsewhere, annotated, COUNTING, ControlSettings())
        encoders = [control["test"].encoder for control in controls.values()]
        assert {encoder.device.type for encoder in encoders} == {"meta"}

    def test_are_fitted_on_valid_where_train_is_a_corpus_that_is_not_stored(self, world, controls):
        store, sae, annotated = world
        is_train = annotated.proteins["split"] == "train"
        proteins = annotated.proteins.assign(origin=np.where(is_train, "corpus", "annotated"))
        held_out = proteins.loc[~is_train, "accession"]
        known = annotated.annotations[annotated.annotations["accession"].isin(held_out)]
        stored = replace(
            store.select(held_out), manifest=store.manifest.model_copy(update={"corpus": False})
        )
        without = make_controls(
            stored,
            sae,
            AnnotatedProteins(proteins, known, annotated.concepts),
            COUNTING,
            ControlSettings(),
        )
        assert list(without) == list(controls)
        best = best_pairs(score_held_out(without["pca"], COUNTING, SCORING))
        assert best["test_f1"].item() > 0.9

    def test_pca_finds_the_low_neuron(self, controls):
        assert (
            best_pairs(score_held_out(controls["pca"], COUNTING, SCORING))["test_f1"].item() > 0.9
        )

    def test_the_sequence_knows_nothing_here(self, controls):
        pairs = score_held_out(controls["amino_acid_identity"], COUNTING, SCORING)
        assert best_pairs(pairs)["test_precision"].item() < 0.3

    def test_shuffled_labels_keep_their_number(self, world, controls):
        labels = world[-1].held_out_labels()
        for split, (_, _, shuffled) in controls["shuffled_labels"].items():
            assert (shuffled.n_positive_residues == labels[split].n_positive_residues).all()
            assert (shuffled.residues != labels[split].residues).nnz > 0

    def test_one_table_with_the_sae_first(self, world, controls):
        held_out, cluster_of = held_out_features(*world), world[-1].cluster_of
        counts = {split: count_overlaps(labelled, COUNTING) for split, labelled in held_out.items()}
        best = report_concepts(score_pairs(**counts), **counts)
        on_test = count_by_protein(held_out["test"], at_test_threshold(best), COUNTING)
        best = add_intervals(best, on_test.by_cluster(cluster_of), UNCERTAINTY)
        scored = {
            name: score_control(control, cluster_of, COUNTING, SCORING, UNCERTAINTY)
            for name, control in controls.items()
        }
        headlines = {name: headline for name, (_, headline) in scored.items()}
        of_controls = name_controls({name: best for name, (best, _) in scored.items()})
        table = append_controls(best.assign(control="sae"), of_controls)
        assert list(table)[:2] == ["control", "concept"]
        assert table["control"].unique().tolist() == ["sae", *controls]
        assert list(headlines) == list(controls)
        for name, rows in table[table["control"] != "sae"].groupby("control"):
            assert headlines[name].n_found == (rows["test_f1"] > 0.5).sum()
            assert headlines[name].n_found_by_bound == count_found_by_bound(rows)
            assert (rows["test_n_clusters"] == 20).all()
        assert headlines["pca"].n_found_by_bound == 1
        assert not table.isna().any(axis=None)


class TestScaledFeatures:
    def test_thresholds_are_shares_of_the_maximum_of_a_self_trained_sae(self, world):
        """Regression: thresholds meant for features scaled to [0, 1] were applied to the raw
        activations of self-trained SAEs (docs/faults.md, fault 1)."""
        store, sae, annotated = world
        labels = annotated.labels("valid")
        valid = store.select(labels.accessions)
        counts = count_overlaps(
            LabelledFeatures(valid, sae, labels), CountingSettings(thresholds=(0.0, 0.5))
        )
        raw = torch.cat([sae.encode(block.x) * sae.feature_scale for block in valid.blocks()])
        maxima = torch.cat([sae.encode(block.x) * sae.feature_scale for block in store.blocks()])
        above_half = (raw > 0.5 * maxima.amax(0)).sum(0)
        assert counts.n_active[:, 1].tolist() == above_half.tolist()


class TestComposition:
    def test_windows_stop_at_the_ends_of_a_protein(self):
        source = CompositionSource(["P", "Q"], ["AAC", "X"], window=1)
        (block,) = source.blocks()
        assert block.x[:, 0].tolist() == pytest.approx([1, 2 / 3, 1 / 2, 0])
        assert block.x[:, 1].tolist() == pytest.approx([0, 1 / 3, 1 / 2, 0])

    def test_blocks_hold_whole_proteins(self):
        source = CompositionSource(list("PQRS"), ["A" * 5] * 4, window=0)
        assert [block.accessions for block in source.blocks(11)] == [["P", "Q"], ["R", "S"]]

    def test_identity_is_each_residue_itself(self):
        source = CompositionSource(["P"], ["AC"], window=0)
        encoder = fit_baseline("identity", source, COUNTING)
        indices, values = encoder.encode_sparse(next(source.blocks()).x)
        on = [(int(i[v > 0.5]), len(v[v > 0.5])) for i, v in zip(indices, values, strict=True)]
        assert on == [(0, 1), (1, 1)]
