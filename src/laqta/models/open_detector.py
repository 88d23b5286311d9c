"""Open-vocabulary detection: finds what is named in English words, with weights that somebody else trained.

Stock classes of transformers: Grounding DINO (Liu et al. 2023, https://arxiv.org/abs/2303.05499) and OWL-ViT and OWLv2
(Minderer et al. 2022 and 2023, https://arxiv.org/abs/2306.09683). Torch is imported late: the data engine asks for the
name of the weights whenever it looks at its facts.

Shape suffixes: B frames at once, Q boxes of a frame, K kinds, T frames, H height, W width, C colours, 4 sides of a box.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    Frames = NDArray[np.uint8]
    Found = list[tuple[str, float, tuple[float, float, float, float]]]

AT_ONCE = 8
"""Frames that the network sees in one call."""
LEAST_SCORE = 0.05
MOST_BOXES = 100
"""Boxes of a frame that are looked at, the surest first."""
SAME_THING = 0.6
"""Overlap (intersection over union) from which two boxes of one kind are one thing."""


def weights_id(weights: str) -> str:
    """The SHA-256 over the files of a folder of weights; of the hub's weights only the name is known."""
    folder = Path(weights)
    if not folder.is_dir():
        return weights
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.suffix in (".json", ".safetensors")):
        with path.open("rb") as stream:
            digest.update(path.name.encode() + hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


class OpenDetector:
    """Finds things of the named `kinds` with the `weights` of a folder, or of a name on the hub.

    Raises `ValueError` where either is missing.
    """

    def __init__(self, weights: str, kinds: tuple[str, ...]) -> None:
        if not weights:
            raise ValueError(
                "the detector 'open' needs weights: write 'open:FOLDER', or 'open:NAME' as on the hub"
            )
        if not kinds:
            raise ValueError(
                "the detector 'open' finds what is named: set kinds, as 'cat, rocket, traffic light'"
            )
        self.weights, self.kinds = weights, kinds

    def model(self) -> str:
        """The SHA-256 over the files of a folder; of the hub's weights only the name is known."""
        return weights_id(self.weights)

    def open(self) -> Callable[[Frames], list[Found]]:
        """Load the network, onto a GPU where there is one, and return what looks at frames (T, H, W, 3).

        Raises:
            OSError: the weights are not there, or are of another kind.
        """
        import torch
        from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor

        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            network = AutoModelForZeroShotObjectDetection.from_pretrained(self.weights).to(device).eval()
            processor = AutoProcessor.from_pretrained(self.weights)
        except (OSError, ValueError) as error:
            why = str(error).strip().partition("\n")[0]
            raise OSError(
                f"no detector can be loaded from {self.weights!r} ({why}); give a folder with the weights of "
                f"Grounding DINO, OWL-ViT or OWLv2"
            ) from error
        return OpenEyes(network=network, processor=processor, kinds=self.kinds).detect


class OpenEyes:
    """A loaded network that looks for some kinds. `ValueError` for more kinds than it can read."""

    def __init__(self, network: Any, processor: Any, kinds: tuple[str, ...]) -> None:
        self.network, self.processor, self.kinds = network, processor, kinds
        self.grounding = "grounding" in network.config.model_type
        if self.grounding:
            self.words: Any = " ".join(f"{kind.lower()}." for kind in kinds)
            self.spans = self._spans()
        else:
            self.words = [f"a photo of a {kind}" for kind in kinds]

    def detect(self, frames_THWC: Frames) -> list[Found]:
        """What is on each frame, the surest first: kind, score, and box as fractions of the frame."""
        found: list[Found] = []
        for start in range(0, len(frames_THWC), AT_ONCE):
            found += self._look(frames_THWC[start : start + AT_ONCE])
        return found

    def _look(self, frames_BHWC: Frames) -> list[Found]:
        import torch

        words = [self.words] * len(frames_BHWC)
        given = self.processor(images=list(frames_BHWC), text=words, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            seen = self.network(**given.to(self.network.device))
        boxes_BQ4 = _corners(seen.pred_boxes.float().cpu())
        scores_BQK = seen.logits.float().sigmoid().cpu()
        if self.grounding:  # it scores every token: a kind's score is that of its best one
            by_kind = [scores_BQK[..., begin:end].amax(dim=-1) for begin, end in self.spans]
            scores_BQK = torch.stack(by_kind, dim=-1)
        elif self.network.config.model_type == "owlv2":  # it pads a frame to a square, right or below
            height, width = frames_BHWC.shape[1:3]
            side = max(height, width)
            boxes_BQ4 = boxes_BQ4 * torch.tensor([side / width, side / height] * 2)
        return [
            self._found(scores_QK, boxes_Q4)
            for scores_QK, boxes_Q4 in zip(scores_BQK, boxes_BQ4.clamp(0, 1), strict=True)
        ]

    def _spans(self) -> list[tuple[int, int]]:
        """Where each kind's tokens lie in the sentence: full stops part them."""
        tokens = self.processor.tokenizer(
            self.words, truncation=True, max_length=self.network.config.max_text_len
        )
        stop = self.processor.tokenizer.convert_tokens_to_ids(".")
        stops = [at for at, token in enumerate(tokens["input_ids"]) if token == stop]
        if len(stops) != len(self.kinds):
            raise ValueError(
                f"{', '.join(self.kinds)!r} cannot be looked for together; name fewer kinds, without full stops"
            )
        return list(
            zip([1, *(at + 1 for at in stops[:-1])], stops, strict=True)
        )  # token 0 begins the sentence

    def _found(self, scores_QK: Tensor, boxes_Q4: Tensor) -> Found:
        """A frame's things: each box is of its likeliest kind; of several round one thing the surest is kept."""
        best_Q, kind_Q = scores_QK.max(dim=-1)
        found: Found = []
        waiting = best_Q.argsort(descending=True, stable=True)[:MOST_BOXES]
        waiting = waiting[best_Q[waiting] >= LEAST_SCORE]
        while len(waiting):
            at, waiting = waiting[0], waiting[1:]
            left, top, right, bottom = boxes_Q4[at].tolist()
            found.append((self.kinds[int(kind_Q[at])], float(best_Q[at]), (left, top, right, bottom)))
            again = (kind_Q[waiting] == kind_Q[at]) & (
                _overlaps(boxes_Q4[at], boxes_Q4[waiting]) >= SAME_THING
            )
            waiting = waiting[~again]
        return found


def _corners(boxes_BQ4: Tensor) -> Tensor:
    """From middle, width and height to left, top, right and bottom."""
    import torch

    middle, half = boxes_BQ4[..., :2], boxes_BQ4[..., 2:] / 2
    return torch.cat([middle - half, middle + half], dim=-1)


def _overlaps(box_4: Tensor, boxes_Q4: Tensor) -> Tensor:
    """Intersection over union of a box with others (Q)."""
    import torch

    low_Q2 = torch.maximum(box_4[:2], boxes_Q4[:, :2])
    high_Q2 = torch.minimum(box_4[2:], boxes_Q4[:, 2:])
    inner_Q = (high_Q2 - low_Q2).clamp(min=0).prod(dim=-1)
    areas_Q = (boxes_Q4[:, 2:] - boxes_Q4[:, :2]).prod(dim=-1) + (box_4[2:] - box_4[:2]).prod()
    return inner_Q / (areas_Q - inner_Q).clamp(min=1e-9)
