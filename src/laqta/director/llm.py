"""The optional brain: a language model makes the edits, by any endpoint that speaks OpenAI's chat completions.

It changes the storyboard by the same edits as the rules do, and where it fails the rules answer and it is said why.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from laqta.director import rules
from laqta.director.llm_presets import Preset, presets, reasons
from laqta.director.rules import Turn
from laqta.director.storyboard import History

if TYPE_CHECKING:
    from laqta.director.llm_ask import Access

LARGEST_PICTURE = 768
"""Pixels on the longer side of a picture that is sent."""
MOST_SAID = 400
"""How much of a model's own sentence is passed on, in characters."""


@dataclass(frozen=True, kw_only=True)
class LlmSettings:
    """Which model is asked: what is `None` is the preset's; `timeout` seconds is one request, all tries twice that."""

    preset: str
    base_url: str | None = None
    model: str | None = None
    key: str | None = field(default=None, repr=False)
    timeout: float = 30.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A turn; the model's own sentence, to stand beside `chat.reply(turn)` and never for it; and, where the rules
    had to answer, one sentence in the person's language that says why ("" where the model did)."""

    turn: Turn
    reply: str = ""
    fell_back: str = ""


class LlmBrain:
    """A model that turns messages into edits."""

    def __init__(self, access: Access) -> None:
        self.access = access

    @property
    def name(self) -> str:
        """The preset and the model, as in `deepseek: deepseek-flash`."""
        return f"{self.access.preset.name}: {self.access.model}"

    @property
    def sees(self) -> bool:
        """Whether pictures are sent to this model."""
        return self.access.preset.sees_with(self.access.model)

    def answer(
        self,
        text: str,
        history: History,
        picture: str | None = None,
        picture_bytes: bytes | None = None,
        talk: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        """What a message does to the storyboard; it never fails, and must not be called in a running event loop.

        `picture` names a picture that came with it, `picture_bytes` is that picture, for models that see; `talk` is
        what was said and answered before.
        """
        from laqta.director.llm_ask import NoAnswerError, Question, ask
        from laqta.director.llm_edits import turn_of

        question = Question(
            text=text,
            history=history,
            picture=picture,
            jpeg=_jpeg(picture_bytes) if picture_bytes and self.sees else None,
            talk=tuple(talk),
        )
        try:
            wanted = ask(self.access, question)
        except NoAnswerError as error:
            turn = rules.answer(text, history, picture)
            why = reasons()[error.reason][turn.language]
            words = {"model": self.access.model, "seconds": error.words, "words": error.words}
            return Answer(turn=turn, fell_back=why.format(**words))
        return Answer(turn=turn_of(wanted, text, history, picture), reply=wanted.say.strip()[:MOST_SAID])


def open_brain(
    settings: LlmSettings, environ: Mapping[str, str] | None = None, *, pause: float = 1.0
) -> LlmBrain:
    """A brain that is ready to be asked; nothing is sent yet. `pause` is the seconds before a second try.

    Raises `ValueError` for an unknown preset or a missing key, address or model, and `OSError` where pydantic-ai is
    not installed.
    """
    preset = presets().get(settings.preset)
    if preset is None:
        raise ValueError(f"no brain {settings.preset!r}; there are: offline, {', '.join(presets())}")
    if settings.timeout <= 0:
        raise ValueError(f"the brain's timeout must be above 0 seconds, not {settings.timeout}")
    base_url, model = settings.base_url or preset.base_url, settings.model or preset.model
    if not model:
        raise ValueError(f"the brain {preset.name!r} needs a model: set LAQTA_BRAIN_MODEL")
    if not _is_address(base_url):
        asked = f"{base_url!r} is no address" if base_url else f"the brain {preset.name!r} needs an address"
        raise ValueError(f"{asked}: set LAQTA_BRAIN_URL to one that begins with https:// or http://")
    key = settings.key or _usual_key(preset, os.environ if environ is None else environ)
    if key is not None and not (key.isascii() and key.isprintable()):
        raise ValueError(f"the key of the brain {preset.name!r} holds characters that no key has")
    if find_spec("pydantic_ai") is None or find_spec("openai") is None:
        raise OSError("a language model needs one more package: pip install 'laqta[llm]'")
    from laqta.director.llm_ask import Access

    return LlmBrain(
        Access(
            preset=preset,
            base_url=base_url,
            model=model,
            key=key,
            timeout=settings.timeout,
            pause=pause,
            most=2 * settings.timeout,
        )
    )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is never closed
        return False


def _usual_key(preset: Preset, environ: Mapping[str, str]) -> str | None:
    if not preset.key:
        return None
    key = environ.get(preset.key)
    if not key:
        raise ValueError(f"the brain {preset.name!r} needs a key: set LAQTA_BRAIN_KEY or {preset.key}")
    return key


def _jpeg(data: bytes) -> bytes | None:
    """A picture as it is sent: small, upright, and without what a camera writes beside it, such as the place."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        image = ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return None
    image.thumbnail((LARGEST_PICTURE, LARGEST_PICTURE))
    packed = BytesIO()
    image.save(packed, "JPEG", quality=85)
    return packed.getvalue()
