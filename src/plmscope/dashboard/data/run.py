"""What the dashboard shows, read from the tables under the data root.

Only Parquet and JSON are read: nothing here can run code that a shared folder brings along. Small
tables are read once; the long ones are asked for the rows of one feature or a few proteins, so that
opening a run is quick and memory does not grow with the data.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from plmscope.concepts.amino_acids import amino_acid_shares, is_amino_acid
from plmscope.concepts.scoring.best_pairs import (
    MIN_SHOWN_F1,
    best_first,
    best_on_test,
    pairs_to_show,
)
from plmscope.disk.files import read_sealed_json
from plmscope.disk.parquet import read_parquet
from plmscope.disk.versions import newest
from plmscope.features import SEARCH_PLOTS, name_features

_OF_SAE = "{plm}/layer_{layer}/{sae}"
_REPORTING = f"08_reporting/{_OF_SAE}"
PATHS = {
    "proteins": "03_primary/proteins.parquet",
    "annotations": "03_primary/annotations.parquet",
    "pair_scores": f"{_REPORTING}/pair_scores.parquet",
    "concept_report": f"{_REPORTING}/concept_report.parquet",
    "feature_statistics": f"{_REPORTING}/feature_statistics.parquet",
    "feature_examples": f"{_REPORTING}/feature_examples.parquet",
}
SEARCH_PATHS = {
    "sae_search_trials": f"05_model_input/{_OF_SAE}/sae_search_trials.parquet",
    "sae_config": f"06_models/{_OF_SAE}/sae_config.json",
    "sae_search_history_plot": f"{_REPORTING}/sae_search_history.json",
    "sae_search_front_plot": f"{_REPORTING}/sae_search_front.json",
    "sae_search_importances_plot": f"{_REPORTING}/sae_search_importances.json",
    "sae_search_slices_plot": f"{_REPORTING}/sae_search_slices.json",
    "sae_search_parallel_plot": f"{_REPORTING}/sae_search_parallel.json",
}
LATER_PATHS = {
    "feature_table": f"{_REPORTING}/feature_table.parquet",
    "feature_pairs": f"{_REPORTING}/feature_pairs.parquet",
    "feature_motifs": f"{_REPORTING}/feature_motifs.parquet",
    "missing_annotations": f"{_REPORTING}/missing_annotations.parquet",
    "control_report": f"{_REPORTING}/control_report.parquet",
    "full_control_report": f"{_REPORTING}/full_control_report.parquet",
    "structure_tests": f"{_REPORTING}/structure_tests.parquet",
    "sae_evaluation": f"{_REPORTING}/sae_evaluation.json",
    "atlas": f"{_REPORTING}/atlas",
}
"""Where the catalog keeps what the dashboard reads; a test holds them together.

Every run has the first ones; the others may be missing.
"""
COMMANDS = {
    "full_control_report": "kedro run --pipelines controls",
    "structure_tests": "kedro run --pipelines structures",
}
"""What makes those that the main job does not."""

_FROM_FEATURE_TABLE = ["pattern", "motif"]
_LAYER_FOLDER = re.compile(r"\d\d_")
_REMEDY = "Make it again with: kedro run"


@dataclass(frozen=True)
class Run:
    """One SAE of a PLM layer whose features have been reported.

    Attributes:
        plm: The PLM's folder name.
        layer: `hidden_states[layer]` of the PLM.
        sae: The SAE's folder name.
        data_root: The folder that holds 01_raw … 08_reporting.
        environment: Where the data root lies below the folder that was searched for runs: the
            environment's name where it keeps its data in `data/<name>`; "." for the folder itself.
    """

    plm: str
    layer: int
    sae: str
    data_root: Path
    environment: str = "."

    def __str__(self) -> str:
        place = "" if self.environment == "." else f" ({self.environment})"
        return f"{self.plm}, layer {self.layer}, {self.sae}{place}"

    @property
    def key(self) -> str:
        """What stands for it in an address."""
        place = "" if self.environment == "." else f"{self.environment}:"
        return f"{place}{self.plm}/{self.layer}/{self.sae}"

    def path(self, name: str) -> Path:
        """The newest version of the dataset `name` of this run, where the catalog keeps it."""
        path = (PATHS | SEARCH_PATHS | LATER_PATHS)[name]
        return newest(self.data_root / path.format(plm=self.plm, layer=self.layer, sae=self.sae))


def find_runs(folder: Path) -> list[Run]:
    """Every run whose tables are all there.

    Args:
        folder: A data root, or a folder with the data roots of environments below it.

    Returns:
        By environment, PLM, layer and SAE; the folder's own runs come first.
    """
    found = []
    for root in _data_roots(folder):
        environment = root.relative_to(folder).as_posix()
        for table in root.glob("08_reporting/*/layer_*/*/feature_statistics.parquet"):
            plm, layer, sae = table.parts[-4:-1]
            number = layer.removeprefix("layer_")
            if number.isdigit():
                found.append(Run(plm, int(number), sae, root, environment))
    complete = [run for run in found if all(run.path(name).is_file() for name in PATHS)]
    return sorted(complete, key=lambda run: (run.environment, run.plm, run.layer, run.sae))


def _data_roots(folder: Path) -> Iterator[Path]:
    """The folders at or below this one that hold 08_reporting; the data itself is not searched."""
    for path, below, _ in os.walk(folder):
        if "08_reporting" in below:
            yield Path(path)
        below[:] = [name for name in below if not _LAYER_FOLDER.match(name)]


@dataclass(frozen=True)
class DashboardData:
    """The tables of one run.

    Attributes:
        run: Which PLM, layer and SAE.
    """

    run: Run

    @cached_property
    def statistics(self) -> pd.DataFrame:
        """`feature_statistics`, indexed by feature."""
        table = _read(self.run.path("feature_statistics"))
        return table.set_index("feature", drop=False)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The scored pairs worth looking at: valid F1 of 0.1 or more, best first."""
        return best_first(_read(self.run.path("pair_scores"), ("valid_f1", ">=", MIN_SHOWN_F1)))

    @cached_property
    def named_features(self) -> pd.DataFrame:
        """The features that stand for a concept, with the pair that says so."""
        return name_features(self.pairs)

    @cached_property
    def names(self) -> pd.Series:
        """The concept of each named feature, indexed by feature."""
        return self.named_features.set_index("feature")["concept"]

    @cached_property
    def concepts(self) -> pd.DataFrame:
        """Each concept's best feature, then the other named features, then the amino acids'.

        Within each of the three the best test F1 comes first; amino acids are but the baseline.
        """
        best = _read(self.run.path("concept_report"))
        is_baseline = is_amino_acid(self.named_features)
        named, baseline = self.named_features[~is_baseline], self.named_features[is_baseline]
        groups = [best_on_test(rows) for rows in (best, named, baseline)]
        rows = pd.concat(groups, ignore_index=True)
        return rows.drop_duplicates(["concept", "feature"], ignore_index=True)

    @cached_property
    def search_trials(self) -> pd.DataFrame | None:
        """`sae_search_trials`; None where no search was recorded."""
        path = self.run.path("sae_search_trials")
        return _read(path) if path.is_file() else None

    @cached_property
    def sae_config(self) -> dict[str, Any]:
        """The settings of the SAE, with the trial that they come from and the reason."""
        return read_sealed_json(self.run.path("sae_config"), _REMEDY)

    @cached_property
    def search_plots(self) -> dict[str, dict[str, Any]]:
        """The search's figures by dataset name, as plotly's JSON has them."""
        paths = {name: self.run.path(name) for name in SEARCH_PLOTS}
        return {
            name: read_sealed_json(path, _REMEDY, may_lack_seal=True)
            for name, path in paths.items()
            if path.is_file()
        }

    def statistic(self, feature: int) -> dict[str, Any]:
        """The statistics of one feature."""
        return {str(name): value for name, value in self.statistics.loc[feature].items()}

    @cached_property
    def features(self) -> pd.DataFrame | None:
        """`feature_table`, indexed by feature; None where it was not made."""
        table = self.later("feature_table")
        return None if table is None else table.set_index("feature", drop=False)

    def known_of(self, feature: int) -> dict[str, Any]:
        """What the feature table says of a feature; nothing where there is none."""
        if self.features is None or feature not in self.features.index:
            return {}
        return {str(name): value for name, value in self.features.loc[feature].items()}

    def later(self, name: str, *conditions: tuple[str, str, object]) -> pd.DataFrame | None:
        """A table that a run need not have; None where it has not.

        Args:
            name: Of `LATER_PATHS`.
            conditions: Which rows are wanted, as of `read_parquet`.
        """
        path = self.run.path(name)
        return _read(path, *conditions) if path.is_file() else None

    @cached_property
    def sae_evaluation(self) -> dict[str, Any] | None:
        """`sae_evaluation`; None where it was not made."""
        path = self.run.path("sae_evaluation")
        return read_sealed_json(path, _REMEDY) if path.is_file() else None

    @cached_property
    def background(self) -> Float[np.ndarray, " 20"]:
        """How common each amino acid is in the run's proteins."""
        return amino_acid_shares(self.all_proteins["sequence"])

    @cached_property
    def all_proteins(self) -> pd.DataFrame:
        """Every protein of the run, indexed by accession."""
        return _read(self.run.path("proteins")).set_index("accession", drop=False)

    def pairs_of(self, feature: int) -> pd.DataFrame:
        """The best pairs of one feature; with intervals, if the run has them."""
        bounded = self.later("feature_pairs", ("feature", "==", feature))
        if bounded is not None:
            return bounded
        return pairs_to_show(self.pairs[self.pairs["feature"] == feature])

    def examples(self, feature: int) -> pd.DataFrame:
        """The example proteins of one feature, with the activation along them."""
        return _read(self.run.path("feature_examples"), ("feature", "==", feature))

    def examples_in(self, accessions: Iterable[str]) -> pd.DataFrame:
        """feature, accession, peak of the examples that these proteins are."""
        path = self.run.path("feature_examples")
        rows = _read(path, ("accession", "in", list(accessions)))
        return rows[["feature", "accession", "peak"]]

    @cached_property
    def listed(self) -> pd.DataFrame:
        """Every living feature with what it is found by, indexed by feature, named ones first.

        feature, name, category, pattern, motif, family, test_f1, proteins (fraction of all).
        """
        alive = self.statistics[self.statistics["n_residues_active"] > 0]
        table = pd.DataFrame(
            {"feature": alive["feature"], "name": alive["feature"].map(self.names)}
        )
        known = pd.DataFrame() if self.features is None else self.features
        for column in _FROM_FEATURE_TABLE:
            table[column] = known[column].reindex(table.index) if column in known else ""
        table["family"] = ""
        if "family" in known:  # families may share a name
            members = known[known["family"] >= 0]
            numbered = members["family"].astype(str) + ": " + members["family_name"]
            table["family"] = numbered.reindex(table.index).fillna("")
        named = self.named_features.set_index("feature")
        table["category"] = named["category"].reindex(table.index).fillna("")
        table["test_f1"] = named["test_f1"].reindex(table.index)
        table["proteins"] = alive["fraction_of_proteins"]
        table["name"] = table["name"].fillna("")
        table = table.rename_axis(None)  # "feature" is the column's name
        baseline = self.named_features.loc[is_amino_acid(self.named_features), "feature"]
        kind = np.select([table["name"] == "", table["feature"].isin(baseline)], [2, 1], default=0)
        order = table.assign(kind=kind).sort_values(
            ["kind", "name", "test_f1", "feature"], ascending=[True, True, False, True]
        )
        return order.drop(columns="kind")

    def proteins(self, accessions: Iterable[str]) -> pd.DataFrame:
        """These proteins, indexed by accession."""
        rows = _read(self.run.path("proteins"), ("accession", "in", list(accessions)))
        return rows.set_index("accession")

    def annotations(self, accessions: Iterable[str]) -> pd.DataFrame:
        """The annotations of these proteins."""
        return _read(self.run.path("annotations"), ("accession", "in", list(accessions)))


def _read(path: Path, *conditions: tuple[str, str, object]) -> pd.DataFrame:
    """The rows of a Parquet file for which conditions on columns hold, verified."""
    return read_parquet(path, _REMEDY, filters=list(conditions) or None)
