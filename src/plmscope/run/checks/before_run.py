"""What is known to be wrong before the first node runs, said before it runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from pydantic import ValidationError

from plmscope import executors, plms, saes, training
from plmscope.datasets.files.table import OptionalTableDataset
from plmscope.disk.object_storage import check_storage
from plmscope.disk.places import as_path, is_url
from plmscope.errors import PlmscopeError, describe_validation_error
from plmscope.run.commands import Start, command_for, stage_of

if TYPE_CHECKING:
    from plmscope.plms import PlmDescription

SAES = ("sae", "given_sae", "evaluated_sae", "random_plm_sae", "planted_sae", "random_split_sae")
CONTROL_SAES = {"random_plm_sae", "planted_sae", "random_split_sae"}
GIVE_ANOTHER = "Put it there, or name another file with --params."
COMPILERS = ("c++", "g++", "clang++")


class SettingsError(PlmscopeError):
    """Settings that cannot go together, or not here: the message names them."""


class Run(NamedTuple):
    """What is about to run.

    Attributes:
        pipeline: Its nodes.
        catalog: Its datasets.
        start: How it was started.
    """

    pipeline: Pipeline
    catalog: DataCatalog
    start: Start

    def parameters(self, group: str) -> Any:
        """A group of settings, None where no node takes it."""
        name = f"params:{group}"
        return self.catalog.load(name) if name in self.pipeline.inputs() else None

    def dataset(self, name: str) -> Any:
        """A dataset as the catalog describes it, unread."""
        return self.catalog[name]

    def uses(self, dataset: str) -> bool:
        """Whether a node takes or makes a dataset."""
        return dataset in self.pipeline.datasets()


def check_before_run(run: Run) -> None:
    """Refuse what cannot come to a good end.

    Raises:
        PlmscopeError: In one sentence: what is wrong, where it is set, what to do.
    """
    for check in _CHECKS:
        check(run)


def _check_inputs_exist(run: Run) -> None:
    """Everything that the run does not make itself must be there."""
    for name in sorted(run.pipeline.inputs()):
        if name.startswith("params:") or name == "parameters" or run.catalog.exists(name):
            continue
        if isinstance(run.dataset(name), OptionalTableDataset):
            continue
        stage = stage_of(name, run.start)
        remedy = f"Make it with: {command_for([stage], run.start)}" if stage else GIVE_ANOTHER
        raise SettingsError(
            f"{name} is not there ({_place(run, name)}). {_older_layout(run, name)}{remedy}"
        )


def _older_layout(run: Run, name: str) -> str:
    """Where a dataset lies that was written before SAEs had names; "" if none does."""
    path = Path(_place(run, name))
    older = path.parents[1] / path.name
    if path.parent.parent.name.startswith("layer_") and older.exists():
        return (
            f"There is {older}, of a version of PLMscope in which SAEs had no names: an SAE can be"
            f" moved (mkdir -p {path.parent} && mv {older} {path.parent}), all else is made again. "
        )
    return ""


def _check_something_is_read(run: Run) -> None:
    tables = ("uniprot_table", "uniprot_flat", "corpus_fasta")
    if not set(tables) <= run.pipeline.inputs():
        return
    given = [name for name in tables if run.dataset(name).is_given]
    if {"uniprot_table", "uniprot_flat"} <= set(given):
        raise SettingsError(
            "The globals uniprot_table and uniprot_flat are both given, but one of them is read:"
            " set the other to null, such as --params uniprot_table=null,uniprot_flat=my.dat."
        )
    if not given:
        raise SettingsError(
            "There is nothing to read: the globals uniprot_table, uniprot_flat and corpus_fasta are"
            " all null. Give one of them in globals.yml."
        )


def _check_devices(run: Run) -> None:
    names = [name for name in ("plm", *SAES) if run.uses(name)]
    devices = {run.dataset(name).device for name in names}
    settings = run.parameters("training")
    if settings is not None:
        devices.add(settings.device)
    for device in sorted(devices):
        plms.check_device(device)


def _check_plm(run: Run) -> None:
    """The PLM must be there, have the layers, take the lengths."""
    if "plm" not in run.pipeline.inputs():
        return
    plms.check_dtype(run.dataset("plm").dtype)
    plm = run.dataset("plm").description()
    embedding, ingestion = run.parameters("embedding"), run.parameters("ingestion")
    if embedding is not None:
        _check_layers(plm, embedding.layers)
    if run.uses("activations"):
        layer = run.dataset("activations").layer
        _check_layers(plm, (layer,))
        if embedding is not None and layer not in embedding.layers:
            raise SettingsError(
                f"embedding.layers is {list(embedding.layers)}, but the run is about layer {layer}:"
                " put it in, or change `layer` in globals.yml."
            )
    if embedding is not None and embedding.long_sequences == "windows":
        return
    if ingestion is not None and ingestion.max_length > plm.max_residues:
        raise SettingsError(
            f"ingestion.max_length is {ingestion.max_length}, but {plm.plm_id} takes at most"
            f" {plm.max_residues} residues: lower it to that, or set"
            " embedding.long_sequences: windows."
        )


def _check_given_saes(run: Run) -> None:
    """Somebody's SAE must be readable, and fit, before proteins are embedded for it."""
    for name, store in (("given_sae", "activations"), ("evaluated_sae", "evaluated_activations")):
        if {name, "plm"} <= run.pipeline.inputs():
            _check_given_sae(run, name, store)


def _check_given_sae(run: Run, name: str, store: str) -> None:
    sae = run.dataset(name).load()
    plm = run.dataset("plm").description()
    known = SimpleNamespace(
        plm_id=plm.plm_id,
        plm_revision=sae.provenance.plm_revision,  # known when the weights are read
        layer=run.dataset(store).layer,
        d_model=plm.d_model,
        token_rule=sae.provenance.token_rule,
    )
    saes.check_compatible(sae, known)


def _check_layers(plm: PlmDescription, layers: tuple[int, ...]) -> None:
    if unknown := [layer for layer in layers if layer > plm.n_layers]:
        raise SettingsError(
            f"{plm.plm_id} has layers 0 to {plm.n_layers}, so not {unknown}: change `layer` in"
            " globals.yml, or embedding.layers."
        )


def _check_controls(run: Run) -> None:
    """A control SAE is trained like the one that is controlled, whose training must be known."""
    trained = CONTROL_SAES & run.pipeline.all_outputs()
    if "sae_config" not in run.pipeline.inputs() or not trained:
        return
    if run.catalog.exists("sae_config"):
        sae_config = run.catalog.load("sae_config")
        if not sae_config["training"]:
            raise SettingsError(
                f"{min(trained)} is trained like this SAE, but how this one was trained is not"
                f" known. {sae_config['reason']} Choose an SAE of sae_training with sae_name."
            )


def _check_training(run: Run) -> None:
    """The SAE, its training and the search must go together."""
    sae, settings = run.parameters("sae"), run.parameters("training")
    if sae is None or settings is None:
        return
    try:
        configured = training.RunSettings(sae=sae.root, training=settings)
    except ValidationError as error:
        raise SettingsError(_without_prefix(describe_validation_error(error)) + ".") from error
    search = run.parameters("search")
    if search is not None and search.n_trials:
        training.check_search(configured, search)
    if settings.wandb_project is not None and find_spec("wandb") is None:
        raise SettingsError(
            "training.wandb_project is set, but wandb is not installed: pip install"
            " 'plmscope[wandb]', or set it to null."
        )
    if settings.compile and settings.device == "cpu" and not any(map(shutil.which, COMPILERS)):
        raise SettingsError(
            "training.compile needs a C++ compiler, and there is none here: install one, or set it"
            " to false."
        )


def _check_memory_budget(run: Run) -> None:
    settings = run.parameters("training")
    if settings is None or "plm" not in run.pipeline.inputs():
        return
    from plmscope.activations.batches import check_budget

    d_model = run.dataset("plm").description().d_model
    check_budget(d_model, settings.batch_size, settings.memory_budget_gb)


def _check_executor(run: Run) -> None:
    for group in ("embedding", "counting", "reporting", "explain"):
        settings = run.parameters(group)
        if settings is not None:
            executors.check_executor(settings.executor)


def _check_object_storage(run: Run) -> None:
    """Buckets must be there, and be this user's to read or to write."""
    for names, is_written in ((run.pipeline.all_outputs(), True), (run.pipeline.inputs(), False)):
        places = [_place(run, name) for name in sorted(names & set(run.catalog.keys()))]
        of_buckets = {place.split("/")[2]: place for place in places if is_url(place)}
        for place in of_buckets.values():
            check_storage(as_path(place).parent, is_written)


_CHECKS: tuple[Callable[[Run], None], ...] = (
    _check_object_storage,
    _check_something_is_read,
    _check_inputs_exist,
    _check_devices,
    _check_plm,
    _check_given_saes,
    _check_controls,
    _check_training,
    _check_memory_budget,
    _check_executor,
)


def _place(run: Run, name: str) -> str:
    described = run.dataset(name)._describe()
    return str(described.get("filepath") or described.get("path"))


def _without_prefix(text: str) -> str:
    """Pydantic's "the whole: Value error, ..." adds nothing."""
    return text.removeprefix("the whole: ").removeprefix("Value error, ")
