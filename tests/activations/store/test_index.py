"""The index of a store: whose rows are where, and that it is the one of its manifest."""

import pandas as pd
import pytest

from plmscope.activations import ActivationStore, ActivationStoreError, StoreManifest
from plmscope.activations.store.index import find_protein, write_index

SHIFTED = "does not put the proteins of a shard one after the other"
MOVED = "does not give each shard the rows that manifest.json gives it"


def seal(store, index):
    """A store from elsewhere, whose manifest knows this index."""
    manifest = store.manifest.model_copy(update={"index_sha256": write_index(index, store.folder)})
    manifest.write(store.folder)


class TestReadIndex:
    def test_shifted_rows_are_refused(self, store):
        """Regression: rows of other residues were used without a word."""
        index = store.index.assign(first_row=store.index["first_row"] + 1)
        index.to_parquet(store.folder / "index.parquet", index=False)
        with pytest.raises(ActivationStoreError, match=r"index\.parquet is damaged.*kedro run"):
            ActivationStore.open(store.folder)

    def test_exchanged_accessions_are_refused(self, store):
        store.index["accession"] = store.index["accession"].tolist()[::-1]
        write_index(store.index, store.folder)
        with pytest.raises(ActivationStoreError, match=r"index\.parquet .*of another store"):
            ActivationStore.open(store.folder)

    def test_missing_one_is_named(self, store):
        (store.folder / "index.parquet").unlink()
        with pytest.raises(ActivationStoreError, match=r"index\.parquet is missing.*kedro run"):
            ActivationStore.open(store.folder)

    @pytest.mark.parametrize(
        ("column", "row", "more", "complaint"),
        [
            ("first_row", 1, 1, SHIFTED),
            ("first_row", 0, 3, SHIFTED),
            ("n_rows", 2, 1, MOVED),
            ("shard", 3, 1, MOVED),
            ("shard", 7, 1, MOVED),  # to one that is not there
        ],
    )
    def test_one_that_does_not_fit_the_shards_is_refused(self, store, column, row, more, complaint):
        store.index.loc[row, column] += more
        seal(store, store.index)
        with pytest.raises(ActivationStoreError, match=rf"index\.parquet {complaint}"):
            ActivationStore.open(store.folder)

    def test_protein_left_out_is_noticed(self, store):
        seal(store, store.index.iloc[:-1])
        with pytest.raises(ActivationStoreError, match=MOVED):
            ActivationStore.open(store.folder)

    def test_checksum_in_the_manifest_is_that_of_the_file(self, store):
        assert StoreManifest.read(store.folder).index_sha256 == write_index(
            store.index, store.folder
        )


class TestFindProtein:
    def test_every_row_is_its_proteins(self, store):
        for each in store.index.itertuples():
            for row in (each.first_row, each.first_row + each.n_rows - 1):
                assert find_protein(store.index, each.shard, row) == each.accession

    def test_protein_without_rows_has_none(self):
        index = pd.DataFrame(
            {"accession": ["A", "B", "C"], "shard": 0, "first_row": [0, 2, 2], "n_rows": [2, 0, 1]}
        )
        assert [find_protein(index, 0, row) for row in range(3)] == ["A", "A", "C"]
