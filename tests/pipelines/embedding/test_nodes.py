import pandas as pd
import pytest

from plmscope.activations import EmbeddingSettings
from plmscope.pipelines.embedding import create_pipeline
from plmscope.pipelines.embedding.nodes import embed_proteins
from plmscope.plms import load_plm


class TestEmbedProteins:
    def test_describes_without_computing(self, project, monkeypatch):
        plm = load_plm(str(project / "tests/data/tiny_plm"))
        monkeypatch.setattr(plm, "embed", lambda *_, **__: pytest.fail("computed"))
        proteins = pd.DataFrame({"accession": ["P1"], "sequence": ["MKV"]})
        job = embed_proteins(proteins, plm, EmbeddingSettings(layers=(1,)))
        assert job.accessions == ("P1",)
        assert job.lengths == (3,)


class TestPipeline:
    def test_wires_proteins_and_plm_to_activations(self):
        pipeline = create_pipeline()
        assert pipeline.inputs() == {"proteins", "plm", "params:embedding"}
        assert pipeline.outputs() == {"activations"}
