import numpy as np
import pandas as pd
import pytest

from plmscope import concepts as ca
from plmscope.activations import ActivationStore, EmbeddingSettings, StoreJob, write_store
from plmscope.datasets.schemas.effects import PLANTED_PROBE_REPORT
from plmscope.pipelines.controls import create_pipeline
from plmscope.pipelines.controls.nodes import embed_shuffled_sequences, embed_with_random_plm
from plmscope.plms import load_plm
from plmscope.probes import VERDICTS, ProbeSettings
from plmscope.run.summary import print_controls
from plmscope.saes import make_sae

EMBEDDING = EmbeddingSettings(layers=(1,))
HEADLINE = dict.fromkeys(ca.Headline.model_fields, 0)


@pytest.fixture(scope="module")
def plm(project):
    return load_plm(str(project / "tests/data/tiny_plm"))


@pytest.fixture
def proteins():
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACDEFGHIKL"), 30)) for _ in range(3)]
    return pd.DataFrame(
        {"accession": list("PQR"), "sequence": sequences, "split": ["train", "valid", "test"]}
    )


class TestEmbedding:
    def test_the_random_plm_has_a_store_of_its_own(self, plm, proteins):
        job = embed_with_random_plm(proteins, plm, EMBEDDING, ca.ControlSettings())
        assert job.plm_revision != plm.revision
        assert job.accessions == ("P", "Q", "R")

    def test_shuffled_sequences_are_those_of_held_out_proteins(self, plm, proteins):
        job = embed_shuffled_sequences(proteins, plm, EMBEDDING, ca.ControlSettings())
        assert job.accessions == ("Q", "R")

    def test_shuffling_keeps_the_composition(self, proteins):
        shuffled = ca.shuffle_sequences(proteins, seed=0)["sequence"]
        for before, after in zip(proteins["sequence"], shuffled, strict=True):
            assert sorted(before) == sorted(after)
            assert before != after


class TestPipeline:
    def test_needs_only_what_the_main_job_makes(self):
        made_by_main_job = {
            "proteins", "plm", "sae", "sae_config", "annotated_proteins", "control_report",
            "concept_summary",
        }  # fmt: skip
        inputs = {name for name in create_pipeline().inputs() if not name.startswith("params:")}
        assert inputs == made_by_main_job


class TestRun:
    @pytest.fixture(scope="class")
    def results(self, plm, tmp_path_factory):
        """Every dataset of a run on sixty random proteins, each with a helix."""
        rng = np.random.default_rng(0)
        sequences = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 40)) for _ in range(60)]
        proteins = pd.DataFrame({"accession": [f"P{n:02d}" for n in range(60)]}).assign(
            sequence=sequences, length=40, split=np.repeat(["train", "valid", "test"], 20)
        )
        proteins["cluster"] = proteins["accession"]
        annotations = proteins[["accession"]].assign(
            category="Helix", concept="Helix", level="span", start=11, end=18, instance=range(60)
        )
        concepts = annotations[["concept", "category", "level"]].iloc[:1].assign(kept=True)
        config = {"architecture": "topk", "d_model": 32, "d_sae": 64, "k": 4}
        sae = make_sae(config)
        sae.calibrate([plm.embed(sequences, layers=[1])[0][1]])
        data = {
            "proteins": proteins,
            "annotated_proteins": ca.AnnotatedProteins(proteins, annotations, concepts),
            "plm": plm,
            "sae": sae,
            "sae_config": {"sae": config, "training": {"n_steps": 30, "batch_size": 64}},
            "control_report": pd.DataFrame(),
            "concept_summary": {"sae": HEADLINE, "controls": {"raw_neurons": HEADLINE}},
            "params:embedding": EMBEDDING,
            "params:controls": ca.ControlSettings(),
            "params:counting": ca.CountingSettings(),
            "params:scoring": ca.ScoringSettings(),
            "params:uncertainty": ca.UncertaintySettings(n_resamples=100),
            "params:probes": ProbeSettings(strengths=(0.1,), n_features=(1, 2)),
            "params:planting": ca.PlantingSettings(n_motifs=1, n_variants=1, planted_fraction=1.0),
        }
        for node in create_pipeline().nodes:
            for name, made in node.run({name: data[name] for name in node.inputs}).items():
                data[name] = made
                if isinstance(made, StoreJob):
                    folder = write_store(tmp_path_factory.mktemp(name), made)[1]
                    data[name] = ActivationStore.open(folder)
        return data

    def test_the_controls_stand_in_one_table(self, results):
        report, headlines = results["full_control_report"], results["full_control_headlines"]
        assert report["control"].unique().tolist() == ["random_plm", "shuffled_sequences"]
        assert not report.isna().any(axis=None)
        assert list(headlines) == ["sae", "raw_neurons", "random_plm", "shuffled_sequences"]
        for headline in headlines.values():
            ca.Headline.model_validate(headline)
        for control, rows in report.groupby("control"):
            assert (rows["test_n_clusters"] == 20).all()
            assert headlines[control]["n_found_by_bound"] == ca.count_found_by_bound(rows)

    def test_every_motif_is_reported(self, results):
        planted = results["planted_report"]
        assert planted["motif"].tolist() == ["Planted motif 1"]
        assert not planted.isna().any(axis=None)

    def test_every_motif_and_variant_is_probed(self, results):
        probed = results["planted_probe_report"]
        concepts = results["planted_concepts"]["concept"]
        assert probed["concept"].tolist() == concepts.tolist()
        assert set(probed["verdict"]) <= set(VERDICTS)
        # Planted into every protein, at a place of its own: a probe on all activations finds it.
        assert (probed["ceiling_f1"] > 0).all()
        assert PLANTED_PROBE_REPORT.validate(probed) is probed

    def test_the_terminal_shows_all(self, results, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "100")

        class Catalog:
            def load(self, name):
                return results[name]

        print_controls(Catalog())
        printed = capsys.readouterr().out
        assert "shuffled sequences" in printed
        assert "motif 1" in printed
        assert results["planted_probe_report"]["verdict"].iloc[0] in printed
        headline = results["full_control_headlines"]["random_plm"]
        mean = f"{headline['mean_test_f1']:.3f} / {headline['mean_test_f1_per_residue']:.3f}"
        assert mean in printed
        motif = results["planted_report"].iloc[0]
        assert f"{motif['test_f1']:.2f} / {motif['test_f1_per_residue']:.2f}" in printed
