"""Every file that a run leaves, damaged: what reads it refuses it in a sentence with its name.

Files of one kind are damaged more thoroughly where their dataset is tested; here none is left out.
"""

import json
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError

from plmscope.disk.files import read_sealed_json
from plmscope.errors import DamagedFileError
from plmscope.run.manifest import RUNS, fingerprints
from plmscope.run.user_errors import sentence_of

FOR_PEOPLE = {"report", "feature_table_csv", "missing_annotations_csv"}
"""What no stage reads; the manifest of the run has their sha256."""


@pytest.fixture(scope="module")
def root(short_job):
    return short_job("damaged")


@pytest.fixture(scope="module")
def pipelines(project):
    from kedro.framework import project as framework
    from kedro.framework.startup import bootstrap_project

    bootstrap_project(project)
    return list(framework.pipelines.values())


@pytest.fixture(scope="module")
def catalog(root, project, pipelines):
    assert pipelines  # the project is known
    from kedro.framework.session import KedroSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLMSCOPE_TEST_ROOT", str(root))
        with KedroSession.create(project, env="test") as session:
            yield session.load_context().catalog


@pytest.fixture(scope="module")
def written(root, catalog, pipelines):
    """The files of each dataset that the run has written."""
    made = {name for pipeline in pipelines for name in pipeline.all_outputs()}
    places = fingerprints(catalog, made & set(catalog.keys()))
    found = {name: Path(each["path"]) for name, each in places.items()}
    found["activations"] = root / "04_feature"
    tables = {name: path for name, path in found.items() if name != "annotated_proteins"}
    return {name: _files(path) for name, path in tables.items()}


def _files(path):
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [file for file in files if file.is_file() and file.name != ".lock"]


def _harmed(sound):
    """A bit flipped in the middle; the second half lost; what a file system leaves of a block."""
    half, third = len(sound) // 2, len(sound) // 3
    yield "flipped", sound[:half] + bytes([sound[half] ^ 4]) + sound[half + 1 :]
    yield "cut", sound[:half]
    yield "zeros", sound[:third] + bytes(third) + sound[2 * third :]


def _read(catalog, name):
    """What a stage is given, as text by which two of them can be compared."""
    data = catalog.load(name)
    if isinstance(data, pd.DataFrame):
        return data.to_json(double_precision=15)
    if name == "activations":
        data.verify()
    return str(data) if isinstance(data, dict) else ""


def _used(catalog, name, path, expected):
    """The harms that go unnoticed, of one file."""
    sound, unnoticed = path.read_bytes(), []
    try:
        for harm, content in _harmed(sound):
            path.write_bytes(content)
            try:
                if _read(catalog, name) != expected or harm != "flipped":
                    unnoticed.append((name, path.name, harm))
            except Exception as error:
                said = sentence_of(error) or repr(error)
                if path.name not in said:
                    unnoticed.append((name, path.name, harm, said))
    finally:
        path.write_bytes(sound)
    return unnoticed


class TestDamage:
    def test_of_any_file_is_refused_by_name_or_does_no_harm(self, catalog, written):
        """Regression: the plots that the report takes from a run before carried no checksum."""
        read = {name: files for name, files in written.items() if name not in FOR_PEOPLE}
        assert len(read) > 40
        expected = {name: _read(catalog, name) for name in read}
        unnoticed = [
            harm
            for name, files in read.items()
            for path in files
            for harm in _used(catalog, name, path, expected[name])
        ]
        assert unnoticed == []

    def test_annotated_proteins_are_named_by_the_table(self, catalog, written):
        for name in ("proteins", "annotations", "concepts"):
            assert _used(catalog, "annotated_proteins", *written[name], "") == []

    def test_of_what_people_read_shows_against_the_manifest(self, root, catalog, written):
        (noted,) = (root / RUNS).glob("*.json")
        outputs = read_sealed_json(noted, "")["outputs"]
        for name in FOR_PEOPLE:
            (path,) = written[name]
            assert fingerprints(catalog, {name})[name]["sha256"] == outputs[name]["sha256"]
            sound = path.read_bytes()
            for _, content in _harmed(sound):
                path.write_bytes(content)
                assert fingerprints(catalog, {name})[name]["sha256"] != outputs[name]["sha256"]
            path.write_bytes(sound)

    def test_what_people_read_is_read_by_no_stage(self, pipelines):
        assert not FOR_PEOPLE & {name for pipeline in pipelines for name in pipeline.inputs()}

    def test_of_a_manifest_of_a_run_is_told(self, root):
        (path,) = (root / RUNS).glob("*.json")
        sound = path.read_bytes()
        for _, content in _harmed(sound):
            path.write_bytes(content)
            with pytest.raises(DamagedFileError, match=path.name):
                read_sealed_json(path, "")
        path.write_bytes(sound)

    def test_a_plot_of_an_older_version_is_read_and_told(self, catalog, written, caplog):
        (path,) = written["threshold_plot"]
        sound = path.read_text()
        content = json.loads(sound)
        del content["sha256"]
        path.write_text(json.dumps(content))
        assert len(catalog.load("threshold_plot").data) == len(content["data"])
        assert f"{path} is of an older version, without a checksum" in caplog.text
        path.write_text(json.dumps(content | {"sha256": "0" * 64}))
        with pytest.raises(DatasetError, match="is damaged"):
            catalog.load("threshold_plot")
        path.write_text(sound)
