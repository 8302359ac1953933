import pytest
from pydantic import ValidationError

from plmscope.concepts import settings
from plmscope.parameters import Parameters

SEEDED = [
    cls
    for cls in vars(settings).values()
    if isinstance(cls, type) and issubclass(cls, Parameters) and "seed" in cls.model_fields
]


class TestSeeds:
    @pytest.mark.parametrize("cls", SEEDED)
    def test_below_zero_are_refused_before_a_run(self, cls):
        """Regression: numpy refused them, after the minutes that came before the draw."""
        with pytest.raises(ValidationError, match="greater than or equal to 0"):
            cls(seed=-1)

    def test_are_in_four_groups(self):
        assert len(SEEDED) == 4
