from types import SimpleNamespace

import pytest

from plmscope.saes import CheckpointMismatch, Provenance, check_compatible

ORIGIN = {
    "plm_id": "facebook/esm2_t6_8M_UR50D",
    "plm_revision": "abc",
    "layer": 4,
    "token_rule": "residues only",
}


@pytest.fixture
def trained_sae(make_calibrated_sae):
    sae = make_calibrated_sae("topk")
    sae.provenance = Provenance(**ORIGIN)
    return sae


def manifest(**changes):
    return SimpleNamespace(**(ORIGIN | {"d_model": 12} | changes))


class TestCheckCompatible:
    """Fault 23: a checkpoint of another layer or PLM loaded without a word."""

    def test_same_origin_passes(self, trained_sae):
        check_compatible(trained_sae, manifest())

    @pytest.mark.parametrize(
        ("field", "trained", "given"),
        [
            ("plm_id", "facebook/esm2_t6_8M_UR50D", "other"),
            ("plm_revision", "abc", "def"),
            ("layer", "4", 5),
            ("token_rule", "residues only", "all tokens"),
            ("d_model", "12", 320),
        ],
    )
    def test_names_the_field_and_both_values(self, trained_sae, field, trained, given):
        with pytest.raises(CheckpointMismatch, match=rf"^{field}: .*{trained}.*{given}"):
            check_compatible(trained_sae, manifest(**{field: given}))

    def test_unknown_origin_is_not_compared(self, trained_sae):
        trained_sae.provenance = Provenance(plm_id=ORIGIN["plm_id"], layer=4)
        check_compatible(trained_sae, manifest(plm_revision="anything"))
