"""The static site of a run: one page, its data in parts that it loads when they are wanted."""

from __future__ import annotations

import shutil
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from sklearn.utils.parallel import Parallel, delayed

from plmscope.concepts import AnnotatedProteins
from plmscope.concepts.amino_acids import amino_acid_shares
from plmscope.features import STYLE, colour_key_svg, motif_logo
from plmscope.progress import show_progress
from plmscope.saes import SAE
from plmscope.site.index import index_of_features, index_of_proteins, index_of_windows
from plmscope.site.packing import write_packed
from plmscope.site.pages import ASSETS, TEMPLATES, FeaturePages
from plmscope.site.settings import SiteSettings

_OWN_CITATION = (
    "Made with PLMscope, after Simon and Zou, InterPLM, Nature Methods (2025),"
    " doi 10.1038/s41592-025-02836-7."
)


@dataclass(frozen=True, eq=False)
class Site:
    """What a static site is made of.

    Attributes:
        sae: Whose features are shown.
        feature_table: What is known of each.
        feature_motifs: Their windows and motifs.
        feature_examples: Their example proteins, with the activation along them.
        feature_pairs: The best pairs of each, with intervals.
        annotated_proteins: The proteins and what is known of them.
        settings: What is shown.
    """

    sae: SAE
    feature_table: pd.DataFrame
    feature_motifs: pd.DataFrame
    feature_examples: pd.DataFrame
    feature_pairs: pd.DataFrame
    annotated_proteins: AnnotatedProteins
    settings: SiteSettings

    def write(self, folder: Path) -> None:
        """Write all files of the site.

        Args:
            folder: A new one.
        """
        folder.mkdir(parents=True)
        table = self.feature_table[self.feature_table["n_residues_active"] > 0]
        proteins = self.annotated_proteins.proteins
        alive = table["feature"]
        write_packed(folder, "index", index_of_features(table, self.feature_pairs))
        write_packed(folder, "windows", index_of_windows(self.feature_motifs, alive))
        write_packed(folder, "proteins", index_of_proteins(self.feature_examples, proteins, alive))
        self._write_features(folder, table)
        (folder / "index.html").write_text(self._front_page(table), encoding="utf-8")
        (folder / "site.css").write_text(
            STYLE + (ASSETS / "site.css").read_text(encoding="utf-8"), encoding="utf-8"
        )
        shutil.copyfile(ASSETS / "site.js", folder / "site.js")

    def _write_features(self, folder: Path, table: pd.DataFrame) -> None:
        pages = FeaturePages(
            self.feature_table,
            self.feature_pairs,
            self.feature_examples,
            self.annotated_proteins.proteins,
            self.annotated_proteins.annotations,
            self.settings.n_examples,
        )
        background = amino_acid_shares(self.annotated_proteins.proteins["sequence"])
        motifs = self.feature_motifs.set_index("feature", drop=False)
        files = table["feature"].groupby(table["feature"] // self.settings.features_per_file)
        # In processes of their own: drawing letters takes most of the time.
        drawing = Parallel(n_jobs=-1, return_as="generator")(
            delayed(_draw_logos)(motifs.loc[own].to_dict("records"), background) for _, own in files
        )
        with show_progress("writing features", len(table), "feature") as progress:
            for (number, own), logos in zip(files, drawing, strict=True):
                drawn = {
                    str(feature): pages.draw(feature, logo, motifs["why_none"][feature])
                    for feature, logo in zip(own, logos, strict=True)
                }
                write_packed(folder, f"features/{number}", drawn)
                progress.update(len(own))

    def _front_page(self, table: pd.DataFrame) -> str:
        provenance = self.sae.provenance
        title = self.settings.title or (
            f"What layer {provenance.layer} of {provenance.plm_id} has learned"
        )
        return TEMPLATES.get_template("index.html").render(
            title=title,
            citation=self.settings.citation or _OWN_CITATION,
            facts=_run_facts(self.sae, table, self.annotated_proteins.proteins),
            colour_key=colour_key_svg(),
            features_per_file=self.settings.features_per_file,
        )


def _draw_logos(
    motifs: list[dict[Hashable, Any]], background: Float[np.ndarray, " 20"]
) -> list[str]:
    return [motif_logo({str(k): v for k, v in motif.items()}, background) for motif in motifs]


def _run_facts(sae: SAE, table: pd.DataFrame, proteins: pd.DataFrame) -> dict[str, Any]:
    """The settings of the run, for who wants to cite or repeat it."""
    provenance, config = sae.provenance, sae.config
    settings = config.model_dump(exclude_none=True)
    return {
        "PLM": f"{provenance.plm_id}, revision {provenance.plm_revision}",
        "layer": provenance.layer,
        "SAE": ", ".join(f"{name} {value}" for name, value in settings.items()),
        "features that fire": f"{len(table):,} of {sae.d_sae:,}",
        "features with a name": f"{int((table['name'] != '').sum()):,}",
        "proteins": f"{len(proteins):,}",
        "residues": f"{int(proteins['length'].sum()):,}",
    }
