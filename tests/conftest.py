"""What every test of the whole project needs."""

import importlib.util
import logging
import os
import shutil
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no fault
hypothesis.settings.load_profile("untimed")
os.environ["KEDRO_DISABLE_TELEMETRY"] = "1"
os.environ.pop("COLUMNS", None)  # which xdist sets: tables would be as wide as a terminal

PROJECT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

MEASURED_WITH = {"search": {"n_trials": 0}, "motifs": {"min_clusters": 2, "min_bits": 0.5}}
MEASURED_AFTER = ["feature_effects", "probes", "structures"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:  # of a folder all in one process: they share what takes long to make
        place = Path(item.path).relative_to(PROJECT / "tests").parts[0]
        item.add_marker(pytest.mark.xdist_group(place))
    if not Path(CHROMIUM).exists():
        reason = "needs Debian's chromium: apt-get install chromium"
        for item in items:
            if "browser" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def browser():
    """One browser for all pages: Playwright runs once in a process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def barriers():
    """What axe-core finds in a page that is critical or serious, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    def find(page, context=None):
        found = Axe().run(page, context).response["violations"]
        return [
            f"{each['id']} ({each['impact']}): {each['nodes'][0]['html'][:200]}"
            for each in found
            if each["impact"] in ("critical", "serious")
        ]

    return find


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root folder."""
    return PROJECT


@pytest.fixture(scope="session")
def kedro_run(project):
    """Run pipelines, or the main job, of the test environment under a root, in this process."""
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    def run(root, pipelines=None, **parameters):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLMSCOPE_TEST_ROOT", str(root))
            bootstrap_project(project)
            with KedroSession.create(project, env="test", runtime_params=parameters) as session:
                session.run(pipeline_names=pipelines)

    return run


@pytest.fixture(scope="session")
def planted_table(project, made_plants, tmp_path_factory):
    """The tiny sample with names that would run code if anything ran them."""
    table = tmp_path_factory.mktemp("planted") / "planted.tsv"
    made_plants.plant(project / "tests/data/human_swissprot_tiny.tsv", table)
    return table


@pytest.fixture(scope="session")
def short_job(kedro_run, planted_table, made_plants, tmp_path_factory):
    """Gives the root of a main job on `planted_table`, without a search: a copy each.

    Secrets are in the environment.
    """
    finished = tmp_path_factory.mktemp("short")
    with pytest.MonkeyPatch.context() as patch:
        for name, secret in made_plants.SECRETS.items():
            patch.setenv(name, secret)
        kedro_run(finished, uniprot_table=str(planted_table), **MEASURED_WITH)

    def copy(name):
        root = tmp_path_factory.mktemp(name)
        return Path(shutil.copytree(finished, root, dirs_exist_ok=True))

    return copy


@pytest.fixture(scope="session")
def measured_root(kedro_run, short_job, made_structures, made_plants):
    """A main job on the tiny sample and all that is measured after it, which share the nodes that
    tell the report anew."""
    import pandas as pd

    from plmscope.disk.versions import newest

    root = short_job("measured")
    folder = root / "01_raw/structures"
    proteins = pd.read_parquet(root / "03_primary/proteins.parquet")
    names = [*made_plants.FILE_NAMES, *["{}.cif"] * len(proteins)]
    for name, accession, sequence in zip(
        names, proteins["accession"], proteins["sequence"], strict=False
    ):
        chain = {"A": (sequence, made_structures.helix(len(sequence)))}
        made_structures.write_structure(folder / name.format(accession), chain)
    (folder / "broken.cif").write_text("data_x\nloop_\n_atom_site.id\n_atom_site.type_symbol\n1\n")
    report = newest(root / "08_reporting/tiny/layer_2/default/report.html").read_text()
    (root / "report_before.html").write_text(report)
    kedro_run(root, MEASURED_AFTER, **MEASURED_WITH)
    return root


@pytest.fixture(scope="session")
def small_atlas_and_store(made_atlas, project, tmp_path_factory):
    """An atlas over the tiny PLM, and the activations of its proteins."""
    folder = tmp_path_factory.mktemp("atlas")
    return made_atlas.make_small_atlas(str(project / "tests/data/tiny_plm"), folder)


@pytest.fixture(scope="session")
def small_atlas(small_atlas_and_store):
    """An atlas over the tiny PLM."""
    return small_atlas_and_store[0]


@pytest.fixture(scope="session")
def dask_cluster():
    """A scheduler and two workers that outlive a job."""
    from distributed import LocalCluster

    from plmscope.executors.dask import close_clients

    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster
        close_clients()


@pytest.fixture(scope="session")
def s3_server():
    """The address of an S3 on loopback, moto's, in a thread of this process."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server, monkeypatch):
    """The URL of a new bucket; the environment has the credentials, as a user's would."""
    from s3fs import S3FileSystem

    from plmscope.disk.places import as_path

    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    S3FileSystem.clear_instance_cache()  # they keep the environment in which they were made
    bucket = as_path(f"s3://bucket-{uuid4().hex[:8]}")
    bucket.mkdir()
    return bucket


@pytest.fixture(scope="session")
def made_atlas(project):
    """The module that makes it: `tests` is no package."""
    return _load(project / "tests/made_atlas.py")


@pytest.fixture(scope="session")
def made_plm(project):
    """The module of a PLM-shaped toy of which everything is known."""
    return _load(project / "tests/made_plm.py")


@pytest.fixture(scope="session")
def made_plants(project):
    """The module of what would run code, or leave its folder."""
    return _load(project / "tests/made_plants.py")


@pytest.fixture(scope="session")
def made_structures(project):
    """The module that writes structures."""
    return _load(project / "tests/made_structures.py")


def _load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
