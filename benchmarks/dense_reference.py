"""A plain dense autograd step after InterPLM v1.0's formulas: what the fast step must equal.

Written from `docs/saes.md`'s table of formulas, without anything from `plmscope`: every product is
dense, every gradient is autograd's, Adam is torch's own. The benchmark races against it in float32,
the tests hold the fast step to it in float64.
"""

import torch


class JumpFunction(torch.autograd.Function):
    """p * 1[p > threshold], with a rectangular window around the threshold."""

    @staticmethod
    def forward(ctx, p, threshold, bandwidth):
        ctx.save_for_backward(p, threshold)
        ctx.bandwidth = bandwidth
        return p * (p > threshold)

    @staticmethod
    def backward(ctx, gradient):
        p, threshold = ctx.saved_tensors
        window = ((p - threshold) / ctx.bandwidth).abs() < 0.5
        d_threshold = -(threshold / ctx.bandwidth) * window * gradient
        return (p > threshold) * gradient, d_threshold.sum(0), None


class StepFunction(torch.autograd.Function):
    """1[f > threshold], with the same window."""

    @staticmethod
    def forward(ctx, f, threshold, bandwidth):
        ctx.save_for_backward(f, threshold)
        ctx.bandwidth = bandwidth
        return (f > threshold).to(f)

    @staticmethod
    def backward(ctx, gradient):
        f, threshold = ctx.saved_tensors
        window = ((f - threshold) / ctx.bandwidth).abs() < 0.5
        return None, (-(1 / ctx.bandwidth) * window * gradient).sum(0), None


class DenseReference:
    """One architecture's trainer.

    Args:
        architecture: relu, topk, batch_topk, jumprelu or matryoshka.
        weights: W_enc [d_sae, d_model], b_enc, W_dec [d_sae, d_model], b_dec, and for JumpReLU
            threshold.
        n_steps, learning_rate, warmup_steps, decay_start, max_gradient_norm: The run.
        sparsity_warmup_steps, l1_coefficient, resample_every, resampling_seed: ReLU.
        target_l0, l0_coefficient, bandwidth: JumpReLU.
        k, auxiliary_coefficient, dead_after, momentum, threshold_start_step, prefix_sizes: TopK
            family.
    """

    def __init__(self, architecture, weights, **settings):
        self.architecture = architecture
        for name, value in settings.items():
            setattr(self, name, value)
        copy = {name: value.detach().clone() for name, value in weights.items()}
        self.W_enc, self.b_enc = copy["W_enc"], copy["b_enc"]
        self.W_dec, self.b_dec = copy["W_dec"].T.contiguous(), copy["b_dec"]
        self.parameters = [self.W_enc, self.b_enc, self.W_dec, self.b_dec]
        if architecture == "jumprelu":
            self.theta = copy["threshold"]
            self.parameters.append(self.theta)
        for parameter in self.parameters:
            parameter.requires_grad_()
        betas = (0.0, 0.999) if architecture == "jumprelu" else (0.9, 0.999)
        self.adam = torch.optim.Adam(self.parameters, lr=self.learning_rate, betas=betas)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.adam, self.factor)
        self.silent = torch.zeros(len(self.b_enc), dtype=torch.long)
        self.threshold = -1.0
        self.n_updates = 0
        if architecture == "relu" and self.resample_every:
            self.generator = torch.Generator().manual_seed(self.resampling_seed)

    def factor(self, step):
        if step < self.warmup_steps:
            return step / self.warmup_steps
        if step >= self.decay_start:
            return (self.n_steps - step) / (self.n_steps - self.decay_start)
        return 1.0

    def step(self, x):
        loss = getattr(self, f"{self.architecture}_loss")(x)
        self.adam.zero_grad()
        loss.backward()
        if self.architecture == "relu":
            self.clip()
            self.project()
        else:
            self.project()
            self.clip()
        self.adam.step()
        self.schedule.step()
        with torch.no_grad():
            self.W_dec /= self.W_dec.norm(dim=0)
        if self.architecture == "relu" and self.resample_every:
            self.resample(x)
        self.n_updates += 1
        return loss.item()

    def clip(self):
        if self.max_gradient_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.max_gradient_norm)

    def project(self):
        with torch.no_grad():
            unit = self.W_dec / self.W_dec.norm(dim=0)
            self.W_dec.grad -= (self.W_dec.grad * unit).sum(0) * unit

    def pre_activations(self, x):
        return (x - self.b_dec) @ self.W_enc.T + self.b_enc

    def decode(self, f):
        return f @ self.W_dec.T + self.b_dec

    def ramp(self):
        return min(self.n_updates / self.sparsity_warmup_steps, 1.0)

    def relu_loss(self, x):
        f = torch.relu(self.pre_activations(x))
        self.silent += 1
        self.silent[(f > 0).any(0)] = 0
        error = (x - self.decode(f)).norm(dim=1).mean()
        return error + self.l1_coefficient * self.ramp() * f.sum(1).mean()

    def jumprelu_loss(self, x):
        p = x @ self.W_enc.T + self.b_enc
        f = JumpFunction.apply(p, self.theta, self.bandwidth)
        error = (x - self.decode(f)).square().sum(1).mean()
        l0 = StepFunction.apply(f, self.theta, self.bandwidth).sum(1).mean()
        return error + self.l0_coefficient * self.ramp() * (l0 / self.target_l0 - 1) ** 2

    def topk_loss(self, x):
        a = torch.relu(self.pre_activations(x))
        values, indices = a.topk(self.k, dim=1)
        f = torch.zeros_like(a).scatter(1, indices, values)
        fired = torch.zeros_like(self.silent, dtype=torch.bool)
        fired[indices.flatten()] = True
        with_any = values.detach()[(values > 0).any(1)]  # the smallest of none is left out
        smallest = float(with_any.where(with_any > 0, torch.inf).amin(1).mean())
        return self.reconstruction_and_auxiliary_loss(x, a, f, fired, smallest)

    def batch_topk_loss(self, x):
        a = torch.relu(self.pre_activations(x))
        values, indices = a.flatten().topk(self.k * len(x))
        f = torch.zeros_like(a).flatten().scatter(0, indices, values).view_as(a)
        positive = values.detach()[values > 0]
        smallest = float(positive.min()) if len(positive) else 0.0
        return self.reconstruction_and_auxiliary_loss(x, a, f, f.sum(0) > 0, smallest)

    matryoshka_loss = batch_topk_loss

    def reconstruction_and_auxiliary_loss(self, x, a, f, fired, smallest):
        self.silent += len(x)
        self.silent[fired] = 0
        if self.n_updates > self.threshold_start_step:
            moved = self.momentum * self.threshold + (1 - self.momentum) * smallest
            self.threshold = smallest if self.threshold < 0 else moved
        errors = [
            x - f[:, :size] @ self.W_dec[:, :size].T - self.b_dec for size in self.prefix_sizes
        ]
        loss = sum(error.square().sum(1).mean() for error in errors) / len(errors)
        return loss + self.auxiliary_coefficient * self.auxiliary_loss(errors[-1].detach(), a)

    def auxiliary_loss(self, error, a):
        dead = self.silent >= self.dead_after
        if not dead.any():
            return 0.0
        k = min(self.W_dec.shape[0] // 2, int(dead.sum()))
        values, indices = a.where(dead, -torch.inf).topk(k, dim=1)
        explained = torch.zeros_like(a).scatter(1, indices, values) @ self.W_dec.T
        variance = (error - error.mean(0)).square().sum(1).mean()
        return ((error - explained).square().sum(1).mean() / variance).nan_to_num(0.0)

    @torch.no_grad()
    def resample(self, x):
        if self.n_updates % self.resample_every:
            return
        dead = (self.silent > self.resample_every / 2).nonzero().flatten()
        if len(dead) == 0:
            return
        chosen = torch.randperm(len(x), generator=self.generator)[: len(dead)]
        noise = torch.randn(len(dead), x.shape[1], generator=self.generator)
        v = x[chosen] + 0.01 * noise
        v = v / v.norm(dim=1, keepdim=True)
        self.W_enc[dead], self.b_enc[dead], self.W_dec[:, dead] = v, 0.0, v.T
        self.silent[dead] = 0
