"""The optimisers: Muon for the matrices inside the blocks, AdamW for all the rest."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

BASE_RATE = "base_rate"


def build_optimizers(network: nn.Module, muon_rate: float, adam_rate: float) -> list[Optimizer]:
    """Split a transformer's parameters: two-dimensional weights of its blocks to Muon, the rest to AdamW.

    Muon's step is scaled to the root mean square of AdamW's (Liu et al. 2025, https://arxiv.org/abs/2502.16982),
    so both rates are of one kind.
    """
    in_blocks: list[Tensor] = []
    rest: list[Tensor] = []
    for name, parameter in network.named_parameters():
        is_matrix = parameter.ndim == 2 and "blocks." in name and "scale_shift_table" not in name
        (in_blocks if is_matrix else rest).append(parameter)
    optimizers: list[Optimizer] = [
        torch.optim.AdamW(rest, lr=adam_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    ]
    if in_blocks:
        optimizers.append(
            torch.optim.Muon(
                in_blocks, lr=muon_rate, weight_decay=0.01, momentum=0.95, adjust_lr_fn="match_rms_adamw"
            )
        )
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group[BASE_RATE] = group["lr"]
    return optimizers


def step_all(optimizers: Sequence[Optimizer], factor: float) -> None:
    """Take one step at `factor` times each base rate and clear the gradients."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = factor * group[BASE_RATE]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
