import pytest
from pydantic import ValidationError

from plmscope.errors import describe_validation_error
from plmscope.parameters import Parameters


class Settings(Parameters):
    k: int


class TestTell:
    def test_names_keys_and_stays_short(self):
        with pytest.raises(ValidationError) as caught:
            Settings.model_validate({f"key_{number}": 0 for number in range(30)})
        message = describe_validation_error(caught.value)
        assert message.startswith("k: Field required; key_0: There is no such setting.")
        assert message.endswith("; and 28 more")

    def test_of_something_that_is_no_json(self):
        with pytest.raises(ValidationError) as caught:
            Settings.model_validate_json(b"{")
        assert describe_validation_error(caught.value).startswith("the whole: Invalid JSON")
