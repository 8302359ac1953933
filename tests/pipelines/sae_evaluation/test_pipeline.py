"""Any saved SAE on a FASTA file, as the documented command runs it."""

import json

import pytest
import torch
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DatasetError
from safetensors.torch import save_file

from plmscope import saes, training

FASTA = ">sp|P1|ONE\nMKTAYIAKQRQISFVKSHFSRQ\n>sp|P2|TWO\nGSHMENLYFQGAC\n>sp|P3|THREE\nMSTNPKPQRK\n"


@pytest.fixture(scope="module")
def evaluate(project, tmp_path_factory):
    """Run the pipeline on an SAE folder and a FASTA file."""
    root = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLMSCOPE_TEST_ROOT", str(root))
        patch.chdir(project)
        bootstrap_project(project)

        def run(**parameters):
            with KedroSession.create(project, env="test", runtime_params=parameters) as session:
                [result] = session.run(pipeline_names=["sae_evaluation"]).values()
            return training.SAEEvaluation.model_validate(result.load())

        yield run


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "mine.fasta"
    path.write_text(FASTA)
    return path


def save_topk(folder, **provenance):
    sae = saes.make_sae({"architecture": "topk", "d_model": 32, "d_sae": 64, "k": 8})
    sae.provenance = saes.Provenance(**provenance)
    saes.save_sae(sae, folder)
    return str(folder)


class TestSAEEvaluation:
    def test_measures_everything_on_a_fasta_file(self, evaluate, fasta, tmp_path):
        folder = save_topk(tmp_path / "sae", layer=2)
        evaluation = evaluate(evaluated_sae=folder, evaluated_fasta=str(fasta))
        assert evaluation.n_proteins == 3
        assert evaluation.n_residues == 22 + 13 + 10
        assert evaluation.fidelity_proteins == 3
        for fidelity in (evaluation.fidelity_masked, evaluation.fidelity_unmasked):
            assert fidelity.sae_with_error == pytest.approx(fidelity.original, abs=1e-4)
            assert fidelity.sae != pytest.approx(fidelity.original, abs=1e-4)

    def test_refuses_an_sae_of_another_layer(self, evaluate, fasta, tmp_path):
        folder = save_topk(tmp_path / "sae", layer=1)
        with pytest.raises(saes.CheckpointMismatch, match="layer"):
            evaluate(evaluated_sae=folder, evaluated_fasta=str(fasta))

    @pytest.mark.parametrize("layer", [None, 2])
    def test_refuses_an_sae_of_another_width_before_any_protein_is_embedded(
        self, evaluate, fasta, tmp_path, monkeypatch, layer
    ):
        monkeypatch.setattr("plmscope.activations.embedding_job", lambda *_: pytest.fail("ran"))
        sae = saes.make_sae({"architecture": "relu", "d_model": 16, "d_sae": 64})
        sae.provenance = saes.Provenance(layer=layer)
        saes.save_sae(sae, tmp_path / "sae")
        told = r"on 16, but the act" if layer is None else r"on 16 \(layer 2\), but the act"
        with pytest.raises(saes.CheckpointMismatch, match=told):
            evaluate(evaluated_sae=str(tmp_path / "sae"), evaluated_fasta=str(fasta))


D_MODEL, D_SAE = 32, 64


def tensors(**shapes):
    draw = torch.Generator().manual_seed(0)
    return {name: torch.randn(shape, generator=draw) for name, shape in shapes.items()}


def write_saelens(folder):
    weights = tensors(
        W_enc=(D_MODEL, D_SAE), b_enc=(D_SAE,), W_dec=(D_SAE, D_MODEL), b_dec=(D_MODEL,)
    )
    save_file(weights, folder / "sae_weights.safetensors")
    config = {"architecture": "topk", "d_in": D_MODEL, "d_sae": D_SAE, "k": 8}
    (folder / "cfg.json").write_text(json.dumps(config))
    return {"evaluated_sae": str(folder)}


def write_interprot(folder):
    weights = tensors(
        w_enc=(D_MODEL, D_SAE), b_enc=(D_SAE,), w_dec=(D_SAE, D_MODEL), b_pre=(D_MODEL,)
    )
    path = folder / "esm2_plm32_l2_sae64.safetensors"
    save_file(weights, path)
    return {"evaluated_sae": str(path), "evaluated_k": 8}


def write_interplm(folder):
    sae = saes.make_sae({"architecture": "topk", "d_model": D_MODEL, "d_sae": D_SAE, "k": 8})
    torch.save(saes.to_interplm(sae), folder / "ae.pt")
    return {"evaluated_sae": str(folder / "ae.pt"), "evaluated_architecture": "topk"}


class TestSAEsOfOthers:
    """Regression: none of them could be evaluated by a command."""

    @pytest.mark.parametrize(
        ("write", "at_most"), [(write_saelens, 8), (write_interplm, 8), (write_interprot, 8 + 2)]
    )
    def test_are_evaluated(self, evaluate, fasta, tmp_path, write, at_most):
        evaluation = evaluate(**write(tmp_path), evaluated_fasta=str(fasta))
        assert evaluation.n_residues == 22 + 13 + 10
        assert 0 < evaluation.l0_mean <= at_most
        assert evaluation.fidelity_masked.sae_with_error == pytest.approx(
            evaluation.fidelity_masked.original, abs=1e-4
        )

    def test_are_told_before_any_protein_is_embedded(self, evaluate, fasta, tmp_path, monkeypatch):
        monkeypatch.setattr("plmscope.activations.embedding_job", lambda *_: pytest.fail("ran"))
        named = write_interprot(tmp_path) | {"evaluated_fasta": str(fasta)}
        del named["evaluated_k"]
        with pytest.raises(DatasetError, match="--params evaluated_k=64"):  # what Kedro makes of it
            evaluate(**named)

    def test_a_hub_repository_is_none_of_the_projects_folders(
        self, evaluate, fasta, tmp_path, monkeypatch
    ):
        """Regression: Kedro made a path of "owner/name", which was then refused."""
        save_topk(tmp_path / "layer_2", layer=2)
        asked = []

        def snapshot_download(repo_id, **_):
            asked.append(repo_id)
            return str(tmp_path)

        monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
        evaluate(evaluated_sae="lab/saes", evaluated_fasta=str(fasta))
        assert set(asked) == {"lab/saes"}
