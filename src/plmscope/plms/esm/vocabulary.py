"""The vocabulary of ESM-1b and ESM-2, for folders that were saved without their tokenizer."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from transformers import EsmConfig, EsmTokenizer

from plmscope.disk.files import scratch_folder
from plmscope.errors import in_short
from plmscope.plms.errors import PlmError

logger = logging.getLogger(__name__)

VOCABULARY = "vocab.txt"
STANDARD = (
    *("<cls>", "<pad>", "<eos>", "<unk>"),
    *"LAGVSERTIDPKQNFYMHWCXBUZO.-",
    *("<null_1>", "<mask>"),
)
"""In its order: facebook/esm2_t6_8M_UR50D, vocab.txt."""
SPECIAL = ("pad", "eos", "mask")
"""Tokens whose numbers a `config.json` may name."""


def load_tokenizer(location: str, revision: str, config: EsmConfig) -> EsmTokenizer:
    """The tokenizer of a folder or hub repository, or the standard one where none was saved.

    Args:
        location: The folder or repository.
        revision: The repository's commit.
        config: Of the PLM.

    Raises:
        PlmError: There is none, and the standard one does not fit; or it is no ESM's.
    """
    folder = Path(location)
    if folder.is_dir() and not (folder / VOCABULARY).is_file():
        return _standard_tokenizer(folder, config)
    try:
        tokenizer = EsmTokenizer.from_pretrained(location, revision=revision)
    except Exception as error:  # transformers lets through whatever its readers meet in a file
        raise PlmError(
            f"The tokenizer of {location} ({VOCABULARY}, tokenizer_config.json,"
            f" special_tokens_map.json) cannot be read ({in_short(error)}). Fetch the PLM again."
        ) from error
    known = tokenizer.get_vocab()
    lacking = [token for token in ("<cls>", "<pad>", "<eos>", "<mask>", "X") if token not in known]
    if lacking or max(known.values()) >= config.vocab_size:
        raise PlmError(
            f"{VOCABULARY} in {location} is not the vocabulary of this ESM:"
            f" it has {len(known)} tokens"
            + (f", none of them {', '.join(lacking)}" if lacking else "")
            + f", {location}/config.json says {config.vocab_size}. Fetch the PLM again."
        )
    for name in SPECIAL:
        in_config, number = getattr(config, f"{name}_token_id", None), known[f"<{name}>"]
        if in_config not in (None, number):
            raise PlmError(
                f"{VOCABULARY} in {location} is not the vocabulary of this ESM: <{name}> is token"
                f" {number} there, {location}/config.json says {in_config}. Fetch the PLM again."
            )
    return tokenizer


def _standard_tokenizer(folder: Path, config: EsmConfig) -> EsmTokenizer:
    ids = {name: STANDARD.index(f"<{name}>") for name in SPECIAL}
    fits = config.vocab_size == len(STANDARD) and all(
        getattr(config, f"{name}_token_id", None) in (None, number) for name, number in ids.items()
    )
    if not fits or _saved_tokens(folder) not in (None, STANDARD):
        raise PlmError(
            f"{folder} has no {VOCABULARY}, and its config.json does not describe ESM's standard"
            f" vocabulary of {len(STANDARD)} tokens. Put the tokenizer's {VOCABULARY} there."
        )
    logger.warning("%s has no %s: ESM's standard vocabulary is taken", folder, VOCABULARY)
    with scratch_folder() as scratch:
        path = scratch / VOCABULARY
        path.write_text("\n".join(STANDARD))
        return EsmTokenizer(str(path))


def _saved_tokens(folder: Path) -> tuple[str, ...] | None:
    """The tokens in the `tokenizer.json` that newer programs save instead; None without one."""
    path = folder / "tokenizer.json"
    if not path.is_file():
        return None
    try:
        ids = json.loads(path.read_text())["model"]["vocab"]
        return tuple(sorted(ids, key=ids.get))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
