"""The two public SAE trainers, as callables that make one update: nothing but the step itself.

They are no dependencies of the project: `make bench` installs them beside it, without what they
would pull in. The packages that they import for other purposes (language models, tracking) are
replaced by empty stand-ins.
"""

import importlib
import importlib.machinery
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

import torch
from torch import Tensor, nn

FOLDER = Path(__file__).parent.parent / "build" / "peers"
Step = Callable[[Tensor], object]


class _HookPoint(nn.Identity):
    """What `transformer_lens.hook_points.HookPoint` is without hooks."""


class _HookedRootModule(nn.Module):
    """What `transformer_lens.HookedTransformer.HookedRootModule` is without hooks."""

    def setup(self) -> None:
        self.hook_dict: dict[str, nn.Module] = {}


def sae_lens_topk(d_model: int, d_sae: int, k: int, learning_rate: float) -> Step:
    """sae-lens in its sparse TopK mode, its fastest."""
    saes = _import("sae_lens.saes.topk_sae")
    inputs = _import("sae_lens.saes.sae").TrainStepInput
    sae = saes.TopKTrainingSAE(
        saes.TopKTrainingSAEConfig(
            d_in=d_model,
            d_sae=d_sae,
            k=k,
            use_sparse_activations=True,
            rescale_acts_by_decoder_norm=False,
        )
    )
    adam = torch.optim.Adam(sae.parameters(), lr=learning_rate)
    silent = torch.zeros(d_sae)

    def step(x: Tensor) -> None:
        output = sae.training_forward_pass(
            inputs(
                sae_in=x,
                coefficients={},
                dead_neuron_mask=silent > 1000,
                n_training_steps=0,
                is_logging_step=False,
            )
        )
        with torch.no_grad():
            fired = output.feature_acts.bool().float().sum(-2).bool()
            silent.add_(1)[fired.to_dense() if fired.is_sparse else fired] = 0
        output.loss.backward()
        torch.nn.utils.clip_grad_norm_(sae.parameters(), 1.0)
        adam.step()
        adam.zero_grad()

    return step


def dictionary_learning(
    architecture: str, d_model: int, d_sae: int, k: int, learning_rate: float
) -> Step:
    """dictionary-learning's TopK or BatchTopK trainer."""
    module, name = {
        "topk": ("top_k", "TopKTrainer"),
        "batch_topk": ("batch_top_k", "BatchTopKTrainer"),
    }[architecture]
    trainer = getattr(_import(f"dictionary_learning.trainers.{module}"), name)(
        steps=10_000,
        activation_dim=d_model,
        dict_size=d_sae,
        k=k,
        layer=0,
        lm_name="",
        lr=learning_rate,
        warmup_steps=10,
        decay_start=9_000,
        device="cpu",
    )
    return lambda x: trainer.update(1, x)


def _import(name: str) -> ModuleType:
    """Import a peer's module, with stand-ins for the packages that are not installed.

    Raises:
        ImportError: If the peer itself is not.
    """
    peer = name.split(".")[0]
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    while True:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            missing = error.name or ""
            if missing.split(".")[0] in (peer, "einops") or missing in sys.modules:
                raise
            for half_imported in [key for key in sys.modules if key.split(".")[0] == peer]:
                del sys.modules[half_imported]
            stand_in = MagicMock(HookPoint=_HookPoint, HookedRootModule=_HookedRootModule)
            stand_in.__path__ = []
            stand_in.__spec__ = importlib.machinery.ModuleSpec(missing, None)
            sys.modules[missing] = stand_in
