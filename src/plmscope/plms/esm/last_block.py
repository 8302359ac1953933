"""The last block of an ESM encoder at some tokens alone.

Nothing comes after it but the head, which takes each token by itself. Of all other tokens only
keys and values are needed: queries, attention and feed-forward, most of the block, are spared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers.models.esm.modeling_esm import apply_rotary_pos_emb


def run_last_block(
    block: Any,
    state: Float[Tensor, "n_rows n_tokens d_model"],
    attends_to: Bool[Tensor, "n_rows 1 1 n_tokens"] | None,
    rotary: tuple[Tensor, Tensor] | None,
    wanted: Sequence[Int64[Tensor, " n_wanted"]],
) -> Float[Tensor, "n_wanted_of_all d_model"]:
    """As transformers' EsmLayer, at the wanted tokens.

    Args:
        block: An EsmLayer, with torch's scaled dot-product attention.
        state: What goes into it.
        attends_to: The tokens of each row that are attended to. None: all.
        rotary: Cosines and sines of the positions, [1, n_tokens, d_head]; None where positions are
            in the embedding.
        wanted: Tokens of each row.

    Returns:
        Those of the first row, then those of the second, and so on.
    """
    places, is_wanted = _pad(wanted)
    row = torch.arange(len(state), device=state.device)[:, None]
    attention = block.attention.self
    heads = (attention.num_attention_heads, attention.attention_head_size)
    normed = block.attention.LayerNorm(state)
    query, key, value = (
        project(given).unflatten(-1, heads).transpose(1, 2)
        for project, given in (
            (attention.query, normed[row, places]),
            (attention.key, normed),
            (attention.value, normed),
        )
    )
    query = query * attention.attention_head_size**-0.5  # before the rotation, as ESM does it
    if rotary is not None:
        at_places = [part[0][places] for part in rotary]
        query, _ = apply_rotary_pos_emb(query, query, *at_places)
        key, _ = apply_rotary_pos_emb(key, key, *rotary)
    found = scaled_dot_product_attention(query, key, value, attn_mask=attends_to, scale=1.0)
    attended = block.attention.output(found.transpose(1, 2).flatten(2), state[row, places])
    return block.feed_forward_chunk(attended[is_wanted])


def _pad(
    wanted: Sequence[Int64[Tensor, " n_wanted"]],
) -> tuple[Int64[Tensor, "n_rows most"], Bool[Tensor, "n_rows most"]]:
    """The tokens of all rows as one table, padded with token 0, and which of them are wanted."""
    places = torch.nn.utils.rnn.pad_sequence(list(wanted), batch_first=True)
    n_wanted = torch.tensor([len(tokens) for tokens in wanted], device=places.device)
    return places, torch.arange(places.shape[1], device=places.device) < n_wanted[:, None]
