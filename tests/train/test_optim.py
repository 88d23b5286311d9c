from __future__ import annotations

import pytest
import torch
from torch import nn

from laqta.models.sizes import SPECK, build_text_encoder, build_transformer
from laqta.train.muon import Muon
from laqta.train.optim import Rates, build_optimizers, step_all

RATES = Rates(muon=0.01, adam=0.002, embedding=0.05)


@pytest.mark.parametrize(
    "network", [build_transformer(SPECK), build_text_encoder(SPECK, 300)], ids=["dit", "text"]
)
def test_every_weight_has_exactly_one_optimizer(network: nn.Module) -> None:
    optimizers = build_optimizers(network, RATES)
    held = [
        id(weight)
        for optimizer in optimizers
        for group in optimizer.param_groups
        for weight in group["params"]
    ]
    assert sorted(held) == sorted(id(weight) for weight in network.parameters())


def test_muon_has_the_matrices_inside_the_blocks_and_nothing_else() -> None:
    for network, out in (
        (build_transformer(SPECK), ("scale_shift_table",)),
        (build_text_encoder(SPECK, 300), ()),
    ):
        adam, muon = build_optimizers(network, RATES)
        assert type(adam) is torch.optim.AdamW and type(muon) is Muon
        held = {id(weight) for group in muon.param_groups for weight in group["params"]}
        names = {name for name, weight in network.named_parameters() if id(weight) in held}
        assert names == {
            name
            for name, weight in network.named_parameters()
            if weight.ndim == 2
            and ("transformer_blocks." in name or "encoder.block." in name)
            and not name.endswith(("relative_attention_bias.weight", *out))
        }
        assert names


def test_without_muon_adamw_has_all_of_it() -> None:
    network = build_transformer(SPECK)
    (adam,) = build_optimizers(network, Rates(muon=None, adam=0.002))
    assert type(adam) is torch.optim.AdamW
    held = {id(weight) for group in adam.param_groups for weight in group["params"]}
    assert held == {id(weight) for weight in network.parameters()}


def test_embeddings_have_a_rate_of_their_own() -> None:
    encoder = build_text_encoder(SPECK, 300)
    adam = build_optimizers(encoder, RATES)[0]
    rates = {id(weight): group["lr"] for group in adam.param_groups for weight in group["params"]}
    nearness = encoder.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight
    assert rates.pop(id(encoder.shared.weight)) == rates.pop(id(nearness)) == 0.05
    assert set(rates.values()) == {0.002}


def test_a_step_follows_the_schedule_and_clears_the_gradients() -> None:
    network = build_transformer(SPECK)
    optimizers = build_optimizers(network, RATES)
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    for factor in (0.0, 0.5):
        for weight in network.parameters():
            weight.grad = torch.ones_like(weight)
        step_all(optimizers, factor)
        rates = {group["lr"] for optimizer in optimizers for group in optimizer.param_groups}
        assert rates == {0.01 * factor, 0.002 * factor}
        assert all(weight.grad is None for weight in network.parameters())
        moved = [not torch.equal(before[name], weight) for name, weight in network.named_parameters()]
        assert all(moved) if factor else not any(moved)
