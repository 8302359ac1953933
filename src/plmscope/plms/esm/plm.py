"""The ESM family: ESM-2 from 8M to 15B, and ESM-1b, as Hugging Face's transformers holds them."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from transformers import EsmForMaskedLM, EsmTokenizer
from transformers.utils import logging

from plmscope.disk.files import sha256_of_file
from plmscope.errors import in_short
from plmscope.plms import lm_heads
from plmscope.plms.base import Edit, Positions, ProteinLanguageModel
from plmscope.plms.errors import PlmError
from plmscope.plms.esm.config import N_SPECIAL_TOKENS, describe_esm
from plmscope.plms.esm.last_block import run_last_block
from plmscope.plms.esm.vocabulary import load_tokenizer

_TOKENS_ABOVE = 2048
"""Tokens that go through the blocks above an edited layer at once, if there are several edits."""


class _Intermediate(nn.Module):
    """The first half of a block's feed-forward part, with torch's own GELU.

    transformers writes the same function out in five passes over the widest array of the block,
    which is a fifth of the time of embedding on a processor.

    Args:
        dense: Of the block.
    """

    def __init__(self, dense: nn.Linear) -> None:
        super().__init__()
        self.dense = dense

    def forward(self, hidden_states: Float[Tensor, "*n d_model"]) -> Float[Tensor, "*n d_inner"]:
        """As transformers' EsmIntermediate."""
        return nn.functional.gelu(self.dense(hidden_states))


class _Batch(NamedTuple):
    """Token ids, padded on the right, and where they are tokens and residues."""

    ids: Int64[Tensor, "n_proteins n_tokens"]
    is_token: Bool[Tensor, "n_proteins n_tokens"]
    is_residue: Bool[Tensor, "n_proteins n_tokens"]
    lengths: list[int]

    def repeat(self, n: int) -> "_Batch":
        """The batch `n` times, one after another."""
        ids, is_token, is_residue = (part.repeat(n, 1) for part in self[:3])
        return _Batch(ids, is_token, is_residue, self.lengths * n)


class EsmPLM(ProteinLanguageModel):
    """An ESM encoder, with its masked-LM head if it has one.

    Args:
        model: The network, in evaluation mode.
        tokenizer: Its vocabulary.
        plm_id: Its name.
        revision: Its hub commit, or the hash of its weights.
        has_lm_head: Whether the head of `model` carries weights.
    """

    token_rule = "esm: residues only, CLS and EOS dropped"
    model: Any  # an EsmForMaskedLM, whose parts carry no types
    _n_special_tokens = N_SPECIAL_TOKENS

    def __init__(
        self,
        model: EsmForMaskedLM,
        tokenizer: EsmTokenizer,
        plm_id: str,
        revision: str,
        has_lm_head: bool,
    ) -> None:
        config: Any = model.config
        self.model = model
        self.revision = revision
        shape = describe_esm(plm_id, config.to_dict())
        self.plm_id, self.n_layers, self.d_model, self.max_residues = shape
        self._has_lm_head = has_lm_head
        self._tokenizer = tokenizer
        self._token_of_byte = _token_of_byte(tokenizer)

    @classmethod
    def load(
        cls,
        location: str,
        *,
        plm_id: str,
        commit: str | None,
        device: torch.device,
        dtype: torch.dtype,
    ) -> "EsmPLM":
        """Load from a folder, or a commit of a hub repository; nothing pickled is run as code.

        Raises:
            PlmError: Weights cannot be read, do not fit the config, are missing of the encoder, or
                are not finite; or the vocabulary is missing.
        """
        with _quiet_transformers(downloads=commit is not None):
            model, info = _load_weights(location, commit, dtype)
        _refuse_misfits(info["mismatched_keys"], location)
        revision = commit or _hash_of_weights(Path(location))
        missing = set(info["missing_keys"])
        encoder_lacks = sorted(key for key in missing if key.startswith(("esm.enc", "esm.emb")))
        if encoder_lacks:
            raise PlmError(
                f"{location} lacks weights of the encoder, {len(encoder_lacks)} in all, such as"
                f" {encoder_lacks[0]}. Fetch the PLM again."
            )
        _check_finite(model, missing, location)
        for block in model.esm.encoder.layer:
            block.intermediate = _Intermediate(block.intermediate.dense)
        has_lm_head = "lm_head.dense.weight" not in missing
        head = None if has_lm_head else lm_heads.find(revision)
        if head is not None:
            model.lm_head.load_state_dict(head, strict=False)  # its decoder is the embedding
        return cls(
            model.eval().requires_grad_(False).to(device),
            load_tokenizer(location, commit or "main", model.config),
            plm_id,
            revision,
            has_lm_head or head is not None,
        )

    @property
    def has_lm_head(self) -> bool:
        """Whether the file held one, or `plmscope.plms.heads` has one for these weights."""
        return self._has_lm_head

    def residue_token_ids(self, sequence: str) -> Int64[Tensor, " n_residues"]:
        """The vocabulary's number of each residue; letters it does not know count as X.

        Raises:
            PlmError: A character that is not an upper-case letter.
        """
        ids = self._token_of_byte[np.frombuffer(sequence.encode("latin-1", "replace"), np.uint8)]
        if (ids < 0).any():
            position = int(np.argmax(ids < 0))
            raise PlmError(
                f"{sequence[position]!r} at position {position + 1} of {sequence[:20]}… is not a"
                " residue. Sequences are upper-case letters without gaps or stops."
            )
        return torch.from_numpy(ids)

    def _embed_batch(
        self, sequences: Sequence[str], layers: Sequence[int]
    ) -> list[dict[int, Float[Tensor, "n_residues d_model"]]]:
        batch = self._tokenise(sequences)
        states = {
            layer: state.float()
            for layer, state in self._states(batch, self._embedding(batch), 0, max(layers))
            if layer in layers
        }
        return [
            {layer: state[row, 1 : 1 + length] for layer, state in states.items()}
            for row, length in enumerate(batch.lengths)
        ]

    def _logits_batch(
        self,
        sequences: Sequence[str],
        masked_positions: Sequence[Positions],
        layer: int,
        edits: Sequence[Edit | None],
        predicted: Sequence[Positions] | None,
    ) -> list[list[Float[Tensor, "n_predicted n_tokens"]]]:
        batch = self._tokenise(sequences)
        wanted = _chosen_residues(batch, predicted)
        for row, positions in enumerate(masked_positions):
            batch.ids[row, 1 + torch.as_tensor(positions)] = self._tokenizer.mask_token_id
        *_, (_, shared) = self._states(batch, self._embedding(batch), 0, layer)
        states = (
            shared if edit is None else _edited(shared, batch.is_residue, edit) for edit in edits
        )
        changed = (  # what is not costs far less to see than the blocks above
            (number, state) for number, state in enumerate(states) if not torch.equal(state, shared)
        )
        found: dict[int, list[Tensor]] = {}
        while some := list(islice(changed, max(1, _TOKENS_ABOVE // batch.ids.numel()))):
            logits = self._logits_from(batch, [state for _, state in some], layer, wanted)
            found |= {number: of_edit for (number, _), of_edit in zip(some, logits, strict=True)}
        if unchanged := set(range(len(edits))) - found.keys():
            (unedited,) = self._logits_from(batch, [shared], layer, wanted)
            found |= dict.fromkeys(unchanged, unedited)
        return [found[number] for number in range(len(edits))]

    def _logits_from(
        self,
        batch: _Batch,
        states: Sequence[Float[Tensor, "n_proteins n_tokens d_model"]],
        layer: int,
        wanted: Sequence[Int64[Tensor, " n_predicted"]],
    ) -> list[list[Float[Tensor, "n_predicted n_tokens"]]]:
        """The head's logits of the wanted tokens of each sequence, from several states of a layer.

        The states go through the blocks above side by side, as more sequences.
        """
        copies = batch.repeat(len(states))
        tokens = list(wanted) * len(states)
        below = max(layer, self.n_layers - 1)
        *_, (_, state) = self._states(copies, torch.cat(list(states)), layer, below)
        if below == self.n_layers:
            last = torch.cat([row[at] for row, at in zip(state, tokens, strict=True)])
        else:
            encoder = self.model.esm.encoder
            last = run_last_block(
                encoder.layer[-1], state, *self._attends_to(copies, state), tokens
            )
            last = encoder.emb_layer_norm_after(last)
        logits = self.model.lm_head(last).float().split([len(at) for at in tokens])
        n = len(wanted)
        return [list(logits[first : first + n]) for first in range(0, len(logits), n)]

    def _embedding(self, batch: _Batch) -> Float[Tensor, "n_proteins n_tokens d_model"]:
        """Layer 0."""
        return self.model.esm.embeddings(input_ids=batch.ids, attention_mask=batch.is_token.long())

    def _states(
        self,
        batch: _Batch,
        state: Float[Tensor, "n_proteins n_tokens d_model"],
        first: int,
        last: int,
    ) -> Iterator[tuple[int, Float[Tensor, "n_proteins n_tokens d_model"]]]:
        """Layers `first` to `last`, equal to transformers' `hidden_states`.

        Args:
            batch: Token ids, padded to one length.
            state: Layer `first`.
            first: The layer to start from.
            last: The highest wanted; the blocks above it are not run.

        Yields:
            The layer's number and its state.
        """
        encoder = self.model.esm.encoder
        attends_to, rotary = self._attends_to(batch, state)
        yield first, state
        for layer in range(first + 1, last + 1):
            state = encoder.layer[layer - 1](state, attends_to, position_embeddings=rotary)
            if layer == self.n_layers:
                state = encoder.emb_layer_norm_after(state)
            yield layer, state

    def _attends_to(
        self, batch: _Batch, state: Float[Tensor, "n_proteins n_tokens d_model"]
    ) -> tuple[Bool[Tensor, "n_proteins 1 1 n_tokens"] | None, Any]:
        """The tokens that a block attends to (None: all), and its rotary embeddings, if any."""
        rotary = None
        if self.model.esm.rotary_embeddings is not None:
            positions = torch.arange(state.shape[1], device=state.device)[None]
            rotary = self.model.esm.rotary_embeddings(state, positions)
        return None if batch.is_token.all() else batch.is_token[:, None, None, :], rotary

    def _tokenise(self, sequences: Sequence[str]) -> _Batch:
        lengths = [len(sequence) for sequence in sequences]
        ids = torch.full(
            (len(lengths), max(lengths) + N_SPECIAL_TOKENS), self._tokenizer.pad_token_id
        )
        ids[:, 0] = self._tokenizer.cls_token_id
        for row, sequence in enumerate(sequences):
            ids[row, 1 : 1 + len(sequence)] = self.residue_token_ids(sequence)
            ids[row, 1 + len(sequence)] = self._tokenizer.eos_token_id
        ids = ids.to(self.device)
        column = torch.arange(ids.shape[1], device=self.device)
        n_residues = torch.tensor(lengths, device=self.device)[:, None]
        return _Batch(
            ids,
            is_token=column < n_residues + N_SPECIAL_TOKENS,
            is_residue=(column >= 1) & (column <= n_residues),
            lengths=lengths,
        )


def _load_weights(
    location: str, commit: str | None, dtype: torch.dtype
) -> tuple[Any, dict[str, Any]]:
    """The network, and what transformers says of the keys of its file."""
    try:
        loaded: Any = EsmForMaskedLM.from_pretrained(
            location,
            revision=commit or "main",
            dtype=dtype,
            attn_implementation="sdpa",
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # refused below, by name
        )
    except Exception as error:  # transformers lets through whatever its readers meet in a file
        raise PlmError(
            f"{location}: its weights and config.json do not give an ESM ({in_short(error)}). Fetch"
            " the PLM again."
        ) from error
    return loaded


def _refuse_misfits(mismatched: Collection[tuple[str, Any, Any]], location: str) -> None:
    for key, stored, asked in sorted(mismatched):
        raise PlmError(
            f"{location}: config.json does not fit the weights: {key} is {list(stored)} in the"
            f" file, config.json asks for {list(asked)}. Fetch the PLM again."
        )


@contextmanager
def _quiet_transformers(downloads: bool) -> Iterator[None]:
    """Without its table of missing weights, which are told where they matter, and its bars."""
    verbosity, had_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    if not downloads:
        logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bars:
            logging.enable_progress_bar()


def _chosen_residues(
    batch: _Batch, predicted: Sequence[Positions] | None
) -> list[Int64[Tensor, " n_predicted"]]:
    """The tokens of each row whose logits are wanted; CLS is before the residues."""
    places = predicted or [np.arange(length) for length in batch.lengths]
    return [1 + torch.as_tensor(at, device=batch.ids.device) for at in places]


def _edited(
    state: Float[Tensor, "n_proteins n_tokens d_model"],
    is_residue: Bool[Tensor, "n_proteins n_tokens"],
    edit: Edit,
) -> Float[Tensor, "n_proteins n_tokens d_model"]:
    """A copy with the residue rows replaced."""
    state = state.clone()
    state[is_residue] = edit(state[is_residue].float()).to(state)
    return state


def _check_finite(model: nn.Module, missing: Collection[str], location: str) -> None:
    """Refuse loaded weights with a NaN or an infinity; what is missing was never loaded."""
    for key, weights in model.state_dict().items():
        extremes = torch.aminmax(weights)  # which hand a NaN on
        if key not in missing and not all(extreme.isfinite() for extreme in extremes):
            raise PlmError(
                f"{location} holds weights that are not finite: {key}. Fetch it again, or, if"
                " plm_dtype in globals.yml is a half type, set plm_dtype: float32."
            )


def _token_of_byte(tokenizer: EsmTokenizer) -> Int64[np.ndarray, "256"]:
    """Token of each upper-case letter, X's for those that the vocabulary lacks, else -1."""
    vocabulary = tokenizer.get_vocab()
    table = np.full(256, -1, dtype=np.int64)
    for byte in range(ord("A"), ord("Z") + 1):
        table[byte] = vocabulary.get(chr(byte), vocabulary["X"])
    return table


def _hash_of_weights(folder: Path) -> str:
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin"))
    return "sha256:" + "+".join(sha256_of_file(file) for file in files)
