"""The bundled sample's activations by split, and its configured training run.

Needs what `kedro run --pipelines ingestion,embedding` leaves.
"""

from pathlib import Path

from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from plmscope.activations import ActivationStore
from plmscope.training import RunSettings

PROJECT = Path(__file__).parent.parent


def read_sample() -> tuple[dict[str, ActivationStore], RunSettings]:
    """Views of the store by split, and the settings of `conf/base`."""
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT) as session:
        context = session.load_context()
        store, proteins = (context.catalog.load(name) for name in ("activations", "proteins"))
        configured = RunSettings(
            sae=context.params["sae"].root, training=context.params["training"]
        )
    splits = {
        split: store.select(proteins.loc[proteins["split"] == split, "accession"])
        for split in ("train", "valid", "test")
    }
    return splits, configured
