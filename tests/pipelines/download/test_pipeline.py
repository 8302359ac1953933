"""The pipeline by kedro run; what fetching is through is in tests/proteins/downloading."""

import pytest
from kedro.io import DatasetError


class TestDownload:
    def test_says_what_to_name(self, kedro_run, tmp_path):
        with pytest.raises(DatasetError, match=r"give download\.query"):
            kedro_run(tmp_path, ["download"])

    def test_is_no_part_of_the_main_job(self):
        from plmscope.pipeline_registry import MAIN_JOB

        assert "download" not in MAIN_JOB
