"""The one interface behind which every protein language model stands."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from plmscope.plms.batching import length_sorted_batches
from plmscope.plms.errors import PlmError

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

    @torch.no_grad()
    def embed(
        self, sequences: Sequence[str], layers: Sequence[int], max_tokens: int = 8192
    ) -> list[dict[int, Float[Tensor, "n_residues d_model"]]]:
        """The activations of each residue, several layers in one forward pass.

        Blocks above the highest wanted layer are not run.

        Args:
            sequences: Cleaned sequences, any order.
            layers: Wanted layers, 0 to `n_layers`.
            max_tokens: Most tokens in one forward pass, padding included.

        Returns:
            For each sequence, layer -> one float32 row per residue.

        Raises:
            PlmError: A layer that it does not have, or a sequence that it cannot take.
        """
        self.check_layers(layers)
        self.check_sequences(sequences)
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
        max_tokens: int = 2048,
    ) -> list[list[Float[Tensor, "n_residues n_tokens"]]]:
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

    def check_sequences(self, sequences: Sequence[str]) -> None:
        """Refuse sequences that it cannot take whole.

        Raises:
            PlmError: Naming the first one.
        """
        for sequence in sequences:
            if not 0 < len(sequence) <= self.max_residues:
                raise PlmError(
                    f"{self.plm_id} takes 1 to {self.max_residues} residues, the sequence"
                    f" {sequence[:20]}… has {len(sequence)}. Nothing is cut off silently: leave it"
                    f" out (ingestion.max_length: {self.max_residues}) or split it."
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
    ) -> list[list[Float[Tensor, "n_residues n_tokens"]]]:
        """`edited_lm_logits` for sequences that fit one forward pass."""

    def _batches(self, sequences: Sequence[str], max_tokens: int) -> list[list[int]]:
        return length_sorted_batches(
            [len(sequence) + self._n_special_tokens for sequence in sequences], max_tokens
        )
