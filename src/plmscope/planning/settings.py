"""The settings of planning."""

from __future__ import annotations

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from plmscope.parameters import Parameters


class PlanSettings(Parameters):
    """What is measured, and for which machine it is told."""

    folder: str
    """Where the run would write: its disk is looked at."""

    sample_residues: PositiveInt = 20_000
    """Residues of the proteins that are embedded for the measurement."""

    n_steps: PositiveInt = 10
    """Steps of training that are timed."""

    n_gpus: NonNegativeInt = 0
    """GPUs for which the hours are told as well; 0: for none."""

    gpu_tflops: PositiveFloat = 60.0
    """TFLOP/s that one of them keeps up in this work: a fifth of an A100's 312 in bfloat16."""

    seed: NonNegativeInt = 0
    """Decides which proteins are embedded."""
