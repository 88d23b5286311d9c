"""The optimisers: Muon for the matrices inside the blocks and for convolutions, AdamW for all the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from laqta.train.muon import Muon

BASE_RATE = "base_rate"
EMBEDDINGS = ("shared.weight", "relative_attention_bias.weight")
NOT_MATRICES = ("scale_shift_table",)
"""Tables that are two-dimensional but multiply nothing."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Learning rates: of Muon (matrices in blocks), of AdamW (the rest), of AdamW on embeddings.

    Where `muon` is None AdamW takes the matrices too.
    Embeddings of tokens start with a standard deviation of 1 and each is seen rarely, those of distances (T5's table)
    must grow to several units before attention can look near: their rate is far larger.
    """

    muon: float | None
    adam: float
    embedding: float = 0.05


def build_optimizers(network: nn.Module, rates: Rates) -> list[Optimizer]:
    """Split the parameters: matrices in transformer blocks and convolutions to Muon, all the rest to AdamW."""
    in_blocks: list[Tensor] = []
    embeddings: list[Tensor] = []
    rest: list[Tensor] = []
    for name, parameter in network.named_parameters():
        is_matrix = parameter.ndim > 2 or (
            parameter.ndim == 2 and "block" in name and not name.endswith(NOT_MATRICES)
        )
        with_muon = is_matrix and rates.muon is not None
        home = embeddings if name.endswith(EMBEDDINGS) else in_blocks if with_muon else rest
        home.append(parameter)
    groups = [{"params": rest, "lr": rates.adam}]
    if embeddings:
        groups.append({"params": embeddings, "lr": rates.embedding})
    optimizers: list[Optimizer] = [torch.optim.AdamW(groups, betas=(0.9, 0.95), weight_decay=0.0, fused=True)]
    if rates.muon is not None and in_blocks:
        optimizers.append(Muon(in_blocks, lr=rates.muon))
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
