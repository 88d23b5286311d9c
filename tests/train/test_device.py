"""What goes to a device, and what is drawn there."""

from __future__ import annotations

import pytest
import torch

from laqta.train.checkpoint import step_dice
from laqta.train.device import choose_device, noise_like, send


def test_noise_is_the_dices_own_on_a_processor() -> None:
    data = torch.zeros(3, 4, 5)
    assert torch.equal(noise_like(data, step_dice(1, 2)), torch.randn(3, 4, 5, generator=step_dice(1, 2)))
    one, other = (noise_like(data, step_dice(1, step)) for step in (2, 3))
    assert not torch.equal(one, other)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_what_is_sent_arrives_where_it_should(device: str) -> None:
    sent = send(torch.arange(6), device)
    assert sent.device.type == device and sent.shape == (6,)


def test_a_device_that_is_not_there_is_refused() -> None:
    assert choose_device("cpu") == "cpu"
    with pytest.raises(ValueError, match="'nonsense' cannot be used here; this machine has: cpu"):
        choose_device("nonsense")
