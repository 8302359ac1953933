"""The last block at some tokens, against the whole block of transformers."""

import pytest
import torch
from transformers import EsmConfig, EsmModel

from plmscope.plms.esm.last_block import run_last_block

N_TOKENS = (12, 9, 7)
WANTED = ([0, 3, 11], [8], [])


@pytest.mark.parametrize("positions", ["rotary", "absolute"])
def test_equals_the_whole_block_at_the_wanted_tokens(positions: str):
    torch.manual_seed(0)
    config = EsmConfig(
        vocab_size=33, hidden_size=24, num_hidden_layers=1, num_attention_heads=3,
        intermediate_size=48, position_embedding_type=positions, pad_token_id=1,
        attn_implementation="sdpa", token_dropout=False,
    )  # fmt: skip
    esm = EsmModel(config, add_pooling_layer=False).eval()
    block = esm.encoder.layer[0]
    state = torch.randn(len(N_TOKENS), max(N_TOKENS), 24)
    attends_to = (torch.arange(max(N_TOKENS)) < torch.tensor(N_TOKENS)[:, None])[:, None, None]
    rotary = None
    if positions == "rotary":
        rotary = esm.rotary_embeddings(state, torch.arange(max(N_TOKENS))[None])
    wanted = [torch.tensor(tokens, dtype=torch.int64) for tokens in WANTED]
    with torch.no_grad():
        whole = block(state, attends_to, position_embeddings=rotary)
        found = run_last_block(block, state, attends_to, rotary, wanted)
    expected = torch.cat([row[tokens] for row, tokens in zip(whole, wanted, strict=True)])
    assert found.shape == (4, 24)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
