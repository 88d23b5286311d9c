from __future__ import annotations

import pytest
import torch
from torch import Tensor

from laqta.train.muon import Muon, orthogonal

SHAPES = [(32, 32), (48, 16), (16, 48), (32, 32)]
KERNEL = (8, 4, 3, 3)


@pytest.mark.parametrize("shape", [(3, 24, 24), (2, 16, 64), (2, 64, 16)])
def test_singular_values_come_near_one_and_directions_stay(shape: tuple[int, int, int]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    made = orthogonal(matrices)
    assert made.shape == shape
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    along = (left.mT @ made @ right.mT).diagonal(dim1=1, dim2=2)
    assert along.min() > 0.1 and along.max() < 1.3  # the smallest of a square matrix have not arrived
    assert along.mean() > 0.8


def test_it_walks_as_torchs_own_muon_does_but_for_bfloat16() -> None:
    def walked(make: type) -> list[Tensor]:
        dice = torch.Generator().manual_seed(1)
        weights = [torch.nn.Parameter(torch.randn(shape, generator=dice)) for shape in SHAPES]
        before = [weight.detach().clone() for weight in weights]
        optimizer = (
            Muon(weights, lr=0.01)
            if make is Muon
            else torch.optim.Muon(weights, lr=0.01, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
        )
        for _ in range(3):
            for weight in weights:
                weight.grad = torch.randn(weight.shape, generator=dice)
            optimizer.step()
        return [weight.detach() - start for weight, start in zip(weights, before, strict=True)]

    for ours, theirs in zip(walked(Muon), walked(torch.optim.Muon), strict=True):
        assert torch.cosine_similarity(ours.flatten(), theirs.flatten(), dim=0) > 0.995
        assert ours.norm() / theirs.norm() == pytest.approx(1, abs=0.05)


def test_its_state_is_saved_and_loaded() -> None:
    weight = torch.nn.Parameter(torch.eye(8))
    weight.grad = torch.randn(8, 8, generator=torch.Generator().manual_seed(2))
    first = Muon([weight], lr=0.01)
    first.step()
    second = Muon([weight], lr=0.01)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.state[weight]["momentum"], second.state[weight]["momentum"])


def test_a_convolution_is_a_matrix_from_its_window_to_its_outputs() -> None:
    dice = torch.Generator().manual_seed(3)
    start, gradient = torch.randn(KERNEL, generator=dice), torch.randn(KERNEL, generator=dice)
    kernel, matrix = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.flatten(1).clone())
    kernel.grad, matrix.grad = gradient.clone(), gradient.flatten(1).clone()
    Muon([kernel], lr=0.01).step()
    Muon([matrix], lr=0.01).step()
    assert torch.equal(kernel.flatten(1), matrix)
    assert not torch.equal(kernel, start)
