import pytest
from kedro.io import DatasetError

from plmscope.datasets.protein_files import CorpusDataset, FastaDataset, UniprotTableDataset


class TestProteinFiles:
    def test_a_bad_file_is_named_with_the_dataset(self, tmp_path):
        path = tmp_path / "empty.txt"
        path.write_text("")
        with pytest.raises(DatasetError, match=r"empty\.txt is empty"):
            FastaDataset(filepath=str(path)).load()

    @pytest.mark.parametrize("dataset", [FastaDataset, UniprotTableDataset])
    def test_is_not_written(self, dataset, tmp_path):
        with pytest.raises(DatasetError, match="only read"):
            dataset(filepath=str(tmp_path / "x")).save("x")


class TestNoFile:
    def test_no_corpus(self):
        assert FastaDataset(filepath=None).load().proteins.empty
        assert CorpusDataset(filepath=None).load().path is None

    def test_no_table(self):
        assert UniprotTableDataset(filepath=None).load().path is None
