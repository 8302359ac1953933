"""Settings in layers: conf/base, then an environment, then the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from kedro.config import OmegaConfigLoader
from omegaconf import DictConfig, OmegaConf
from yaml.constructor import ConstructorError

from plmscope.disk.places import is_url
from plmscope.errors import PlmscopeError, did_you_mean

ON_THE_COMMAND_LINE_ALONE = (
    "evaluated_sae",
    "evaluated_architecture",
    "evaluated_k",
    "evaluated_fasta",
    "evaluated_store",
    "sae_source",
    "sae_architecture",
    "sae_k",
    "query",
    "atlas",
)
"""What the catalog takes from `--params` and conf/base knows nothing of."""
MAY_NOT_BE_NULL = {"device", "layer", "plm", "plm_dtype", "plm_source", "sae_name"}
"""Globals without which there is no run."""
PATH_KEYS = {"filepath", "path", "source"}
"""Of an entry of the catalog."""
_A_FILE = "it is read as a file of this machine: fetch it, and name the file."
ON_THIS_MACHINE = {
    "local_root": (
        "the search's database, training checkpoints, downloads and the cache of shards need a"
        " folder of this machine: --params local_root=data"
    ),
    "uniprot_table": _A_FILE,
    "uniprot_flat": _A_FILE,
    "corpus_fasta": _A_FILE,
    "structure_folder": "structures are read from a folder of this machine: name one.",
}
"""Globals that cannot be URLs, and why."""
_FOLDER_NAME = re.compile(r"\w[\w.-]*")
TRAINED = ("sae", "training")
"""Groups that an environment which trains something else gives whole."""


class UnknownSettingError(PlmscopeError):
    """A setting that there is not, or one that cannot be."""


class LayeredConfigLoader(OmegaConfigLoader):
    """Merges parameters key by key: what a layer does not say is as in the layers below.

    The command line may name groups of the parameters and globals alike. What conf/base does not
    know is refused: it would change nothing.

    But settings of one architecture mean nothing for another, so that

    - an environment that names another architecture or preset replaces the groups `sae` and
      `training` whole; on the command line only the group that is named, and
      `training.objective`, which is the architecture's own;
    - `search.architectures` is always replaced whole.
    """

    def _resolve_from_raw_config(
        self,
        key: str,
        base_configs: dict[Path, DictConfig],
        env_configs: dict[Path, DictConfig],
        *args: Any,
        **kwargs: Any,
    ) -> dict[str, Any]:
        if key not in ("parameters", "globals"):
            resolved = super()._resolve_from_raw_config(
                key, base_configs, env_configs, *args, **kwargs
            )
            return self._with_folders_of_the_project(resolved)
        known = {name for config in base_configs.values() for name in config}
        for path, config in env_configs.items():
            _refuse_unknown(config, known, str(path))
        if key == "globals":
            # Before anything is resolved: paths are built from what the command line says.
            layers = [*base_configs.values(), *env_configs.values()]
            named = OmegaConf.create(_some(self.runtime_params, known))
            layered = OmegaConf.unsafe_merge({}, *layers, named)
            return _checked_globals(OmegaConf.to_container(layered, resolve=True))
        known_globals = set(self["globals"])
        elsewhere = known_globals.union(ON_THE_COMMAND_LINE_ALONE)
        _refuse_unknown(self.runtime_params or (), known | elsewhere, "--params")
        return self._layer_parameters(base_configs, env_configs, known)

    def _read_dir_configs(self, conf_path: str, *args: Any, **kwargs: Any) -> dict[Path, Any]:
        """Name the file of a tag that would make an object of Python: settings are data."""
        try:
            return super()._read_dir_configs(conf_path, *args, **kwargs)
        except ConstructorError as error:
            tagged = ", ".join(map(str, filter(_has_a_tag, sorted(Path(conf_path).rglob("*.yml")))))
            raise UnknownSettingError(
                f"{tagged or conf_path}: {error.problem}. Settings are texts, numbers, lists and"
                " groups of these; nothing in them is run."
            ) from error

    def _with_folders_of_the_project(self, catalog: dict[str, Any]) -> dict[str, Any]:
        """Let the relative source of a PLM or an SAE be the project's, as Kedro does for files.

        A shell leaves the `~` of `--params data_root=~/run` as it is, and so does Kedro.
        """
        project = Path(self.conf_source).parent
        for entry in filter(_is_mapping, catalog.values()):
            for key in PATH_KEYS & entry.keys():
                if str(entry[key]).startswith("~"):
                    entry[key] = str(Path(entry[key]).expanduser())
            source = entry.get("source")
            if source and (project / source).exists():
                entry["source"] = str(project / source)
        return catalog

    def _layer_parameters(
        self,
        base_configs: dict[Path, DictConfig],
        env_configs: dict[Path, DictConfig],
        known: set[Any],
    ) -> dict[str, Any]:
        layered = OmegaConf.create()
        for configs in (base_configs, env_configs):
            layered = _put_over(layered, OmegaConf.unsafe_merge({}, *configs.values()), TRAINED)
        named = OmegaConf.create(_some(self.runtime_params, known))
        layered = _put_over(layered, named, [group for group in TRAINED if group in named])
        return OmegaConf.to_container(layered, resolve=True)  # type: ignore[return-value]


def _some(named: Mapping[str, Any] | None, known: set[Any]) -> dict[str, Any]:
    return {name: value for name, value in (named or {}).items() if name in known}


def _refuse_unknown(named: Iterable[Any], known: set[Any], where: str) -> None:
    for name in named:
        if name not in known:
            raise UnknownSettingError(
                f"{where}: there is no setting {name}. {did_you_mean(name, known)}conf/base has all"
                " that there are, in globals.yml and the groups of parameters_*.yml."
            )


def _has_a_tag(path: Path) -> bool:
    try:
        yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        return isinstance(error, ConstructorError)
    return False


def _is_mapping(entry: object) -> bool:
    return isinstance(entry, Mapping)


def _checked_globals(found: Any) -> dict[str, Any]:
    for name in MAY_NOT_BE_NULL & found.keys():
        if found[name] is None:
            raise UnknownSettingError(f"globals.yml: {name} is null. Give a value.")
    if not _FOLDER_NAME.fullmatch(str(found.get("sae_name", "default"))):
        raise UnknownSettingError(
            f"globals.yml: sae_name is {found['sae_name']}, but it is to be the name of a folder:"
            " letters, digits, '_', '-' and '.', the first one a letter or a digit."
        )
    if "?" in str(found.get("data_root")):
        raise UnknownSettingError(
            f"globals.yml: data_root is {found['data_root']}, but the search's SQLite database"
            " cannot be in a folder with a question mark in its name. Choose another name."
        )
    _check_places(found)
    if "data_root" in found and not str(found["data_root"] or "").strip():
        raise UnknownSettingError(
            "globals.yml: data_root is empty, so that everything would be written to the root of"
            " the file system. Give a folder, such as data."
        )
    return found


def _check_places(found: Mapping[str, Any]) -> None:
    """Refuse a URL where a file of this machine is needed, and one with a password in it."""
    for name, place in [*found.items(), *dict(found.get("paths") or {}).items()]:
        if not is_url(place):
            continue
        if "@" in place:
            raise UnknownSettingError(
                f"globals.yml: {name} is a URL with a name or a password in it. Give these in the"
                " environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), and the URL alone."
            )
        if reason := ON_THIS_MACHINE.get(name):
            raise UnknownSettingError(f"globals.yml: {name} is {place}, but {reason}")


def _put_over(below: Any, above: Any, replaced: Sequence[str]) -> Any:
    """Merge a layer over those below it.

    Args:
        below: The layers below, left as they are.
        above: The layer whose settings win.
        replaced: The groups it replaces whole if it trains something else.
    """
    below = below.copy()
    another_architecture = _names_another("sae", "architecture", below, above)
    if another_architecture or _names_another("training", "preset", below, above):
        for group in replaced:
            below.pop(group, None)
    if another_architecture:
        _group("training", below).pop("objective", None)
    if "architectures" in _group("search", above):
        _group("search", below).pop("architectures", None)
    return OmegaConf.unsafe_merge(below, above)


def _names_another(group: str, key: str, below: Any, above: Any) -> bool:
    named = _group(group, above).get(key)
    return named is not None and named != _group(group, below).get(key)


def _group(name: str, layer: Any) -> Any:
    group = layer.get(name)
    return group if isinstance(group, Mapping) else {}
