"""The one interface behind which every protein language model stands."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from plmscope.plms.batching import length_sorted_batches
from plmscope.plms.errors import PlmError
from plmscope.plms.windows import LongSequences, Window, windows_of

Edit = Callable[[Float[Tensor, "n_rows d_model"]], Float[Tensor, "n_rows d_model"]]
Positions = Int64[np.ndarray, " n_masked"]


class ProteinLanguageModel(ABC):
    """A protein language model (PLM) as a function from sequences to residue activations.

    A family (ESM, …) subclasses it in a file of its own and implements the abstract members; a
    line in `plmscope.plms.registry` makes it known.

    Attributes:
        token_rule: Which tokens have a row.
        plm_id: Its name, as `load_plm` takes it.
        revision: Its hub commit, or the hash of its weights.
        model: In evaluation mode, on its device.
        n_layers: Number of blocks; layer 0 is the embedding, layer n the output of block n.
        d_model: Width of an activation.
        max_residues: The longest sequence it takes.
    """

    token_rule: ClassVar[str]
    plm_id: str
    revision: str
    model: nn.Module
    n_layers: int
    d_model: int
    max_residues: int

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next(self.model.parameters()).device

    def embed(
        self,
        sequences: Sequence[str],
        layers: Sequence[int],
        max_tokens: int = 8192,
        long_sequences: LongSequences = "reject",
    ) -> list[dict[int, Float[Tensor, "n_residues d_model"]]]:
        """The activations of each residue, several layers in one forward pass.

        Blocks above the highest wanted layer are not run.

        Args:
            sequences: Cleaned sequences, any order.
            layers: Wanted layers, 0 to `n_layers`.
            max_tokens: Most tokens in one forward pass, padding included.
            long_sequences: "windows" embeds a sequence that is longer than `max_residues` in
                windows of that size (`plan_windows`), and others as ever.

        Returns:
            For each sequence, layer -> one float32 row per residue.

        Raises:
            PlmError: A layer that it does not have, or a sequence that it cannot take.
        """
        self.check_layers(layers)
        self.check_sequences(sequences, long_sequences)
        return self.embed_in_windows(sequences, layers, max_tokens, self.max_residues)

    def embed_in_windows(
        self, sequences: Sequence[str], layers: Sequence[int], max_tokens: int, size: int
    ) -> list[dict[int, Float[Tensor, "n_residues d_model"]]]:
        """As `embed`, with sequences that are longer than `size` in windows of that size.

        Args:
            sequences: Cleaned sequences, any order.
            layers: Wanted layers, 0 to `n_layers`.
            max_tokens: Most tokens in one forward pass, padding included.
            size: Residues of a window, at most `max_residues`.
        """
        windows = windows_of(sequences, size)
        pieces = [
            sequence[window.start : window.stop]
            for sequence, of_sequence in zip(sequences, windows, strict=True)
            for window in of_sequence
        ]
        embedded = iter(self._embed_whole(pieces, layers, max_tokens))
        return [_join(of_sequence, embedded, layers) for of_sequence in windows]

    @torch.no_grad()
    def _embed_whole(
        self, sequences: Sequence[str], layers: Sequence[int], max_tokens: int
    ) -> list[dict[int, Float[Tensor, "n_residues d_model"]]]:
        """`embed` for sequences that the PLM takes."""
        embedded: list[dict[int, Tensor]] = [{} for _ in sequences]
        for batch in self._batches(sequences, max_tokens):
            found = self._embed_batch([sequences[position] for position in batch], layers)
            for position, states in zip(batch, found, strict=True):
                embedded[position] = states
        return embedded

    def masked_lm_logits(
        self,
        sequences: Sequence[str],
        *,
        masked_positions: Sequence[Positions] | None = None,
        layer: int | None = None,
        edit: Edit | None = None,
    ) -> list[Float[Tensor, "n_residues n_tokens"]]:
        """What the masked-LM head predicts at each residue, with an optional edit on the way.

        Args:
            sequences: Cleaned sequences, any order.
            masked_positions: For each sequence, 0-based residues to replace by the mask token.
            layer: Where to edit.
            edit: As in `edited_lm_logits`.

        Returns:
            For each sequence, float32 logits over the PLM's vocabulary.

        Raises:
            PlmError: It has no masked-LM head, or as in `embed`.
        """
        (logits,) = self.edited_lm_logits(
            sequences, layer or 0, [edit], masked_positions=masked_positions
        )
        return logits

    @torch.no_grad()
    def edited_lm_logits(
        self,
        sequences: Sequence[str],
        layer: int,
        edits: Sequence[Edit | None],
        *,
        masked_positions: Sequence[Positions] | None = None,
        predicted: Sequence[Positions] | None = None,
        max_tokens: int = 2048,
    ) -> list[list[Float[Tensor, "n_predicted n_tokens"]]]:
        """What the masked-LM head predicts under each of several edits of one layer.

        The blocks below that layer are run once for all of them.

        Args:
            sequences: Cleaned sequences, any order.
            layer: Where to edit.
            edits: Given the float32 activations of all residues of a batch at that layer, each
                says what takes their place; None changes nothing. CLS, EOS and padding are left as
                they are. A batch holds several sequences, in any order, unless `sequences` is one.
                On each batch they are called in their order.
            masked_positions: For each sequence, 0-based residues to replace by the mask token.
            predicted: For each sequence, the 0-based residues whose logits are wanted, which spares
                most of the last block. None: all.
            max_tokens: Most tokens in one forward pass, padding included.

        Returns:
            For each edit and each sequence, float32 logits over the PLM's vocabulary.

        Raises:
            PlmError: It has no masked-LM head, or as in `embed`.
        """
        if not self.has_lm_head:
            raise PlmError(f"{self.plm_id} has no masked-LM head, so it cannot predict residues.")
        self.check_layers([layer])
        self.check_sequences(sequences)
        none_masked = np.empty(0, dtype=np.int64)
        masked = masked_positions or [none_masked] * len(sequences)
        logits: list[list[Tensor]] = [[torch.empty(0)] * len(sequences) for _ in edits]
        for batch in self._batches(sequences, max_tokens):
            found = self._logits_batch(
                [sequences[position] for position in batch],
                [masked[position] for position in batch],
                layer,
                edits,
                None if predicted is None else [predicted[position] for position in batch],
            )
            for of_edit, of_batch in zip(logits, found, strict=True):
                for position, rows in zip(batch, of_batch, strict=True):
                    of_edit[position] = rows
        return logits

    def check_layers(self, layers: Sequence[int]) -> None:
        """Refuse layers that it does not have.

        Raises:
            PlmError: Naming them.
        """
        unknown = [layer for layer in layers if not 0 <= layer <= self.n_layers]
        if unknown:
            raise PlmError(
                f"{self.plm_id} has layers 0 to {self.n_layers}, so not {unknown}."
                " Change embedding.layers."
            )

    def check_sequences(
        self, sequences: Sequence[str], long_sequences: LongSequences = "reject"
    ) -> None:
        """Refuse sequences that it cannot take.

        Args:
            sequences: Cleaned sequences.
            long_sequences: "windows" lets those pass that are longer than `max_residues`.

        Raises:
            PlmError: Naming the first one.
        """
        for sequence in sequences:
            is_long = len(sequence) > self.max_residues
            if not sequence or (is_long and long_sequences == "reject"):
                raise PlmError(
                    f"{self.plm_id} takes 1 to {self.max_residues} residues, the sequence"
                    f" {sequence[:20]}… has {len(sequence)}. Nothing is cut off silently: leave it"
                    f" out (ingestion.max_length: {self.max_residues}), or embed it in overlapping"
                    " windows (long_sequences: windows)."
                )

    @property
    @abstractmethod
    def has_lm_head(self) -> bool:
        """Whether `masked_lm_logits` can be asked."""

    @abstractmethod
    def residue_token_ids(self, sequence: str) -> Int64[Tensor, " n_residues"]:
        """The vocabulary's number of each residue, as in the last axis of the logits.

        Raises:
            PlmError: A character that is not a residue.
        """

    @property
    @abstractmethod
    def _n_special_tokens(self) -> int:
        """Tokens of a sequence that are not residues."""

    @abstractmethod
    def _embed_batch(
        self, sequences: Sequence[str], layers: Sequence[int]
    ) -> list[dict[int, Float[Tensor, "n_residues d_model"]]]:
        """`embed` for sequences that fit one forward pass."""

    @abstractmethod
    def _logits_batch(
        self,
        sequences: Sequence[str],
        masked_positions: Sequence[Positions],
        layer: int,
        edits: Sequence[Edit | None],
        predicted: Sequence[Positions] | None,
    ) -> list[list[Float[Tensor, "n_predicted n_tokens"]]]:
        """`edited_lm_logits` for sequences that fit one forward pass."""

    def _batches(self, sequences: Sequence[str], max_tokens: int) -> list[list[int]]:
        return length_sorted_batches(
            [len(sequence) + self._n_special_tokens for sequence in sequences], max_tokens
        )


def _join(
    windows: Sequence[Window], embedded: Iterator[dict[int, Tensor]], layers: Sequence[int]
) -> dict[int, Float[Tensor, "n_residues d_model"]]:
    """The activations of one sequence from those of its windows, which come next."""
    parts = [next(embedded) for _ in windows]
    if len(windows) == 1:
        return parts[0]
    return {
        layer: torch.cat(
            [
                part[layer][window.first - window.start : window.last - window.start]
                for window, part in zip(windows, parts, strict=True)
            ]
        )
        for layer in layers
    }
