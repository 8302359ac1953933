import pytest

from plmscope.saes import Provenance, load_sae, push_sae


@pytest.fixture
def layered_sae(make_calibrated_sae):
    def make(layer):
        sae = make_calibrated_sae("topk")
        sae.provenance = Provenance(plm_id="facebook/esm2_t6_8M_UR50D", layer=layer)
        return sae

    return make


class TestPushSAE:
    def test_folder_is_a_repository_with_a_card(self, layered_sae, tmp_path):
        push_sae(layered_sae(2), tmp_path)
        push_sae(layered_sae(10), tmp_path)
        card = (tmp_path / "README.md").read_text()
        assert card.startswith("---\nlibrary_name: plmscope\n")
        assert "base_model: facebook/esm2_t6_8M_UR50D\n" in card
        assert card.index("| 2 | topk | 12 | 64 | k = 5 |") < card.index("| 10 | topk |")
        assert load_sae(tmp_path, layer=10).provenance.layer == 10

    def test_nothing_is_uploaded_unless_asked(self, layered_sae, tmp_path, monkeypatch):
        calls = []

        class Api:
            def create_repo(self, repo_id, exist_ok):
                calls.append(("create", repo_id, exist_ok))

            def upload_folder(self, repo_id, folder_path):
                calls.append(("upload", repo_id, folder_path))

        monkeypatch.setattr("huggingface_hub.HfApi", Api)
        push_sae(layered_sae(4), tmp_path)
        assert calls == []
        push_sae(layered_sae(4), tmp_path, repo_id="lab/saes")
        assert calls == [("create", "lab/saes", True), ("upload", "lab/saes", tmp_path)]

    def test_layer_must_be_known(self, make_calibrated_sae, tmp_path):
        with pytest.raises(ValueError, match="layer is not set"):
            push_sae(make_calibrated_sae("topk"), tmp_path)
