"""A weights folder: laid out as diffusers' pipelines lay theirs out, with `card.json` beside it.

    card.json  model_index.json  scheduler/  tokenizer/  text_encoder/  transformer/  vae/autoencoder.py

It opens with `DiffusionPipeline.from_pretrained(folder, trust_remote_code=True)` where Laqta is not installed:
the flag lets diffusers import the autoencoder's own file, which travels with its weights.
"""

import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import diffusers
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, LTXVideoTransformer3DModel
from safetensors import SafetensorError
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from laqta.config import save_json
from laqta.models import autoencoder as autoencoder_file
from laqta.models.autoencoder import LaqtaAutoencoder
from laqta.models.card import Card, load_card

ORIGINS = {"_name_or_path", "name_or_path", "local_files_only", "is_local"}
"""What the libraries note in a config of the place that a part was loaded from."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The networks of one model, in evaluation mode on one device."""

    tokenizer: PreTrainedTokenizerFast
    text_encoder: T5EncoderModel
    transformer: LTXVideoTransformer3DModel
    autoencoder: LaqtaAutoencoder
    scheduler: FlowMatchEulerDiscreteScheduler


def save_model(folder: Path, parts: Parts, card: Card) -> Card:
    """Write a weights folder in bfloat16 and return its card with the hashes filled in.

    The parts are cast in place. The card is written last: a folder without one is unfinished.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.json").unlink(missing_ok=True)
    parts.tokenizer.save_pretrained(folder / "tokenizer")
    parts.scheduler.save_pretrained(folder / "scheduler")
    for name, network in (
        ("text_encoder", parts.text_encoder),
        ("transformer", parts.transformer),
        ("vae", parts.autoencoder),
    ):
        network.to(torch.bfloat16).save_pretrained(folder / name)
    _tidy_configs(folder)
    shutil.copy(autoencoder_file.__file__, folder / "vae" / "autoencoder.py")
    index = {
        "_class_name": "LTXPipeline",
        "_diffusers_version": diffusers.__version__,
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
        "text_encoder": ["transformers", "T5EncoderModel"],
        "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
        "transformer": ["diffusers", "LTXVideoTransformer3DModel"],
        "vae": ["autoencoder", "LaqtaAutoencoder"],
    }
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
    card = replace(card, hashes=hash_files(folder))
    save_json(folder / "card.json", card)
    return card


def load_model(folder: Path, device: str = "cpu") -> tuple[Card, Parts]:
    """Check the hashes and load a model in float32.

    Raises:
        OSError: a file is missing, truncated or changed.
    """
    card = load_card(folder)
    check_files(folder, card)
    try:
        networks = (
            T5EncoderModel.from_pretrained(folder / "text_encoder", dtype=torch.float32),
            LTXVideoTransformer3DModel.from_pretrained(
                folder / "transformer", torch_dtype=torch.float32, low_cpu_mem_usage=False
            ),
            LaqtaAutoencoder.from_pretrained(
                folder / "vae", torch_dtype=torch.float32, low_cpu_mem_usage=False
            ),
        )
    except (SafetensorError, OSError) as error:
        raise OSError(f"the weights in {folder} cannot be read ({error}); install the model again") from error
    text_encoder, transformer, autoencoder = (network.to(device).eval() for network in networks)
    return card, Parts(
        tokenizer=PreTrainedTokenizerFast.from_pretrained(folder / "tokenizer"),
        text_encoder=text_encoder,
        transformer=transformer,
        autoencoder=autoencoder,
        scheduler=FlowMatchEulerDiscreteScheduler.from_pretrained(folder / "scheduler"),
    )


def check_files(folder: Path, card: Card) -> None:
    """Compare every file with its hash in the card; `OSError` names the first that differs."""
    for name, expected in (card.hashes or {}).items():
        path = folder / name
        if not path.is_file():
            raise OSError(f"the weights are not whole: {path} is missing; install the model again")
        if _sha256(path) != expected:
            raise OSError(
                f"the weights were changed or cut short: {path} has another hash than its card says"
            )


def hash_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in the folder but the card, by its path relative to the folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "card.json")
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in paths}


def _tidy_configs(folder: Path) -> None:
    """Take out of the configs where the parts lay before, and let the text encoder open in float32.

    diffusers opens its own networks in float32, transformers one in the type that its config names; were that
    bfloat16, a pipeline opened without a type would mix the two and fail.
    """
    for path in sorted(folder.glob("*/*config.json")):
        config = json.loads(path.read_text(encoding="utf-8"))
        config = {key: value for key, value in config.items() if key not in ORIGINS}
        if path.parent.name == "text_encoder":
            config["dtype"] = "float32"
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
