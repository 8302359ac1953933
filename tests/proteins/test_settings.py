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

    def test_a_seed_is_not_negative(self):
        """Regression: numpy refused it, after the table had been read."""
        with pytest.raises(ValidationError, match="seed"):
            IngestionSettings(seed=-1)


class TestSplitSettings:
    def test_shares_add_up(self):
        with pytest.raises(ValidationError, match="not 1"):
            SplitSettings(train=0.6, valid=0.3, test=0.2)

    def test_train_alone_may_be_nothing(self):
        assert SplitSettings(train=0, valid=0.5, test=0.5).train == 0
        for shares in ({"valid": 0, "test": 0.4}, {"valid": 0.4, "test": 0}):
            with pytest.raises(ValidationError, match="greater than 0"):
                SplitSettings(train=0.6, **shares)

    def test_no_share_is_negative(self):
        with pytest.raises(ValidationError, match="train"):
            SplitSettings(train=-0.2, valid=0.6, test=0.6)

    def test_a_seed_is_not_negative(self):
        with pytest.raises(ValidationError, match="seed"):
            SplitSettings(seed=-1)


class TestConceptSettings:
    def test_counts_are_not_negative(self):
        with pytest.raises(ValidationError, match="min_proteins"):
            ConceptSettings(min_proteins=-1)
