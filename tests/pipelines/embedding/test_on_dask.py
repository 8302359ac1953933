"""Embedding by kedro run on a Dask cluster gives the files of a local run."""

import shutil

from plmscope.activations.store.manifest import current_store


def _files(root):
    folder = current_store(root / "04_feature/tiny/activations", layer=2)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix}


class TestOnDask:
    def test_the_store_is_the_same(self, kedro_run, short_job, dask_cluster):
        root = short_job("on_dask")
        here = _files(root)
        shutil.rmtree(root / "04_feature")
        executor = {"kind": "dask", "scheduler": dask_cluster.scheduler_address}
        kedro_run(root, ["embedding"], embedding={"executor": executor})
        assert len(here) > 3
        assert _files(root) == here
