"""A run whose data are on object storage: moto's S3, in this process."""

import re

STAGES = ["ingestion", "embedding", "sae_training"]
VERSION = re.compile(r"\d{4}-\d\d-\d\dT[\d.]+Z/")
HAVE_TIMES = {"training_history.parquet"}


def contents(root):
    """What each file holds, without the names of versions; and not of runs."""
    files = [path for path in root.glob("**/*") if path.is_file()]
    named = {VERSION.sub("", str(path).removeprefix(f"{root}/")): path for path in files}
    return {name: path.read_bytes() for name, path in named.items() if "/runs/" not in name}


def test_writes_the_bytes_of_a_local_run(kedro_run, short_job, planted_table, s3, tmp_path):
    settings = {"search": {"n_trials": 0}, "local_root": str(tmp_path)}
    settings["uniprot_table"] = str(planted_table)
    kedro_run(tmp_path, STAGES, data_root=str(s3 / "run"), **settings)
    local, remote = contents(short_job("local")), contents(s3 / "run")
    differ = {name for name in remote.keys() & local.keys() if remote[name] != local[name]}
    assert {name.rpartition("/")[2] for name in differ} <= HAVE_TIMES
    of_storage_alone = {name.rpartition("/")[2] for name in remote.keys() - local.keys()}
    assert of_storage_alone == {
        ".files.json", "shard-00000.safetensors.json", "shard-00001.safetensors.json"
    }  # fmt: skip
    assert {name.partition("/")[0] for name in remote} >= {
        "02_intermediate", "03_primary", "04_feature", "06_models"
    }  # fmt: skip
    told = [path.read_bytes() for path in (s3 / "run/08_reporting/runs").iterdir()]
    assert len(told) == 2
    assert not any(b"test-secret" in text for text in told)
