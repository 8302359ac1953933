import sys
from pathlib import Path

import pytest

from plmscope.disk.places import ObjectStorageError, as_path, is_remote, is_url


@pytest.mark.parametrize("place", ["data", "/data/run[1]", "s3:/bucket", "file:///data"])
def test_what_is_on_this_machine(place):
    assert not is_url(place)
    assert as_path(place) == Path(place.removeprefix("file://"))
    assert not is_remote(as_path(place))


def test_url_is_used_as_a_path_is():
    path = as_path("s3://bucket/run") / "a.json"
    assert is_remote(path)
    assert (str(path), path.name, str(path.parent)) == (
        "s3://bucket/run/a.json", "a.json", "s3://bucket/run"
    )  # fmt: skip
    assert as_path(path) is path


def test_url_of_an_unknown_kind_is_refused():
    with pytest.raises(ObjectStorageError, match=r"^nowhere://b is no place that can be used"):
        as_path("nowhere://b")


def test_what_reads_urls_may_not_be_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "upath", None)
    with pytest.raises(ObjectStorageError, match=r"pip install 'plmscope\[s3\]'"):
        as_path("s3://bucket/run")
