"""What is refused of object storage; moto's S3 is the storage."""

from urllib.request import Request, urlopen

import pytest
from s3fs import S3FileSystem

from plmscope.disk.places import ObjectStorageError
from plmscope.run.config_loader import UnknownSettingError


def check_credentials(server, after):
    """Let moto look at credentials after so many requests."""
    text = {"Content-Type": "text/plain"}
    urlopen(Request(f"{server}/moto-api/reset-auth", data=after.encode(), headers=text))


class TestRefusal:
    """In one sentence, before anything is computed or written."""

    def refused(self, kedro_run, tmp_path, url, **named):
        local = tmp_path / "local"
        kedro_run(tmp_path, ["ingestion"], data_root=url, **({"local_root": str(local)} | named))

    def test_bucket_that_is_not_there(self, kedro_run, tmp_path, s3):
        with pytest.raises(
            ObjectStorageError, match=r"There is no bucket of that name: s3://\S+x/run"
        ):
            self.refused(kedro_run, tmp_path, f"{str(s3).rstrip('/')}x/run")
        assert list(tmp_path.iterdir()) == []

    def test_nobody_answers(self, kedro_run, tmp_path, s3, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        S3FileSystem.clear_instance_cache()
        with pytest.raises(ObjectStorageError, match=r"cannot be used .*Could not connect"):
            self.refused(kedro_run, tmp_path, str(s3 / "run"))
        assert list(tmp_path.iterdir()) == []

    def test_credentials_that_are_not_good(self, kedro_run, tmp_path, s3, s3_server, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
        S3FileSystem.clear_instance_cache()
        check_credentials(s3_server, after="0")
        try:
            with pytest.raises(ObjectStorageError, match=r"cannot be used .*PermissionError"):
                self.refused(kedro_run, tmp_path, str(s3 / "run"))
        finally:
            check_credentials(s3_server, after="Infinity")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("named", "sentence"),
        [
            ({"local_root": "s3://b/x"}, "local_root is s3://b/x, but .* folder of this machine"),
            ({"uniprot_table": "s3://b/x.tsv"}, "uniprot_table is s3://b/x.tsv, but it is read"),
            ({"data_root": "s3://me:pw@b/x"}, "data_root is a URL with a name or a password"),
            ({"data_root": "nowhere://b/x"}, "nowhere://b/x is no place that can be used"),
        ],
    )
    def test_url_that_cannot_be_one(self, kedro_run, tmp_path, named, sentence):
        with pytest.raises((UnknownSettingError, ObjectStorageError), match=sentence) as raised:
            self.refused(
                kedro_run,
                tmp_path,
                **(
                    {"url": "s3://b/run"}
                    | {{"data_root": "url"}.get(name, name): value for name, value in named.items()}
                ),
            )
        assert "pw" not in str(raised.value).replace("password", "")
