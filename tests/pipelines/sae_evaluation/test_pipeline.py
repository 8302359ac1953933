"""Any saved SAE on a FASTA file, as the documented command runs it."""

import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

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
