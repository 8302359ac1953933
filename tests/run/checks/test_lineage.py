"""What datasets say of each other, and where they disagree."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.proteins import hash_of_accessions, hash_of_proteins
from plmscope.run.checks.lineage import (
    MADE_FROM,
    agreed_claims,
    claims_of,
    is_made_with_an_sae,
    refuse_incompatible,
    stamp,
)
from plmscope.saes import CheckpointMismatch, Provenance, fingerprint, make_sae

SEQUENCES = {"P1": "MKT", "P2": "AAC", "P3": "GHK", "P4": "WWW"}


def proteins_table(**changes):
    table = pd.DataFrame({"accession": list(SEQUENCES), "sequence": list(SEQUENCES.values())})
    table = table.assign(split=["train", "train", "valid", "test"], origin="annotated")
    return table.assign(**changes)


def store_of(proteins, corpus=True):
    """A store as far as it is asked: of these proteins."""
    hashed = hash_of_proteins(proteins["accession"], proteins["sequence"])
    manifest = SimpleNamespace(
        proteins_hash=hashed,
        content_hash="content " + hashed,
        plm_id="tiny",
        plm_revision="1",
        layer=2,
        d_model=4,
        token_rule="residues",
        corpus=corpus,
    )
    kind = type("ActivationStore", (), {})
    store = kind()
    store.manifest, store.accessions = manifest, proteins["accession"].tolist()
    return store


def sae_of(proteins, **changes):
    sae = make_sae({"architecture": "topk", "d_model": 4, "d_sae": 8, "k": 2}, seed=3)
    train = proteins.loc[proteins["split"] == "train", "accession"]
    known = {
        "plm_id": "tiny",
        "plm_revision": "1",
        "layer": 2,
        "token_rule": "residues",
        "store_hash": store_of(proteins).manifest.content_hash,
        "split_hash": hash_of_accessions(train),
    }
    sae.provenance = Provenance(**known | changes)
    return sae


def inputs_of(proteins, **changes):
    return {
        "activations": store_of(proteins),
        "sae": sae_of(proteins),
        "proteins": proteins,
    } | changes


def about(inputs):
    return {(each.stale, each.about) for each in agreed_claims(inputs)[1]}


class TestAgreement:
    def test_of_one_run(self):
        assert about(inputs_of(proteins_table())) == set()

    def test_activations_of_other_sequences(self):
        """Regression: `proteins_hash` was stored and never compared."""
        changed = proteins_table(sequence=["MKT", "AAC", "GHK", "WWY"])
        inputs = inputs_of(proteins_table()) | {"proteins": changed}
        assert about(inputs) == {("activations", "proteins: sequences")}

    def test_an_sae_of_another_train_split(self):
        """Regression: `split_hash` was stored and never compared."""
        changed = proteins_table(split=["train", "test", "valid", "train"])
        inputs = inputs_of(proteins_table()) | {"proteins": changed}
        assert about(inputs) == {("sae", "proteins: train split")}

    def test_an_sae_of_another_store(self):
        sae = sae_of(proteins_table(), store_hash="another")
        inputs = inputs_of(proteins_table(), sae=sae)
        assert about(inputs) == {("sae", "activations: content")}

    def test_an_sae_trained_online_beside_a_store_without_the_corpus(self):
        proteins = proteins_table(origin=["corpus", "annotated", "annotated", "annotated"])
        train = proteins[proteins["split"] == "train"]
        known = hash_of_proteins(train["accession"], train["sequence"])
        inputs = {
            "proteins": proteins,
            "activations": store_of(proteins.iloc[1:], corpus=False),
            "sae": sae_of(proteins, store_hash=None, sequences_hash=known),
        }
        assert about(inputs) == set()
        assert about(inputs | {"activations": store_of(proteins.iloc[1:])}) == {
            ("activations", "proteins: sequences")
        }
        other = proteins.assign(split=["train", "test", "valid", "train"])
        both = {("sae", "proteins: train split"), ("sae", "proteins: train sequences")}
        assert about(inputs | {"proteins": other}) == both
        other = proteins.assign(sequence=["MKV", "AAC", "GHK", "WWW"])
        assert about(inputs | {"proteins": other}) == {("sae", "proteins: train sequences")}

    def test_an_sae_from_elsewhere_says_nothing_of_splits(self):
        sae = sae_of(proteins_table(), store_hash=None, split_hash=None)
        assert about(inputs_of(proteins_table(), sae=sae)) == set()

    def test_a_leakage_audit_of_other_splits(self):
        audit = pd.DataFrame({"accession": ["P3", "P4"], "split": ["test", "valid"]})
        inputs = {"proteins": proteins_table(), "leakage_audit": audit}
        assert about(inputs) == {("leakage_audit", "proteins: held-out splits")}

    def test_shuffled_sequences_of_other_proteins(self):
        held_out = proteins_table().iloc[2:]
        shuffled = held_out.assign(sequence=["KHG", "WWW"])
        inputs = {"proteins": proteins_table(), "shuffled_activations": store_of(shuffled)}
        assert about(inputs) == set()
        inputs["proteins"] = proteins_table(split=["train", "test", "valid", "test"])
        assert about(inputs) == {("shuffled_activations", "proteins: held-out proteins")}


class TestStamp:
    def made_with(self, **changes):
        """A table made with the SAE."""
        claims, _ = agreed_claims(inputs_of(proteins_table(), **changes))
        assert is_made_with_an_sae(claims)
        table = pd.DataFrame({"feature": [1, 2]})
        stamp("feature_statistics", table, claims)
        return table

    def test_tells_a_table_of_another_sae(self):
        other = sae_of(proteins_table())
        other.W_enc.data += 1
        inputs = {"sae": other, "feature_statistics": self.made_with()}
        assert about(inputs) == {("feature_statistics", "sae: weights")}

    def test_tells_a_table_of_other_annotations(self):
        annotations = pd.DataFrame({"accession": ["P1"], "concept": ["Helix"], "start": [1]})
        pair_scores = self.made_with(annotations=annotations)
        inputs = {"annotations": annotations.assign(start=2), "pair_scores": pair_scores}
        assert about(inputs) == {("pair_scores", "annotations: rows")}

    def test_two_tables_of_two_saes(self):
        other = sae_of(proteins_table())
        other.feature_scale[0] = 2
        tables = {"pair_scores": self.made_with(), "concept_report": self.made_with(sae=other)}
        assert about(tables) == {("concept_report", "sae: weights")}

    def test_is_not_put_on_what_no_sae_was_needed_for(self):
        claims, _ = agreed_claims({"proteins": proteins_table()})
        assert not is_made_with_an_sae(claims)

    def test_of_the_evaluation_is_read_again(self):
        evaluation = {"valid": {}, "test": {}}
        stamp("sae_evaluation", evaluation, {"sae: weights": "0123"})
        assert claims_of("sae_evaluation", evaluation) == {"sae: weights": "0123"}

    def test_of_other_json_is_not_made(self):
        headlines = {"sae": {}}
        stamp("control_headlines", headlines, {"sae: weights": "0123"})
        assert MADE_FROM not in headlines


class TestCompatibility:
    def test_another_layer_is_refused(self):
        inputs = inputs_of(proteins_table(), sae=sae_of(proteins_table(), layer=3))
        with pytest.raises(CheckpointMismatch, match="layer"):
            refuse_incompatible(inputs)

    def test_so_is_an_evaluated_sae_on_evaluated_activations(self):
        inputs = {
            "evaluated_sae": sae_of(proteins_table(), plm_id="another"),
            "evaluated_activations": store_of(proteins_table()),
        }
        with pytest.raises(CheckpointMismatch, match="plm_id"):
            refuse_incompatible(inputs)


class TestOfRealObjects:
    def test_a_store_and_an_sae_are_known_by_their_class(self, tmp_path):
        job = job_from_arrays({"P1": np.ones((3, 4), np.float32)}, plm_id="tiny", layer=2)
        (folder,) = write_store(tmp_path, job).values()
        store, sae = ActivationStore.open(folder), sae_of(proteins_table())
        assert claims_of("activations", store)["activations: content"] == job.content_hash(2)
        assert claims_of("sae", sae)["sae: weights"] == fingerprint(sae)
        assert claims_of("params:counting", object()) == {}
        assert claims_of("anything", torch.zeros(3)) == {}
