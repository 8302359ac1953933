import pickle
import shutil
from typing import NamedTuple

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import EsmForMaskedLM, EsmTokenizer

from plmscope.plms import PlmError, load_plm


@pytest.fixture(scope="module")
def reference(tiny_folder):
    """transformers itself: hidden states and logits of one sequence, special tokens included."""
    model = EsmForMaskedLM.from_pretrained(tiny_folder, attn_implementation="eager").eval()
    tokenizer = EsmTokenizer.from_pretrained(tiny_folder)

    def run(sequence, masked=()):
        tokens = tokenizer(sequence, return_tensors="pt")
        for position in masked:
            tokens["input_ids"][0, 1 + position] = tokenizer.mask_token_id
        with torch.no_grad():
            found = model(**tokens, output_hidden_states=True)
        return [state[0, 1:-1] for state in found.hidden_states], found.logits[0, 1:-1]

    return run


class TestEmbed:
    def test_equals_hidden_states_of_transformers(self, tiny, reference, sequences):
        """Every layer, the embedding and the last with its layer norm, in a padded batch."""
        layers = range(tiny.n_layers + 1)
        for sequence, found in zip(sequences, tiny.embed(sequences, layers), strict=True):
            for layer, expected in enumerate(reference(sequence)[0]):
                torch.testing.assert_close(found[layer], expected, atol=1e-5, rtol=1e-5)

    def test_does_not_depend_on_the_batch(self, tiny, sequences):
        together = tiny.embed(sequences, [2])
        for sequence, found in zip(sequences, together, strict=True):
            alone = tiny.embed([sequence], [2])[0][2]
            torch.testing.assert_close(found[2], alone, atol=1e-5, rtol=1e-5)

    def test_blocks_above_the_highest_layer_are_not_run(self, tiny, sequences):
        ran = []
        hooks = [
            block.register_forward_hook(lambda *_, number=number: ran.append(number))
            for number, block in enumerate(tiny.model.esm.encoder.layer, start=1)
        ]
        found = tiny.embed(sequences[:1], [0, 2])
        for hook in hooks:
            hook.remove()
        assert ran == [1, 2]
        assert list(found[0]) == [0, 2]

    @pytest.mark.parametrize("letter", "XBUZOJ")
    def test_one_row_per_residue_whatever_the_letter(self, tiny, letter):
        """Regression: runs of unknown letters shifted later residues (docs/faults.md, fault 7)."""
        sequence = f"MK{letter * 3}V"
        assert len(tiny.embed([sequence], [1])[0][1]) == len(sequence)

    def test_unknown_letter_counts_as_x(self, tiny):
        with_j, with_x = (found[3] for found in tiny.embed(["MKJV", "MKXV"], [3]))
        torch.testing.assert_close(with_j, with_x)

    def test_too_long_sequence_is_refused_not_cut(self, tiny):
        """Regression: truncation misaligned every later residue (docs/faults.md, fault 7)."""
        longest = "M" * tiny.max_residues
        assert tiny.max_residues == 1022
        assert len(tiny.embed([longest], [1])[0][1]) == 1022
        with pytest.raises(PlmError, match=r"1 to 1022 residues.* has 1023"):
            tiny.embed([longest + "M"], [1])

    @pytest.mark.parametrize(("sequence", "place"), [("MK V", "3"), ("MK*", "3"), ("mKV", "1")])
    def test_other_characters_are_refused(self, tiny, sequence, place):
        with pytest.raises(PlmError, match=f"at position {place}"):
            tiny.embed([sequence], [1])

    def test_layer_that_is_not_there_is_refused(self, tiny):
        with pytest.raises(PlmError, match=r"layers 0 to 3, so not \[4\]"):
            tiny.embed(["MKV"], [4])

    def test_half_precision_weights_give_float32_activations(self, tiny, tiny_folder, sequences):
        narrow = load_plm(str(tiny_folder), dtype="bfloat16").embed(sequences, [3])
        for found, expected in zip(narrow, tiny.embed(sequences, [3]), strict=True):
            assert found[3].dtype == torch.float32
            assert (found[3] - expected[3]).norm() < 0.05 * expected[3].norm()


class TestMaskedLmLogits:
    def test_equals_transformers(self, tiny, reference, sequences):
        masked = [np.arange(0, len(sequence), 3) for sequence in sequences]
        logits = tiny.masked_lm_logits(sequences, masked_positions=masked)
        for sequence, positions, found in zip(sequences, masked, logits, strict=True):
            expected = reference(sequence, positions)[1]
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)

    @pytest.mark.parametrize("layer", [0, 2, 3])
    def test_edit_that_changes_nothing_changes_nothing(self, tiny, sequences, layer):
        plain = tiny.masked_lm_logits(sequences)
        edited = tiny.masked_lm_logits(sequences, layer=layer, edit=lambda x: x)
        for found, expected in zip(edited, plain, strict=True):
            torch.testing.assert_close(found, expected)

    def test_edit_replaces_residue_rows_only(self, tiny, sequences):
        """Regression: CLS, EOS and padding were replaced too (docs/faults.md, fault 16)."""
        inputs = []
        hook = tiny.model.esm.encoder.layer[2].attention.LayerNorm.register_forward_pre_hook(
            lambda _, arguments: inputs.append(arguments[0])
        )
        tiny.masked_lm_logits(sequences)
        tiny.masked_lm_logits(sequences, layer=2, edit=lambda x: x + 1)
        hook.remove()
        plain, edited = inputs
        longest_first = sorted(map(len, sequences), reverse=True)
        for row, length in enumerate(longest_first):
            is_residue = slice(1, 1 + length)
            torch.testing.assert_close(edited[row, is_residue], plain[row, is_residue] + 1)
            torch.testing.assert_close(edited[row, 0], plain[row, 0])
            torch.testing.assert_close(edited[row, 1 + length :], plain[row, 1 + length :])

    def test_edits_together_are_edits_alone_on_one_run_of_the_blocks_below(self, tiny, sequences):
        edits = [None, lambda x: x + 1, torch.zeros_like]
        alone = [tiny.masked_lm_logits(sequences, layer=2, edit=edit) for edit in edits]
        n_runs = [0, 0]  # of the blocks that give layers 2 and 3
        hooks = [
            block.attention.LayerNorm.register_forward_pre_hook(
                lambda *_, i=i: n_runs.__setitem__(i, n_runs[i] + 1)
            )
            for i, block in enumerate(tiny.model.esm.encoder.layer[1:3])
        ]
        together = tiny.edited_lm_logits(sequences, 2, edits)
        for hook in hooks:
            hook.remove()
        assert n_runs == [1, 2]  # what two edits change goes side by side
        for found, expected in zip(together, alone, strict=True):
            for rows, expected_rows in zip(found, expected, strict=True):
                torch.testing.assert_close(rows, expected_rows)

    def test_what_an_edit_gives_is_brought_to_the_plms_device_and_dtype(self, tiny, sequences):
        plain = tiny.masked_lm_logits(sequences)
        for elsewhere in (_Elsewhere, torch.Tensor.double):
            edited = tiny.masked_lm_logits(sequences, layer=2, edit=elsewhere)
            for found, expected in zip(edited, plain, strict=True):
                torch.testing.assert_close(found, expected)

    @pytest.mark.parametrize("layer", [0, 2, 3])
    def test_some_residues_alone_are_as_among_all(self, tiny, sequences, layer):
        rng = np.random.default_rng(0)
        wanted = [rng.permutation(len(s))[: max(1, len(s) // 3)] for s in sequences]
        edits = [None, lambda x: x + 0.1]
        whole = tiny.edited_lm_logits(sequences, layer, edits, masked_positions=wanted)
        some = tiny.edited_lm_logits(
            sequences, layer, edits, masked_positions=wanted, predicted=wanted
        )
        for of_edit, of_all in zip(some, whole, strict=True):
            for rows, every, at in zip(of_edit, of_all, wanted, strict=True):
                torch.testing.assert_close(rows, every[at])

    def test_masking_hides_the_residue(self, tiny):
        position = [np.array([2])]
        one, other = (
            tiny.masked_lm_logits([sequence], masked_positions=position)[0]
            for sequence in ("MKAVL", "MKWVL")
        )
        torch.testing.assert_close(one, other)

    def test_without_a_head_is_refused(self, tiny_folder, tmp_path):
        folder = shutil.copytree(tiny_folder, tmp_path / "headless")
        weights = load_file(folder / "model.safetensors")
        encoder = {name: value for name, value in weights.items() if name.startswith("esm.")}
        save_file(encoder, folder / "model.safetensors", metadata={"format": "pt"})
        plm = load_plm(str(folder))
        assert not plm.has_lm_head
        with pytest.raises(PlmError, match="no masked-LM head"):
            plm.masked_lm_logits(["MKV"])


class TestLoad:
    def test_pickled_weights_are_never_run(self, tiny_folder, tmp_path):
        """Regression: loading a model folder could run its code (docs/faults.md, fault 20)."""
        folder = shutil.copytree(tiny_folder, tmp_path / "poisoned")
        (folder / "model.safetensors").unlink()
        mark = tmp_path / "it ran"
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps(_Touch(str(mark)), protocol=2))
        with pytest.raises(Exception, match=r"(?i)weights|pickle"):
            load_plm(str(folder))
        assert not mark.exists()

    def test_missing_weights_of_the_encoder_are_refused(self, tiny_folder, tmp_path):
        folder = shutil.copytree(tiny_folder, tmp_path / "partial")
        weights = load_file(folder / "model.safetensors")
        weights.pop("esm.encoder.layer.1.output.dense.weight")
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(PlmError, match=r"lacks weights.*layer\.1\.output"):
            load_plm(str(folder))

    @pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
    @pytest.mark.parametrize(
        "key", ["esm.encoder.layer.1.output.dense.weight", "lm_head.layer_norm.bias"]
    )
    def test_weights_that_are_not_finite_are_refused(self, tiny_folder, tmp_path, key, value):
        folder = with_weights(tiny_folder, tmp_path / "broken", key, value)
        with pytest.raises(PlmError, match=f"broken holds weights that are not finite: {key}"):
            load_plm(str(folder))

    def test_weights_beyond_the_range_of_a_half_type_are_refused(self, tiny_folder, tmp_path):
        key = "esm.encoder.layer.0.attention.self.query.weight"
        folder = with_weights(tiny_folder, tmp_path / "wide", key, 1e6)
        assert load_plm(str(folder), dtype="bfloat16").d_model == 32
        with pytest.raises(PlmError, match=f"{key}.* set plm_dtype: float32"):
            load_plm(str(folder), dtype="float16")

    def test_head_that_was_not_loaded_is_not_asked(self, tiny_folder, tmp_path, monkeypatch):
        """What transformers puts in the place of missing weights means nothing."""
        folder = shutil.copytree(tiny_folder, tmp_path / "headless")
        weights = load_file(folder / "model.safetensors")
        encoder = {name: value for name, value in weights.items() if name.startswith("esm.")}
        save_file(encoder, folder / "model.safetensors", metadata={"format": "pt"})
        from_pretrained = EsmForMaskedLM.from_pretrained

        def fill_the_rest(*arguments, **settings):
            model, info = from_pretrained(*arguments, **settings)
            model.lm_head.dense.weight.data.fill_(torch.nan)
            return model, info

        monkeypatch.setattr(EsmForMaskedLM, "from_pretrained", fill_the_rest)
        assert not load_plm(str(folder)).has_lm_head

    def test_revision_follows_the_weights(self, tiny, tiny_folder, tmp_path):
        folder = shutil.copytree(tiny_folder, tmp_path / "tiny_plm")
        assert load_plm(str(folder)).revision == tiny.revision
        weights = load_file(folder / "model.safetensors")
        weights["lm_head.bias"] += 1
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        assert load_plm(str(folder)).revision != tiny.revision


def with_weights(source, folder, key, value):
    """A copy of a PLM with one value of one of its tensors changed."""
    shutil.copytree(source, folder)
    weights = load_file(folder / "model.safetensors")
    weights[key].view(-1)[0] = value
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


class _Elsewhere(NamedTuple):
    """Rows on another device, or of another dtype, as far as can be told without one."""

    rows: torch.Tensor

    def to(self, like):
        assert isinstance(like, torch.Tensor)  # a dtype alone would leave them where they are
        return self.rows.to(like)


class _Touch:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))
