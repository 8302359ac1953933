"""One main job on the tiny sample for all that is measured after it."""

import pandas as pd
import pytest

from plmscope.disk.versions import newest

SETTINGS = {"search": {"n_trials": 0}, "motifs": {"min_clusters": 2, "min_bits": 0.5}}
MEASURED_AFTER = ["feature_effects", "probes", "structures"]


@pytest.fixture(scope="session")
def measured_root(kedro_run, made_structures, tmp_path_factory):
    """The pipelines in one run: they share the nodes that tell the report anew."""
    root = tmp_path_factory.mktemp("measured")
    kedro_run(root, **SETTINGS)
    folder = root / "01_raw/structures"
    proteins = pd.read_parquet(root / "03_primary/proteins.parquet")
    for accession, sequence in zip(proteins["accession"], proteins["sequence"], strict=True):
        chain = {"A": (sequence, made_structures.helix(len(sequence)))}
        made_structures.write_structure(folder / f"{accession}.cif", chain)
    (folder / "broken.cif").write_text("data_x\nloop_\n_atom_site.id\n_atom_site.type_symbol\n1\n")
    report = newest(root / "08_reporting/tiny/layer_2/default/report.html").read_text()
    (root / "report_before.html").write_text(report)
    kedro_run(root, MEASURED_AFTER, **SETTINGS)
    return root
