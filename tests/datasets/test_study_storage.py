import pytest
from kedro.io import DatasetError

from plmscope.datasets.study_storage import StudyStorageDataset

SERVER = "postgresql+psycopg://me@127.0.0.1/studies"


class TestStudyStorageDataset:
    def test_is_an_sqlite_file_by_default(self, tmp_path):
        dataset = StudyStorageDataset(filepath=str(tmp_path / "study.db"))
        assert dataset.load() == f"sqlite:///{tmp_path}/study.db"

    def test_takes_the_password_from_credentials_and_never_shows_it(self):
        dataset = StudyStorageDataset(url=SERVER, credentials={"password": "s:e/c"})
        assert dataset.load() == "postgresql+psycopg://me:s%3Ae%2Fc@127.0.0.1/studies"
        assert "s:e/c" not in str(dataset)
        assert StudyStorageDataset(url=SERVER).load() == SERVER

    def test_hides_a_password_in_its_address(self):
        dataset = StudyStorageDataset(url=SERVER.replace("me@", "me:s%2Fe@"))
        assert dataset.load().endswith("me:s%2Fe@127.0.0.1/studies")
        assert "s%2Fe" not in str(dataset)

    @pytest.mark.parametrize("arguments", [{}, {"filepath": "study.db", "url": SERVER}])
    def test_needs_one_place(self, arguments):
        with pytest.raises(DatasetError, match="either a filepath"):
            StudyStorageDataset(**arguments)

    def test_is_written_by_the_search_only(self):
        with pytest.raises(DatasetError, match="written by the search"):
            StudyStorageDataset(url=SERVER).save("x")
