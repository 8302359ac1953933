"""scripts/feature_picture.py, as a person runs it."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture
def draw(project: Path, data_root: Path, tmp_path: Path):
    def run(*arguments: str) -> tuple[subprocess.CompletedProcess, Path]:
        output = tmp_path / "picture.svg"
        script = project / "scripts" / "feature_picture.py"
        common = ["--data-root", str(data_root), "--output", str(output)]
        done = subprocess.run(
            [sys.executable, str(script), *common, *arguments], capture_output=True, text=True
        )
        return done, output

    return run


class TestFeaturePicture:
    def test_draws_the_feature_asked_for(self, draw):
        done, output = draw("--concept", "Helix", "--feature", "7")
        assert done.returncode == 0, done.stderr
        texts = [element.text for element in ET.parse(output).iter() if element.text]
        assert texts[0].startswith("f/7 along GENE")
        assert "Helix" in texts

    def test_takes_the_feature_that_is_best_on_valid(self, draw, data_root: Path):
        """Regression: an amino acid's feature was the named one that is best on test."""
        pairs = pd.read_parquet(data_root / "08_reporting/tiny/layer_2/default/pair_scores.parquet")
        of_concept = pairs[pairs["concept"] == "Amino acid: C"]
        best = of_concept.loc[of_concept["valid_f1"].idxmax()]
        done, output = draw("--concept", "Amino acid: C")
        assert done.returncode == 0, done.stderr
        texts = [element.text for element in ET.parse(output).iter() if element.text]
        assert texts[0].startswith(f"f/{best['feature']} along")
        f1 = f"F1 {best['test_f1']:.2f} (by residue {best['test_f1_per_residue']:.2f})"
        assert f1 in texts[1]

    def test_refuses_a_concept_that_no_feature_is_scored_for(self, draw):
        done, output = draw("--concept", "Wing")
        assert done.returncode != 0
        assert "no feature is scored for 'Wing'" in done.stderr
        assert not output.exists()
