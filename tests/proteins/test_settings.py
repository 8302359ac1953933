import pytest
from pydantic import ValidationError

from plmscope.proteins import ConceptSettings, IngestionSettings, SplitSettings


class TestIngestionSettings:
    def test_lengths_in_order(self):
        with pytest.raises(
            ValidationError, match=r"min_length \(9\) is larger than max_length \(3\)"
        ):
            IngestionSettings(min_length=9, max_length=3)

    def test_unknown_key(self):
        with pytest.raises(ValidationError, match="n_proteins"):
            IngestionSettings(n_proteins=3)

    def test_unknown_choice(self):
        with pytest.raises(ValidationError, match="stop"):
            IngestionSettings(on_bad_feature="skip")


class TestSplitSettings:
    def test_shares_add_up(self):
        with pytest.raises(ValidationError, match="not 1"):
            SplitSettings(train=0.6, valid=0.3, test=0.2)


class TestConceptSettings:
    def test_counts_are_not_negative(self):
        with pytest.raises(ValidationError, match="min_proteins"):
            ConceptSettings(min_proteins=-1)
