"""Dead features at the end of a full run on the bundled sample, trained in one pass.

Needs the sample's activations: kedro run --pipelines ingestion,embedding
"""

from benchmarks.harness import Figure, make_figure
from benchmarks.sample import read_sample
from plmscope.training import EvaluationSettings, evaluate_sae, train_saes
from plmscope.training.search.space import apply_values

ARCHITECTURES = ("topk", "batch_topk", "matryoshka")
MOST_DEAD = 0.01


def run() -> list[Figure]:
    """Train the configured run with each architecture; measure on test."""
    splits, configured = read_sample()
    runs = [apply_values({"architecture": name}, configured) for name in ARCHITECTURES]
    trained = train_saes(splits["train"], runs)
    settings = EvaluationSettings(fidelity_proteins=0)
    figures = []
    for name, (sae, _) in zip(ARCHITECTURES, trained, strict=True):
        evaluation = evaluate_sae(sae, splits["test"], settings)
        figures.append(
            make_figure(
                f"dead features, {name}: L0 = {evaluation.l0_mean:.1f},"
                f" FVU = {evaluation.fvu:.3f} on test",
                evaluation.dead_fraction,
                MOST_DEAD,
                "share",
                "the most it may be",
            )
        )
    return figures
