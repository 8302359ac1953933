import importlib.util
import shutil
import sys

import pytest
import torch

from plmscope.saes import make_sae
from plmscope.training import StepSettings, Trainer
from plmscope.training.step.objectives.settings import objective_settings

D_MODEL, D_SAE, BATCH, N_STEPS = 12, 64, 96, 40
TRAINABLE = ["relu", "topk", "batch_topk", "jumprelu", "matryoshka"]
DEAD_AFTER = 3 * BATCH


@pytest.fixture(scope="module")
def dense_reference(project):
    """The plain autograd trainer that the benchmark races against."""
    path = project / "benchmarks" / "dense_reference.py"
    spec = importlib.util.spec_from_file_location("dense_reference", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["dense_reference"] = module
    spec.loader.exec_module(module)
    return module.DenseReference


def batches(n=N_STEPS, dtype=torch.float64):
    """Sparse mixtures of directions, with an offset and a scale to normalise away."""
    generator = torch.Generator().manual_seed(7)
    directions = torch.randn(40, D_MODEL, generator=generator, dtype=dtype)
    for _ in range(n):
        active = torch.rand(BATCH, 40, generator=generator) < 0.1
        strength = torch.rand(BATCH, 40, generator=generator, dtype=dtype) * active
        noise = torch.randn(BATCH, D_MODEL, generator=generator, dtype=dtype)
        yield 3 * (strength @ directions + 0.1 * noise) + 5


def sae_of(architecture, dtype=torch.float64, seed=0):
    config = {"architecture": architecture, "d_model": D_MODEL, "d_sae": D_SAE}
    if architecture in ("topk", "batch_topk", "matryoshka"):
        config["k"] = 6
    sae = make_sae(config, seed).to(dtype)
    sae.set_input_normalisation(torch.full((D_MODEL,), 5.0), 3.0)
    with torch.no_grad():
        sae.b_enc[:9] = -3.0  # dead from the start
        if architecture == "jumprelu":
            # Above and below 0, near half a bandwidth: every branch of the estimators.
            sae.threshold.copy_(torch.linspace(-0.05, 0.3, D_SAE))
    return sae


OWN = {
    "relu": {
        "sparsity_warmup_fraction": 0.2,
        "l1_coefficient": 0.05,
        "resample_every_fraction": 0.25,
    },
    "jumprelu": {"l0_warmup_fraction": 0.2, "target_l0": 6.0, "bandwidth": 0.1},
    "topk": {"threshold_momentum": 0.9, "threshold_start_fraction": 3 / N_STEPS},
}
"""What only these can be told; the others are made from TopK."""


def settings_of(architecture, own=None, **changes):
    given = OWN.get(architecture, OWN["topk"]) | (own or {})
    return StepSettings(
        **{
            "n_steps": N_STEPS,
            "learning_rate": 5e-3,
            "warmup_fraction": 0.1,
            "decay_fraction": 0.25,
            "max_gradient_norm": 0.5,
            "dead_after_residues": DEAD_AFTER,
            "objective": given,
        }
        | changes
    )


def in_steps(own):
    """The objective's settings as the reference takes them."""
    told = own.model_dump()
    every = told.pop("resample_every_fraction", None)
    told["resample_every"] = every and round(every * N_STEPS)
    told["momentum"] = told.pop("threshold_momentum", None)
    told["threshold_start_step"] = 3
    return {
        name: value for name, value in told.items() if not name.endswith(("_fraction", "_rule"))
    }


def reference_of(dense_reference, sae, settings):
    return dense_reference(
        sae.config.architecture,
        dict(sae.named_parameters()),
        n_steps=N_STEPS,
        learning_rate=settings.learning_rate,
        warmup_steps=4,
        decay_start=30,
        max_gradient_norm=settings.max_gradient_norm,
        sparsity_warmup_steps=8,
        k=getattr(sae.config, "k", None),
        dead_after=settings.dead_after_residues,
        prefix_sizes=getattr(sae.config, "prefix_sizes", [D_SAE]),
        **in_steps(objective_settings(sae.config.architecture, settings)),
    )


@pytest.fixture(params=["dense", "sparse", "blocks"])
def _products(request, monkeypatch):
    """Each way in which the products of a step can be made."""
    if request.param == "sparse":
        monkeypatch.setattr("plmscope.training.step.encoder.DENSE_ABOVE", 2.0)
    if request.param == "blocks":
        monkeypatch.setattr("plmscope.training.step.encoder.BLOCK_VALUES", 20 * D_SAE)


class TestEqualsThePlainFormulas:
    """InterPLM's formulas, differentiated by autograd in float64, over 40 steps."""

    @pytest.mark.usefixtures("_products")
    @pytest.mark.parametrize("architecture", TRAINABLE)
    def test_float64(self, dense_reference, architecture):
        sae, settings = sae_of(architecture), settings_of(architecture)
        reference = reference_of(dense_reference, sae, settings)
        trainer = Trainer(sae, settings)
        clipped, auxiliary = [], []
        for batch in batches():
            expected = reference.step((batch - 5.0) / 3.0)
            metrics = trainer.step(batch)
            assert float(metrics["loss"]) == pytest.approx(expected, rel=1e-6)
            clipped.append(float(metrics["gradient_norm"]) > 0.5)
            auxiliary.append(float(metrics.get("auxiliary_loss", 1)))
        assert any(clipped)
        assert any(auxiliary)
        for ours, theirs in (
            (sae.W_enc, reference.W_enc),
            (sae.b_enc, reference.b_enc),
            (sae.W_dec, reference.W_dec.T),
            (sae.b_dec, reference.b_dec),
        ):
            torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-7)
        if architecture == "jumprelu":
            torch.testing.assert_close(sae.threshold, reference.theta, rtol=1e-5, atol=1e-7)
        elif architecture != "relu":
            assert float(sae.threshold) == pytest.approx(reference.threshold, rel=1e-5)

    @pytest.mark.parametrize("architecture", TRAINABLE)
    @pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-3), ("bfloat16", 3e-2)])
    def test_loss_at_lower_precision(
        self, dense_reference, monkeypatch, architecture, precision, tolerance
    ):
        # On any machine: products that the hardware lacks are emulated here, not replaced.
        has_products = "plmscope.training.step.precision.has_bfloat16_products"
        monkeypatch.setattr(has_products, lambda _: True)
        own = {"relu": {"resample_every_fraction": None}, "jumprelu": {"bandwidth": 0.2}}
        settings = settings_of(architecture, own.get(architecture), precision=precision)
        sae = sae_of(architecture, torch.float32)
        reference = reference_of(dense_reference, sae_of(architecture), settings)
        trainer = Trainer(sae, settings)
        for batch in batches():
            expected = reference.step((batch - 5.0) / 3.0)
            loss = float(trainer.step(batch.float())["loss"])
        assert loss == pytest.approx(expected, rel=tolerance)

    @pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler")
    @pytest.mark.parametrize("architecture", ["relu", "jumprelu", "topk"])
    def test_compiled(self, dense_reference, architecture):
        sae, settings = sae_of(architecture), settings_of(architecture, compile=True)
        reference = reference_of(dense_reference, sae, settings)
        trainer = Trainer(sae, settings)
        for batch in batches(12):
            expected = reference.step((batch - 5.0) / 3.0)
            assert float(trainer.step(batch)["loss"]) == pytest.approx(expected, rel=1e-6)


class TestState:
    @pytest.mark.parametrize("architecture", TRAINABLE)
    def test_resumed_equals_uninterrupted_bit_for_bit(self, architecture):
        """Fault 18: random state and dead counters were not saved."""
        settings = settings_of(architecture)
        stream = list(batches(dtype=torch.float32))
        straight = Trainer(sae_of(architecture, torch.float32), settings)
        for batch in stream:
            straight.step(batch)

        first = Trainer(sae_of(architecture, torch.float32), settings)
        for batch in stream[:17]:
            first.step(batch)
        second = Trainer(sae_of(architecture, torch.float32, seed=5), settings)
        second.sae.load_state_dict(first.sae.state_dict())
        second.load_state_dict(first.state_dict())
        for batch in stream[17:]:
            second.step(batch)
        for name, value in straight.sae.state_dict().items():
            assert torch.equal(value, second.sae.state_dict()[name]), name

    @pytest.mark.parametrize("architecture", TRAINABLE)
    def test_encoding_in_between_changes_nothing(self, architecture):
        """Fault 10: logging and evaluation moved the threshold and the dead-feature counters."""
        settings = settings_of(architecture)
        stream = list(batches(dtype=torch.float32))
        alone = Trainer(sae_of(architecture, torch.float32), settings)
        watched = Trainer(sae_of(architecture, torch.float32), settings)
        for batch in stream:
            alone.step(batch)
            watched.step(batch)
            watched.sae.encode(batch)
            watched.sae.encode_sparse(batch)
            watched.sae(batch)
        for name, value in alone.sae.state_dict().items():
            assert torch.equal(value, watched.sae.state_dict()[name]), name
        assert torch.equal(
            alone.objective.firing.residues_since_fired,
            watched.objective.firing.residues_since_fired,
        )


class TestTrainer:
    @pytest.mark.parametrize("architecture", TRAINABLE)
    def test_learns(self, architecture):
        sae = sae_of(architecture, torch.float32)
        own = {"relu": {"l1_coefficient": 0.02}}.get(architecture)
        settings = settings_of(architecture, own, n_steps=300, max_gradient_norm=None)
        trainer = Trainer(sae, settings)
        history = [trainer.step(batch) for batch in batches(300, torch.float32)]
        assert history[-1]["fvu"] < 0.35 * history[0]["fvu"]
        norms = sae.W_dec.norm(dim=1)
        torch.testing.assert_close(norms, torch.ones_like(norms))

    def test_metrics_say_what_the_batch_was_like(self):
        sae = sae_of("topk", torch.float32)
        trainer = Trainer(sae, settings_of("topk"))
        batch = next(batches(dtype=torch.float32))
        features, z = sae.encode(batch), sae.normalise(batch)
        error = (z - sae.normalise(sae(batch))).detach()
        metrics = trainer.step(batch)
        assert float(metrics["l0"]) == pytest.approx(float((features > 0).sum(1).float().mean()))
        expected = error.square().sum() / (z - z.mean(0)).square().sum()
        assert float(metrics["fvu"]) == pytest.approx(float(expected), rel=1e-4)
        assert float(metrics["dead_fraction"]) == 0

    @pytest.mark.parametrize("architecture", ["identity", "pca"])
    def test_baselines_cannot_be_trained(self, architecture):
        config = {"architecture": architecture, "d_model": 12, "d_sae": 12}
        with pytest.raises(ValueError, match=f"{architecture} cannot be trained"):
            Trainer(make_sae(config), StepSettings(n_steps=10))

    def test_perfect_reconstruction_has_finite_gradients(self):
        """The derivative of |e| at e = 0."""
        sae = sae_of("relu", torch.float32)
        with torch.no_grad():
            sae.b_enc.fill_(-100)
        trainer = Trainer(sae, settings_of("relu", {"resample_every_fraction": None}))
        for _ in range(3):
            trainer.step(sae.input_mean.expand(BATCH, -1).clone())
        assert all(p.isfinite().all() for p in sae.parameters())

    def test_batch_of_fewer_positive_values_than_are_kept(self):
        sae = sae_of("batch_topk", torch.float32)
        with torch.no_grad():
            sae.b_enc.fill_(-2.0)
        metrics = Trainer(sae, settings_of("batch_topk")).step(next(batches(dtype=torch.float32)))
        assert float(metrics["l0"]) < 6


class TestResampling:
    @pytest.mark.parametrize("rule", ["uniform", "by_loss"])
    def test_dead_features_get_directions_of_the_batch(self, rule):
        sae = sae_of("relu", torch.float32)
        trainer = Trainer(
            sae,
            settings_of("relu", {"resampling_rule": rule, "resample_every_fraction": 6 / N_STEPS}),
        )
        for batch in batches(6, torch.float32):
            trainer.step(batch)
        assert (trainer.objective.firing.residues_since_fired[:9] == 6 * BATCH).all()
        trainer.step(batch)
        assert (trainer.objective.firing.residues_since_fired[:9] == 0).all()
        assert (sae.b_enc[:9] == 0).all()
        z = torch.nn.functional.normalize(sae.normalise(batch), dim=1)
        assert ((sae.W_dec[:9] @ z.T).amax(1) > 0.99).all()
        moments = trainer.optimiser.adam.state[sae.b_enc]["exp_avg"][:9]
        assert (moments == 0).all()
