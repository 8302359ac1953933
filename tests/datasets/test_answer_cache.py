import pytest
from kedro.io import DatasetError

from plmscope.datasets.answer_cache import AnswerCacheDataset

MESSAGES = [{"role": "user", "content": "What is it?"}]


class TestAnswerCacheDataset:
    def test_keeps_answers_across_loads(self, tmp_path):
        dataset = AnswerCacheDataset(filepath=str(tmp_path / "answers"))
        assert dataset.load().get("m", MESSAGES) is None
        dataset.load().put("m", MESSAGES, {"summary": "A glycine."})
        assert dataset.load().get("m", MESSAGES) == {"summary": "A glycine."}
        assert dataset.load().get("other", MESSAGES) is None

    def test_is_there_before_the_first_answer(self, tmp_path):
        assert AnswerCacheDataset(filepath=str(tmp_path / "answers")).exists()

    def test_is_not_written_as_a_whole(self, tmp_path):
        with pytest.raises(DatasetError, match="kept as they come"):
            AnswerCacheDataset(filepath=str(tmp_path / "answers")).save("x")
