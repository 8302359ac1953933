"""Embedding by kedro run on a Dask cluster gives the files of a local run."""

from plmscope.activations.store.manifest import current_store


def _files(root):
    folder = current_store(root / "04_feature/tiny/activations", layer=2)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class TestOnDask:
    def test_the_store_is_the_same(self, kedro_run, tmp_path, dask_cluster):
        executor = {"kind": "dask", "scheduler": dask_cluster.scheduler_address}
        for place, settings in (("here", {}), ("there", {"executor": executor})):
            kedro_run(tmp_path / place, ["ingestion", "embedding"], embedding=settings)
        here, there = _files(tmp_path / "here"), _files(tmp_path / "there")
        assert len(here) > 4
        assert here == there
