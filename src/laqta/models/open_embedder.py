"""Embeddings of pictures by weights that somebody else trained: CLIP, SigLIP, DINOv2, whatever transformers opens.

Torch is imported late: the data engine asks for the name of the weights whenever it looks at its facts.
Shape suffixes: T frames, H height, W width, C colours, D features, N tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from laqta.models.open_detector import weights_id

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Frames = NDArray[np.uint8]
    Features = NDArray[np.float32]


class OpenEmbedder:
    """Embeds pictures with the `weights` of a folder, or of a name on the hub; `ValueError` where none are named."""

    def __init__(self, weights: str) -> None:
        if not weights:
            raise ValueError(
                "the embedder 'open' needs weights: write 'open:FOLDER', or 'open:NAME' as on the hub"
            )
        self.weights = weights

    def model(self) -> str:
        """The SHA-256 over the files of a folder; of the hub's weights only the name is known."""
        return weights_id(self.weights)

    def open(self) -> Callable[[Frames], Features]:
        """Load the network, onto a GPU where there is one; returns what turns frames (T, H, W, 3) into (T, D).

        Raises:
            OSError: the weights are not there, or see no pictures.
        """
        import torch
        from transformers import AutoImageProcessor, AutoModel

        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            network: Any = AutoModel.from_pretrained(self.weights).to(device).eval()
            processor: Any = AutoImageProcessor.from_pretrained(self.weights)
        except (OSError, ValueError) as error:
            why = str(error).strip().partition("\n")[0]
            raise OSError(
                f"no embedder can be loaded from {self.weights!r} ({why}); give a folder with the weights of CLIP, "
                "SigLIP or DINOv2, and its preprocessor_config.json"
            ) from error

        def embed(frames_THWC: Frames) -> Features:
            pixels = processor(images=list(frames_THWC), return_tensors="pt")["pixel_values"].to(device)
            with torch.inference_mode():
                if hasattr(network, "get_image_features"):
                    seen = network.get_image_features(pixel_values=pixels)
                else:
                    seen = network(pixel_values=pixels)
                features_TD = seen if isinstance(seen, torch.Tensor) else seen.pooler_output
            return features_TD.float().cpu().numpy()  # type: ignore[no-any-return]

        return embed
