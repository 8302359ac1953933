"""One training step of an SAE, 320 -> 10,240 features, 2,048 residues, beside three references.

1. `dense_reference`: plain dense autograd after InterPLM v1.0's formulas, float32.
2. PyPI `sae-lens` and `dictionary-learning`, which `make bench` installs.
3. The ideal: the one dense product that a step cannot do without, at this machine's own rate.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice
from statistics import mean, median

import torch
from torch import Tensor

from benchmarks.dense_reference import DenseReference
from benchmarks.harness import Figure, make_figure, seconds_in_turn
from benchmarks.peers import dictionary_learning, sae_lens_topk
from plmscope.saes import make_sae
from plmscope.training import StepSettings, Trainer

D_MODEL, D_SAE, BATCH, K = 320, 10240, 2048, 32
REPEATS, LOSS_STEPS = 5, 60
RELU_STEPS, RELU_LOOKS = 400, 8
LEARNING_RATE = 1e-3


def run() -> list[Figure]:
    """Measure every figure."""
    torch.set_num_threads(2)
    batches = make_batches(16)
    figures = [
        *(_beside_dense(architecture, batches) for architecture in ("topk", "batch_topk")),
        *_relu(batches),
        *(_final_loss(architecture, batches) for architecture in ("topk", "batch_topk", "relu")),
        _fraction_of_ideal(batches),
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


def make_trainer(architecture: str, n_steps: int) -> Trainer:
    """Ours, with the settings of the reference below; bfloat16 where the hardware has it."""
    return Trainer(
        make_sae(_config(architecture)),
        StepSettings(n_steps=n_steps, learning_rate=LEARNING_RATE, precision="bfloat16"),
    )


def name_of(trainer: Trainer) -> str:
    """What is measured."""
    config, dtype = trainer.sae.config, trainer.objective.product_dtype
    k = f", k = {K}" if hasattr(config, "k") else ""
    return f"{config.architecture} step{k}, {str(dtype).removeprefix('torch.')} products"


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
        threshold_start_step=int(0.02 * n_steps),
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
        name_of(ours),
        1 / seconds[0],
        1 / seconds[1],
        "steps/s",
        "dense float32 autograd, InterPLM v1.0's formulas",
    )


def _relu(batches: list[Tensor]) -> list[Figure]:
    """A whole run: it starts with half of the features active, and the penalty makes them few.

    A dense step costs the same throughout, so that a few of them, spread over the run, are enough.
    """
    ours, reference = make_trainer("relu", RELU_STEPS), make_reference("relu", RELU_STEPS)
    step = _stepper(reference.step, batches)
    step()
    own, others, l0 = [], [], []
    for number, batch in enumerate(islice(cycle(batches), RELU_STEPS)):
        start = time.perf_counter()
        l0.append(float(ours.step(batch)["l0"]))
        own.append(time.perf_counter() - start)
        if number % (RELU_STEPS // RELU_LOOKS) == 0:
            start = time.perf_counter()
            step()
            others.append(time.perf_counter() - start)
    parts = {
        f"mean of a run of {RELU_STEPS} steps, L0 from {l0[0]:.0f} to {l0[-1]:.0f}": mean(own),
        f"first {REPEATS} steps, L0 = {l0[0]:.0f}": median(own[:REPEATS]),
        f"last {REPEATS} steps, L0 = {l0[-1]:.0f}": median(own[-REPEATS:]),
    }
    return [
        make_figure(
            f"{name_of(ours)}, {what}",
            1 / seconds,
            1 / median(others),
            "steps/s",
            "dense float32 autograd, InterPLM v1.0's formulas",
        )
        for what, seconds in parts.items()
    ]


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


def _fraction_of_ideal(batches: list[Tensor]) -> Figure:
    trainer = make_trainer("topk", 1000)
    dtype = trainer.objective.product_dtype
    weight, x = trainer.sae.W_enc.detach().to(dtype), batches[0].to(dtype)
    out = torch.empty(BATCH, D_SAE, dtype=dtype)
    seconds = seconds_in_turn(
        _stepper(trainer.step, batches), lambda: torch.mm(x, weight.T, out=out), repeats=REPEATS
    )
    return make_figure(
        "topk step, ideal over actual time",
        1 / seconds[0],
        1 / seconds[1],
        "steps/s",
        "the encode product at this machine's rate, and nothing else",
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
            print(f"left out: {name} ({error}); make bench installs it")
            continue
        ours = make_trainer(architecture, 1000)
        seconds = seconds_in_turn(
            _stepper(ours.step, batches), _stepper(peer, batches), repeats=REPEATS
        )
        yield make_figure(
            name_of(ours),
            1 / seconds[0],
            1 / seconds[1],
            "steps/s",
            f"PyPI {name}, float32",
        )
