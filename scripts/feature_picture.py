"""Draw one feature's activation along one protein as an SVG picture, for the README.

    python scripts/feature_picture.py --concept "Signal peptide" --output docs/signal_peptide.svg

Reads what `kedro run` left under the data root. Without --feature it takes the concept's best
feature; without --accession, the held-out protein where that feature fires most.
"""

import argparse
from pathlib import Path

import pandas as pd

from plmscope.dashboard import DashboardData, find_runs
from plmscope.features import example_track, picture_svg


def main() -> None:
    """Parse the command line, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--concept", required=True, help="the concept to mark on the protein")
    parser.add_argument("--feature", type=int, help="the concept's best feature by default")
    parser.add_argument("--accession", help="one of the feature's example proteins")
    parser.add_argument("--data-root", type=Path, default=Path("data"))
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    runs = find_runs(arguments.data_root)
    if not runs:
        parser.error(f"nothing has been reported under {arguments.data_root}; run: kedro run")
    drawn = draw(DashboardData(runs[0]), arguments.concept, arguments.feature, arguments.accession)
    arguments.output.write_text(drawn)
    print(f"wrote {arguments.output}")


def draw(
    data: DashboardData, concept: str, feature: int | None = None, accession: str | None = None
) -> str:
    """The picture as SVG.

    Raises:
        SystemExit: The concept has no feature, or the protein is not among its examples.
    """
    of_concept = data.pairs[data.pairs["concept"] == concept]  # best first
    if of_concept.empty:
        raise SystemExit(f"no feature is scored for {concept!r}")
    number = int(of_concept["feature"].iloc[0]) if feature is None else feature
    examples = data.examples(number)
    proteins = data.proteins(examples["accession"])
    is_shown = proteins["split"] == "test" if accession is None else proteins.index == accession
    examples = examples[examples["accession"].isin(proteins.index[is_shown])]
    if examples.empty:
        raise SystemExit(
            f"f/{number} has no such example protein: {accession or 'of the test split'}"
        )
    example = examples.nlargest(1, "peak").iloc[0]
    protein = proteins.loc[example["accession"]]
    pair = data.pairs_of(number).set_index("concept").loc[concept]
    return picture_svg(
        example_track(
            example.to_dict(),
            protein.to_dict(),
            data.annotations([example["accession"]]),
            [concept],
        ),
        f"f/{number} along {_short_name(protein)} ({example['accession']})",
        f"{data.run}; {concept}: test F1 {pair['test_f1']:.2f} (by residue "
        f"{pair['test_f1_per_residue']:.2f}), precision {pair['test_precision']:.2f}; "
        f"{protein['split']} protein of {protein['length']} residues",
    )


def _short_name(protein: pd.Series) -> str:
    """The first gene name; UniProt's protein names can be a line long."""
    genes = str(protein["gene_names"]).split()
    return genes[0] if genes else str(protein["entry_name"])


if __name__ == "__main__":
    main()
