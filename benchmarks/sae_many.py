"""Six SAEs of 2,560 features trained on the same batches, beside one.

The six share the reading of the batches; each needs its own encode product, and its own
sparse products, so that six of ours cost nearly six times one of ours: the last figure is what the
six encode products alone cost. They are also set beside one plain dense step.
"""

from collections.abc import Iterator
from itertools import cycle

import torch
from torch import Tensor

from benchmarks.dense_reference import DenseReference
from benchmarks.harness import Figure, make_figure, seconds_in_turn
from benchmarks.sae_step import D_MODEL, K, make_batches
from plmscope.saes import make_sae
from plmscope.training import StepSettings, Trainer

D_SAE, N_SAES, REPEATS = 2560, 6, 15
CONFIG = {"architecture": "topk", "d_model": D_MODEL, "d_sae": D_SAE, "k": K}


def run() -> list[Figure]:
    """Measure seconds per batch."""
    torch.set_num_threads(2)
    stream = cycle(make_batches(16))
    many = [_make_trainer(seed) for seed in range(N_SAES)]
    one, reference = _make_trainer(0), _make_reference()
    seconds = seconds_in_turn(
        lambda: _step_all(many, stream),
        lambda: _step_all([one], stream),
        lambda: reference.step(next(stream)),
        lambda: _encode_all(many, next(stream)),
        repeats=REPEATS,
    )
    figure = f"{N_SAES} TopK SAEs of {D_SAE} features in one pass"
    return [
        make_figure(figure, seconds[0], seconds[1], "s/batch", "one of ours alone"),
        make_figure(figure, seconds[0], seconds[2], "s/batch", "one plain dense autograd step"),
        make_figure(
            f"the {N_SAES} encode products alone",
            seconds[3],
            seconds[1],
            "s/batch",
            "one of ours alone",
        ),
    ]


def _make_trainer(seed: int) -> Trainer:
    return Trainer(make_sae(CONFIG, seed), StepSettings(n_steps=1000, precision="bfloat16"))


def _make_reference() -> DenseReference:
    return DenseReference(
        "topk",
        dict(make_sae(CONFIG).named_parameters()),
        n_steps=1000,
        learning_rate=1e-3,
        warmup_steps=50,
        decay_start=800,
        max_gradient_norm=1.0,
        k=K,
        auxiliary_coefficient=1 / 32,
        dead_after=10_000_000,
        momentum=0.999,
        threshold_start_step=20,
        prefix_sizes=[D_SAE],
    )


def _step_all(trainers: list[Trainer], stream: Iterator[Tensor]) -> None:
    batch = next(stream)
    for trainer in trainers:
        trainer.step(batch)


def _encode_all(trainers: list[Trainer], batch: Tensor) -> None:
    for trainer in trainers:
        dtype = trainer.objective.product_dtype
        torch.mm(batch.to(dtype), trainer.sae.W_enc.detach().to(dtype).T)
