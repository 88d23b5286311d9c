from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from laqta.world.props import PROPS, PropBank, drawn_bank, fetched_bank, tight_sprite


def test_props_have_unique_files_and_known_moves() -> None:
    assert len(PROPS) >= 150
    assert len({prop.file for prop in PROPS.values()}) == len(PROPS)
    for prop in PROPS.values():
        assert prop.facing in ("left", "right", "front")
        assert prop.moves


def test_drawn_sprites_fill_their_square(bank: PropBank) -> None:
    assert len(bank.ids) >= 6 and set(bank.ids) <= set(PROPS)
    assert bank.sprites_PHWC.shape == (len(bank.ids), 256, 256, 4) and bank.sprites_PHWC.dtype == np.uint8
    for alpha_HW in bank.sprites_PHWC[..., 3]:
        rows, columns = np.nonzero(alpha_HW > 8)
        spans = [np.ptp(rows) + 1, np.ptp(columns) + 1]
        assert max(spans) >= 254
        assert abs(rows.min() + rows.max() - 255) <= 3 and abs(columns.min() + columns.max() - 255) <= 3


def test_drawn_bank_refuses_what_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="'giraffe'"):
        drawn_bank(["car", "giraffe"])


def test_fetched_bank_reads_pictures_from_a_folder(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (256, 256))
    picture.paste((255, 0, 0, 255), (100, 120, 150, 130))
    picture.save(tmp_path / f"{PROPS['car'].file}.webp", lossless=True)
    bank = fetched_bank(["car"], tmp_path)
    assert bank.facings == (PROPS["car"].facing,)
    alpha_HW = bank.sprites_PHWC[0, ..., 3]
    assert (alpha_HW[128] > 250).all() and alpha_HW[60].max() < 5
    with pytest.raises(ValueError, match="laqta world fetch"):
        fetched_bank(["cat"], tmp_path)
    with pytest.raises(ValueError, match="'dragonfruit'"):
        fetched_bank(["dragonfruit"], tmp_path)


def test_a_transparent_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="transparent"):
        tight_sprite(Image.new("RGBA", (8, 8)))
