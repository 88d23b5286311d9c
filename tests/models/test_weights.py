from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from laqta.config import from_dict, to_dict
from laqta.models.card import Card, Costs, find_model, installed_models, load_card, model_hash
from laqta.models.weights import hash_files, load_model, save_model

COSTS = Costs(
    stage="transformer", hardware="a core", seconds=1.5, steps=3, clips=48, flop=2e9, mfu=None, dollars=0.01,
    dollars_per_hour=0.1,
)  # fmt: skip


@pytest.fixture
def copy(speck: Path, tmp_path: Path) -> Path:
    """Return a copy of the speck that a test may spoil."""
    return Path(shutil.copytree(speck, tmp_path / "copy"))


def test_a_card_survives_json(speck: Path) -> None:
    card = replace(load_card(speck), trained=(COSTS,), notices=("with thanks",))
    assert from_dict(Card, json.loads(json.dumps(to_dict(card)))) == card
    assert card.shape == card.shapes[0]
    assert card.licence == "Apache-2.0"


def test_a_card_says_what_the_model_films(speck: Path) -> None:
    card = load_card(speck)
    assert (card.shape.width, card.shape.height, card.shape.frames, card.shape.fps) == (32, 32, 9, 4)
    assert card.formats == ("square",)
    assert set(card.languages) == {"en", "ar", "zh"}
    assert card.props and card.backdrops and card.steps and card.guidance


def test_the_folder_is_laid_out_as_diffusers_lays_its_own(speck: Path) -> None:
    card = load_card(speck)
    assert card.hashes == hash_files(speck)
    assert {name.partition("/")[0] for name in card.hashes} == {
        "model_index.json", "scheduler", "text_encoder", "tokenizer", "transformer", "vae",
    }  # fmt: skip
    assert "vae/autoencoder.py" in card.hashes
    index = json.loads((speck / "model_index.json").read_text())
    assert index["vae"] == ["autoencoder", "LaqtaAutoencoder"]


def test_what_is_saved_is_loaded(speck: Path, tmp_path: Path) -> None:
    card, parts = load_model(speck)
    for network in (parts.text_encoder, parts.transformer, parts.autoencoder):
        assert not network.training
        assert {weight.dtype for weight in network.parameters()} == {torch.float32}
    weights = {name: value.clone() for name, value in parts.transformer.state_dict().items()}
    again = save_model(tmp_path / "again", parts, replace(card, name="again"))
    assert again.hashes == card.hashes  # bfloat16 to float32 and back loses nothing
    assert model_hash(again) == model_hash(card)
    loaded = load_model(tmp_path / "again")[1].transformer.state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in weights.items())


@pytest.mark.parametrize(
    "name", ["transformer/config.json", "tokenizer/tokenizer.json", "vae/autoencoder.py"]
)
def test_a_changed_file_is_named(copy: Path, name: str) -> None:
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    with pytest.raises(OSError, match=rf"changed or cut short: .*{name} "):
        load_model(copy)


def test_a_missing_file_is_named(copy: Path) -> None:
    weights = next((copy / "transformer").glob("*.safetensors"))
    weights.unlink()
    with pytest.raises(OSError, match=rf"not whole: {weights} is missing"):
        load_model(copy)


def test_truncated_weights_are_no_weights(copy: Path) -> None:
    """Even where the card knows no hashes: another one may have written it."""
    weights = next((copy / "vae").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-50])
    with pytest.raises(OSError, match="changed or cut short"):
        load_model(copy)
    card = json.loads((copy / "card.json").read_text())
    (copy / "card.json").write_text(json.dumps(card | {"hashes": None}))
    with pytest.raises(OSError, match="cannot be read"):
        load_model(copy)


def test_a_card_with_a_mistake_says_where(copy: Path) -> None:
    card = json.loads((copy / "card.json").read_text())
    (copy / "card.json").write_text(json.dumps(card | {"stepps": 3}))
    with pytest.raises(ValueError, match=r"card\.json: unknown key 'stepps'"):
        load_card(copy)


def test_a_folder_without_a_card_is_unfinished(copy: Path, home: Path) -> None:
    (copy / "card.json").unlink()
    with pytest.raises(ValueError, match="no model"):
        find_model(str(copy), home)


def test_models_are_found_by_name_and_by_folder(copy: Path, home: Path) -> None:
    assert find_model(str(copy), home) == copy
    shutil.copytree(copy, home / "models" / "mine")
    assert find_model("mine", home) == home / "models" / "mine"
    assert installed_models(home)["mine"] == home / "models" / "mine"
    with pytest.raises(ValueError, match=r"no model 'yours'; installed: .*mine.*card\.json"):
        find_model("yours", home)


def test_the_hash_of_a_model_follows_its_files(speck: Path) -> None:
    card = load_card(speck)
    assert len(model_hash(card)) == 16
    assert model_hash(replace(card, name="other", steps=99)) == model_hash(card)
    assert model_hash(replace(card, hashes={**(card.hashes or {}), "x": "0"})) != model_hash(card)
