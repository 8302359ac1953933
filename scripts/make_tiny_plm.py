"""Write the PLM of the tests: an ESM of 3 blocks and width 32 with random weights.

    python scripts/make_tiny_plm.py

It stands in for a real one in `conf/test`, and is committed because it takes 150 kB and no network.
"""

from pathlib import Path

import torch
from transformers import EsmConfig, EsmForMaskedLM

FOLDER = Path("tests/data/tiny_plm")
VOCABULARY = [
    "<cls>", "<pad>", "<eos>", "<unk>",
    *"LAGVSERTIDPKQNFYMHWCXBUZO.-",
    "<null_1>", "<mask>",
]  # fmt: skip


def main() -> None:
    """Write config, vocabulary and weights."""
    config = EsmConfig(
        vocab_size=len(VOCABULARY),
        pad_token_id=VOCABULARY.index("<pad>"),
        mask_token_id=VOCABULARY.index("<mask>"),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=1026,
        position_embedding_type="rotary",
        token_dropout=True,
        emb_layer_norm_before=False,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        layer_norm_eps=1e-5,
        initializer_range=0.3,  # wide, so that the blocks change what they are given
    )
    torch.manual_seed(0)
    EsmForMaskedLM(config).save_pretrained(FOLDER)
    (FOLDER / "vocab.txt").write_text("\n".join(VOCABULARY))


if __name__ == "__main__":
    main()
