"""Activations that are computed when they are asked for: the rows of the store, stored nowhere."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from plmscope.activations import ActivationStoreError, ComputedRows


@pytest.fixture
def rows(job):
    return ComputedRows(job, 2)


class TestComputedRows:
    @pytest.mark.parametrize(
        "ranges", [[(0, 58)], [(0, 3), (3, 14), (14, 58)], [(41, 49), (2, 13), (14, 15), (20, 43)]]
    )
    def test_are_those_of_the_store(self, rows, store, ranges):
        n_rows = sum(last - first for first, last in ranges)
        found, expected = (
            source.read_ranges(np.array(ranges), torch.empty(n_rows, 6)) for source in (rows, store)
        )
        assert torch.equal(found, expected)

    def test_all_are_computed_in_the_shards_of_the_store(self, job, counted):
        job, calls = counted(job)
        rows = ComputedRows(job, 2)
        rows.read_ranges(np.array([[0, rows.n_residues]]), torch.empty(rows.n_residues, 6))
        assert calls == [list(shard) for shard in job.shards]

    def test_are_cut_between_proteins(self, rows, job):
        assert rows.chunk_edges(4).tolist() == [0, *np.cumsum(job.lengths)]

    def test_that_are_not_finite_name_the_protein(self, job):
        def compute(proteins, layers):
            x = job.compute(proteins, layers)[2].clone()
            x[-1] = torch.nan
            return {2: x}

        rows = ComputedRows(replace(job, compute=compute), 2)
        with pytest.raises(ActivationStoreError, match="values for P00003 at layer 2"):
            rows.read_ranges(np.array([[16, 20]]), torch.empty(4, 6))

    def test_of_another_plm_than_the_store_are_refused(self, store, job):
        ComputedRows.beside(store, job)
        with pytest.raises(ActivationStoreError, match=r"has plm_id made-up, but .* with other"):
            ComputedRows.beside(store, replace(job, plm_id="other"))
