import torch

from plmscope.plms import randomise_weights


class TestRandomiseWeights:
    def test_permutes_each_tensor_and_leaves_the_plm(self, tiny, sequences):
        before = {name: value.clone() for name, value in tiny.model.state_dict().items()}
        control = randomise_weights(tiny, seed=1)
        for name, value in tiny.model.named_parameters():
            permuted = control.model.get_parameter(name)
            torch.testing.assert_close(value, before[name])
            torch.testing.assert_close(permuted.flatten().sort()[0], value.flatten().sort()[0])
        found, expected = (plm.embed(sequences, [2])[0][2] for plm in (control, tiny))
        assert (found - expected).norm() > 0.5 * expected.norm()

    def test_seed_decides_weights_and_revision(self, tiny):
        one, again, other = (randomise_weights(tiny, seed) for seed in (1, 1, 2))
        name = "esm.encoder.layer.0.output.dense.weight"
        torch.testing.assert_close(one.model.get_parameter(name), again.model.get_parameter(name))
        assert not torch.equal(one.model.get_parameter(name), other.model.get_parameter(name))
        assert len({plm.revision for plm in (tiny, one, other)}) == 3
