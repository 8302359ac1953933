"""One training step of an SAE, 320 -> 10,240 features, 2,048 residues, beside three references.

1. `dense_reference`: plain dense autograd after InterPLM v1.0's formulas, float32.
2. PyPI `sae-lens` and `dictionary-learning`, if they are installed as `peers` says.
3. The ideal: the one dense product that a step cannot do without, at this machine's own rate.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice

import torch
from torch import Tensor

from benchmarks.dense_reference import DenseReference
from benchmarks.harness import Figure, make_figure, seconds_in_turn
from benchmarks.peers import dictionary_learning, sae_lens_topk
from plmscope.saes import make_sae
from plmscope.training import StepSettings, Trainer

D_MODEL, D_SAE, BATCH, K = 320, 10240, 2048, 32
REPEATS, LOSS_STEPS, SPARSE_AFTER = 5, 60, 150
LEARNING_RATE = 1e-3


def run() -> list[Figure]:
    """Measure every figure."""
    torch.set_num_threads(2)
    batches = make_batches(16)
    figures = [
        *(_beside_dense(architecture, batches) for architecture in ("topk", "batch_topk")),
        *_relu(batches),
        *(_final_loss(architecture, batches) for architecture in ("topk", "batch_topk", "relu")),
        _share_of_ideal(batches),
    ]
    return [*figures, *_beside_peers(batches)]


def make_batches(n: int, d_model: int = D_MODEL) -> list[Tensor]:
    """Sums of a few of 4,000 directions with noise, centred and scaled: what an SAE expects."""
    generator = torch.Generator().manual_seed(0)
    directions = torch.randn(4000, d_model, generator=generator)
    batches = []
    for _ in range(n):
        chosen = torch.randint(4000, (BATCH, 20), generator=generator)
        weights = torch.rand(BATCH, 20, 1, generator=generator)
        x = (directions[chosen] * weights).sum(1)
        batches.append(x + 0.3 * torch.randn(BATCH, d_model, generator=generator))
    scale = torch.cat(batches).std()
    return [x / scale for x in batches]


def make_trainer(architecture: str, n_steps: int, precision: str = "bfloat16") -> Trainer:
    """Ours, with the settings of the reference below."""
    return Trainer(
        make_sae(_config(architecture)),
        StepSettings(n_steps=n_steps, learning_rate=LEARNING_RATE, precision=precision),
    )


def make_reference(architecture: str, n_steps: int) -> DenseReference:
    """The plain dense step from the same start."""
    return DenseReference(
        architecture,
        dict(make_sae(_config(architecture)).named_parameters()),
        n_steps=n_steps,
        learning_rate=LEARNING_RATE,
        warmup_steps=int(0.05 * n_steps),
        decay_start=n_steps - int(0.2 * n_steps),
        max_gradient_norm=1.0,
        sparsity_warmup_steps=int(0.05 * n_steps),
        l1_coefficient=0.1,
        resample_every=None,
        k=K,
        auxiliary_coefficient=1 / 32,
        dead_after=10_000_000,
        momentum=0.999,
        threshold_start_step=1000,
        prefix_sizes=[D_SAE],
    )


def _config(architecture: str) -> dict[str, object]:
    k = {} if architecture == "relu" else {"k": K}
    return {"architecture": architecture, "d_model": D_MODEL, "d_sae": D_SAE, **k}


def _stepper(step: Callable[[Tensor], object], batches: list[Tensor]) -> Callable[[], object]:
    stream: Iterator[Tensor] = cycle(batches)
    return lambda: step(next(stream))


def _beside_dense(architecture: str, batches: list[Tensor]) -> Figure:
    ours = make_trainer(architecture, 1000)
    reference = make_reference(architecture, 1000)
    seconds = seconds_in_turn(
        _stepper(ours.step, batches), _stepper(reference.step, batches), repeats=REPEATS
    )
    return make_figure(
        f"{architecture} step, k = {K}, bfloat16 products",
        1 / seconds[0],
        1 / seconds[1],
        "steps/s",
        "dense float32 autograd, InterPLM v1.0's formulas",
    )


def _relu(batches: list[Tensor]) -> Iterator[Figure]:
    """At the start, half of the features active, and once the penalty has made them few."""
    ours, reference = make_trainer("relu", 1000), make_reference("relu", 1000)
    for warm_up in (0, SPARSE_AFTER):
        for batch in islice(cycle(batches), warm_up):
            metrics = ours.step(batch)
        seconds = seconds_in_turn(
            _stepper(ours.step, batches), _stepper(reference.step, batches), repeats=REPEATS
        )
        state = f"L0 = {float(metrics['l0']):.0f}" if warm_up else "half of the features active"
        yield make_figure(
            f"relu step, {state}, bfloat16 products",
            1 / seconds[0],
            1 / seconds[1],
            "steps/s",
            "dense float32 autograd, InterPLM v1.0's formulas",
        )


def _final_loss(architecture: str, batches: list[Tensor]) -> Figure:
    ours = make_trainer(architecture, LOSS_STEPS)
    reference = make_reference(architecture, LOSS_STEPS)
    losses = [
        (float(ours.step(batch)["loss"]), reference.step(batch))
        for batch in islice(cycle(batches), LOSS_STEPS)
    ]
    last = losses[-len(batches) :]
    return make_figure(
        f"{architecture} loss after {LOSS_STEPS} steps",
        sum(own for own, _ in last) / len(last),
        sum(other for _, other in last) / len(last),
        "loss",
        "dense float32 autograd, same start and batches",
    )


def _share_of_ideal(batches: list[Tensor]) -> Figure:
    trainer = make_trainer("topk", 1000)
    weight = trainer.sae.W_enc.detach().bfloat16()
    x = batches[0].bfloat16()
    out = torch.empty(BATCH, D_SAE, dtype=torch.bfloat16)
    seconds = seconds_in_turn(
        _stepper(trainer.step, batches), lambda: torch.mm(x, weight.T, out=out), repeats=REPEATS
    )
    return make_figure(
        "topk step, ideal over actual time",
        1 / seconds[0],
        1 / seconds[1],
        "steps/s",
        "one bfloat16 encode product and nothing else",
    )


def _beside_peers(batches: list[Tensor]) -> Iterator[Figure]:
    """Each public trainer beside ours; says which are left out, and why."""
    peers = (
        ("topk", "sae-lens, sparse TopK", sae_lens_topk),
        ("topk", "dictionary-learning, TopK", partial(dictionary_learning, "topk")),
        (
            "batch_topk",
            "dictionary-learning, BatchTopK",
            partial(dictionary_learning, "batch_topk"),
        ),
    )
    for architecture, name, make_peer in peers:
        try:
            peer = make_peer(D_MODEL, D_SAE, K, LEARNING_RATE)
        except ImportError as error:
            print(f"left out: {name} ({error}); benchmarks/peers.py says how to install it")
            continue
        ours = make_trainer(architecture, 1000)
        seconds = seconds_in_turn(
            _stepper(ours.step, batches), _stepper(peer, batches), repeats=REPEATS
        )
        yield make_figure(
            f"{architecture} step, k = {K}, bfloat16 products",
            1 / seconds[0],
            1 / seconds[1],
            "steps/s",
            f"PyPI {name}, float32",
        )
