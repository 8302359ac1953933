import numpy as np
import pandas as pd
import pytest
import torch

from plmscope.concepts import AnnotatedProteins, UncertaintySettings
from plmscope.effects import EffectSettings, ablate_named, summarise_effects
from plmscope.effects.ablation import _Ablations, _Carrier
from plmscope.saes import make_sae

N = 12


@pytest.fixture(scope="module")
def annotated() -> AnnotatedProteins:
    """Proteins of test with two cysteines beside a W, which are the concept; others without."""
    rng = np.random.default_rng(0)
    rows, spans = [], []
    for number in range(2 * N):
        letters = list(rng.choice(list("ADEFGHIKLMN"), 30))
        name = f"P{number:02d}"
        if number < N:
            letters[10:13] = ["C", "W", "C"]
            spans += [(name, 11, 11, 2 * number), (name, 13, 13, 2 * number + 1)]
        rows.append((name, "".join(letters), 30, f"c{number // 2}", "test", "annotated"))
    columns = ["accession", "sequence", "length", "cluster", "split", "origin"]
    annotations = pd.DataFrame(spans, columns=["accession", "start", "end", "instance"])
    annotations = annotations.assign(category="Site", concept="Site: near W", level="residue")
    concepts = annotations[["concept", "category", "level"]].drop_duplicates(ignore_index=True)
    return AnnotatedProteins(
        pd.DataFrame(rows, columns=columns), annotations, concepts.assign(kept=True, reason="")
    )


@pytest.fixture(scope="module")
def ablations(made_plm, annotated) -> pd.DataFrame:
    """Both directions are named; no other feature is active at all of the concept's residues."""
    named = pd.DataFrame({"feature": [0, 1], "concept": "Site: near W"})
    settings = EffectSettings(n_proteins=50, mask_fraction=0.5)
    return ablate_named(made_plm.ToyPLM(), made_plm.toy_sae(), annotated, named, settings)


class TestAblation:
    def test_the_used_direction_has_an_effect_and_the_other_none(self, ablations):
        effects = ablations[ablations["kind"] == "feature"].groupby("feature")["effect"].mean()
        assert effects[0] > 1
        assert abs(effects[1]) < 1e-6

    def test_one_protein_of_each_cluster_that_carries_the_concept(self, ablations):
        of_feature = ablations[(ablations["feature"] == 0) & (ablations["kind"] == "feature")]
        assert of_feature["cluster"].is_unique
        assert set(of_feature["cluster"]) == {f"c{number}" for number in range(N // 2)}

    def test_the_loss_is_that_of_masked_residues(self, made_plm, ablations):
        """The slow way, of one protein: mask, set the dimension to 0, ask for the loss."""
        row = ablations[(ablations["feature"] == 0) & (ablations["kind"] == "feature")].iloc[0]
        assert row["n_masked"] == 1
        logits = np.zeros(len(made_plm.LETTERS))
        logits[made_plm.LETTERS.index("C")] = 6
        with_it = -np.log(np.exp(6) / np.exp(logits).sum())
        without = np.log(len(made_plm.LETTERS))
        assert row["loss"] == pytest.approx(with_it, abs=1e-5)
        assert row["effect"] == pytest.approx(without - with_it, abs=1e-5)

    def test_random_directions_take_away_the_same_length(self, ablations):
        length = ablations.pivot_table(
            index="accession", columns=["feature", "kind"], values="length"
        )
        np.testing.assert_allclose(length[0]["random direction"], length[0]["feature"], rtol=1e-5)

    def test_what_stands_in_is_active_there_and_not_named_alike(self, ablations):
        stand_ins = ablations[ablations["kind"] == "active there"]
        assert not stand_ins["control"].isin([0, 1]).any()


class TestEffects:
    @pytest.fixture(scope="class")
    def effects(self, ablations) -> pd.DataFrame:
        return summarise_effects(ablations, UncertaintySettings(n_resamples=200))

    def test_say_which_is_used(self, effects):
        assert effects.set_index("feature")["is_used"].to_dict() == {0: True, 1: False}

    def test_are_the_means_over_clusters(self, ablations, effects):
        of_feature = ablations[(ablations["feature"] == 0) & (ablations["kind"] == "feature")]
        row = effects.set_index("feature").loc[0]
        assert row["effect"] == pytest.approx(of_feature["effect"].mean())
        assert row["effect_low"] <= row["effect"] <= row["effect_high"]

    def test_of_few_clusters_say_nothing(self, ablations):
        few = ablations[ablations["cluster"].isin(["c0", "c1"])]
        assert not summarise_effects(few, UncertaintySettings(n_resamples=100))["is_used"].any()


class TestStandIns:
    def test_are_those_of_a_dense_search(self):
        rng = torch.Generator().manual_seed(0)
        sae = make_sae({"architecture": "topk", "d_model": 6, "d_sae": 40, "k": 5})
        features = sae.encode_sparse(torch.randn(30, 6, generator=rng))
        dense = torch.zeros(30, 40).scatter_add(1, *features)
        carrier = _Carrier("P", "P", "A" * 30, np.arange(30), np.array([0]))
        for feature in dense.sum(dim=0).topk(5).indices.tolist():
            named = np.array([feature])
            ablations = _Ablations(
                sae, carrier, named, EffectSettings(n_controls=3), np.random.default_rng(0)
            )
            here = dense[dense[:, feature] > 0]
            distance = (here - here[:, [feature]]).square().sum(dim=0)
            distance[(here == 0).all(dim=0)] = torch.inf
            distance[feature] = torch.inf
            assert (
                ablations._stand_ins(features, feature)
                == distance.topk(3, largest=False).indices.tolist()
            )
