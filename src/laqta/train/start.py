"""A run that begins from released weights: their parts are laid into its folder as if its stages had made them."""

from collections.abc import Sequence
from pathlib import Path

from laqta.config import save_json
from laqta.models.card import find_model
from laqta.models.weights import load_model
from laqta.train.checkpoint import Session, save_state


def begin_from(model: str, session: Session, home: Path, trains: Sequence[str]) -> None:
    """Lay tokenizer, text encoder, autoencoder, transformer and costs of an installed model into a run's folder.

    Of what it `trains` the run's stage finds the start, or makes it anew (`text`, on the same vocabulary). What the
    parts had cost stays counted.

    Raises:
        ValueError: no such model.
        OSError: its weights are not whole.
    """
    folder = session.folder
    if (folder / "dit.start.pt").is_file():  # written last: all the others are there
        return
    card, parts = load_model(find_model(model, home), session.device)
    for at, costs in enumerate(card.trained):
        save_json(folder / f"before-{at}.costs.json", costs)
    parts.tokenizer.save_pretrained(folder / "tokenizer")
    if "text" not in trains:
        save_state(folder / "text.pt", **parts.text_encoder.state_dict())
    name = "vae.start.pt" if "decoder" in trains else "vae.pt"
    save_state(folder / name, **parts.autoencoder.state_dict())
    save_state(folder / "dit.start.pt", **parts.transformer.state_dict())
    session.say(f"begins from {model}, commit {card.commit}")
