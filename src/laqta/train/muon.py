"""Muon: momentum whose every matrix is brought to singular values of about 1 before it is stepped along.

Jordan et al. 2024, https://kellerjordan.github.io/posts/muon. torch has one too, which takes the matrices one by
one and in bfloat16: on a CPU that is the larger part of a small model's step. This one stacks equal shapes and
stays in float32 where bfloat16 does not pay (docs/log.md has the times).

Shape suffixes: M matrices, R rows, C columns.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic step, which trade an exact 1 for speed: singular values end between 0.7 and 1.2."""

ROUNDS = 5


class Muon(Optimizer):
    """Nesterov momentum, orthogonalised; steps have the root mean square of AdamW's, so rates are of one kind.

    The scale is Liu et al. 2025, https://arxiv.org/abs/2502.16982. A convolution's weight is taken as the matrix
    from its window to its outputs; one-dimensional parameters are refused.
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float, weight_decay: float = 0.01, momentum: float = 0.95
    ) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        assert all(weight.ndim >= 2 for group in self.param_groups for weight in group["params"])

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take one step along all gradients there are."""
        assert closure is None
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            updates = [self._momentum(weight, group["momentum"]).flatten(1) for weight in weights]
            torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
            order = sorted(range(len(weights)), key=lambda at: tuple(updates[at].shape))
            for shape, places in groupby(order, key=lambda at: tuple(updates[at].shape)):
                same = list(places)
                steps_MRC = orthogonal(torch.stack([updates[at] for at in same]))
                scale = -group["lr"] * 0.2 * max(shape) ** 0.5
                for at, step_RC in zip(same, steps_MRC, strict=True):
                    weights[at].add_(step_RC.view_as(weights[at]), alpha=scale)

    def _momentum(self, weight: Tensor, momentum: float) -> Tensor:
        assert weight.grad is not None
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        state["momentum"].lerp_(weight.grad, 1 - momentum)
        return weight.grad.lerp(state["momentum"], momentum)


def orthogonal(matrices_MRC: Tensor) -> Tensor:
    """The nearest matrices with equal singular values, roughly, by Newton-Schulz rounds; any shape (M, R, C)."""
    rows, columns = matrices_MRC.shape[1:]
    x_MRC = matrices_MRC if rows <= columns else matrices_MRC.mT
    x_MRC = x_MRC / (x_MRC.norm(dim=(1, 2), keepdim=True) + 1e-7)
    if x_MRC.is_cuda:
        x_MRC = x_MRC.bfloat16()
    a, b, c = COEFFICIENTS
    for _ in range(ROUNDS):
        gram_MRR = x_MRC @ x_MRC.mT
        x_MRC = a * x_MRC + torch.baddbmm(gram_MRR, gram_MRR, gram_MRR, beta=b, alpha=c) @ x_MRC
    x_MRC = x_MRC.to(matrices_MRC.dtype)
    return x_MRC if rows <= columns else x_MRC.mT.contiguous()
