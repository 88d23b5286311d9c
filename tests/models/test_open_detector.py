"""Open-vocabulary detectors: tiny networks of the real classes, their weights by chance, saved and loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    BertConfig,
    BertTokenizer,
    CLIPTokenizer,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    GroundingDinoProcessor,
    Owlv2Config,
    Owlv2ForObjectDetection,
    Owlv2Processor,
    SwinConfig,
)
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import (
    GroundingDinoImageProcessorPil,
)
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil

from laqta.models.open_detector import OpenDetector, OpenEyes

KINDS = ("cat", "traffic light")
FRAMES = np.random.default_rng(0).integers(0, 255, (10, 32, 48, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def grounding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Grounding DINO."""
    folder = tmp_path_factory.mktemp("grounding")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "cat", "traffic", "light"]
    (folder / "vocab.txt").write_text("\n".join(words))
    backbone = SwinConfig(
        embed_dim=8, depths=[1, 1, 1], num_heads=[1, 1, 1], window_size=2, out_indices=[2, 3], image_size=32
    )
    text = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=32,
    )  # fmt: skip
    config = GroundingDinoConfig(
        backbone_config=backbone, text_config=text, d_model=32, encoder_layers=1, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
        num_queries=12, num_feature_levels=3, max_text_len=16,
    )  # fmt: skip
    torch.manual_seed(0)
    GroundingDinoForObjectDetection(config).save_pretrained(folder)
    images = GroundingDinoImageProcessorPil(size={"shortest_edge": 32, "longest_edge": 64})
    GroundingDinoProcessor(images, BertTokenizer(vocab=str(folder / "vocab.txt"))).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def owl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny OWLv2 that is sure of what it sees."""
    folder = tmp_path_factory.mktemp("owl")
    words = [
        "!",  # OWL takes a text that begins with token 0 for none
        "<|startoftext|>",
        "<|endoftext|>",
        *(f"{word}</w>" for word in ("a", "photo", "of", "cat", "traffic", "light")),
    ]
    words += [
        f"{letter}{end}" for letter in "acfghilnoprt" for end in ("", "</w>") if f"{letter}{end}" not in words
    ]
    tokenizer = CLIPTokenizer(
        vocab={word: at for at, word in enumerate(words)}, merges=[], model_max_length=32
    )
    layers = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    special = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}
    config = Owlv2Config(
        text_config={"vocab_size": len(words), "max_position_embeddings": 32, **layers, **special},
        vision_config={"image_size": 32, "patch_size": 8, **layers},
        projection_dim=16,
    )
    torch.manual_seed(0)
    network = Owlv2ForObjectDetection(config)
    torch.nn.init.constant_(network.class_head.logit_shift.bias, 2.0)
    network.save_pretrained(folder)
    Owlv2Processor(Owlv2ImageProcessorPil(size={"height": 32, "width": 32}), tokenizer).save_pretrained(
        folder
    )
    return folder


def eyes(folder: Path, kinds: tuple[str, ...] = KINDS) -> OpenEyes:
    """The loaded detector itself, to ask its parts."""
    found: OpenEyes = OpenDetector(str(folder), kinds).open().__self__  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("which", ["grounding", "owl"])
def test_boxes_are_in_the_frame_and_named_as_asked(which: str, request: pytest.FixtureRequest) -> None:
    detect = OpenDetector(str(request.getfixturevalue(which)), KINDS).open()
    found = detect(FRAMES)
    assert len(found) == len(FRAMES)  # more than are looked at in one call
    assert all(found)
    assert {kind for boxes in found for kind, _, _ in boxes} <= set(KINDS)
    for boxes in found:
        scores = [score for _, score, _ in boxes]
        assert scores == sorted(scores, reverse=True) and scores[-1] >= 0.05 and scores[0] <= 1
        for _, _, (left, top, right, bottom) in boxes:
            assert 0 <= left <= right <= 1 and 0 <= top <= bottom <= 1
    assert detect(FRAMES) == found


@pytest.mark.parametrize("which", ["grounding", "owl"])
def test_the_surest_box_is_the_one_that_transformers_itself_finds(
    which: str, request: pytest.FixtureRequest
) -> None:
    """Boxes in pixels of a frame that is wider than high, which OWLv2 pads to a square."""
    look = eyes(request.getfixturevalue(which))
    (kind, score, box), *_ = look.detect(FRAMES[:1])[0]
    given = look.processor(images=[FRAMES[0]], text=[look.words], truncation=True, return_tensors="pt")
    with torch.inference_mode():
        seen = look.network(**given)
    theirs = look.processor.post_process_grounded_object_detection(
        seen, threshold=0.05, target_sizes=[(32, 48)], text_labels=[list(KINDS)]
    )[0]
    best = int(theirs["scores"].argmax())
    assert score == pytest.approx(float(theirs["scores"][best]), abs=1e-4)
    pixels = (theirs["boxes"][best].numpy() / (48, 32, 48, 32)).clip(0, 1)
    assert box == pytest.approx(pixels, abs=1e-4)
    assert (
        kind in theirs["text_labels"][best] or which == "grounding"
    )  # that one joins words of several kinds


def test_several_boxes_round_one_thing_are_one(owl: Path) -> None:
    scores_QK = torch.tensor([[0.9, 0.1], [0.8, 0.1], [0.1, 0.7], [0.6, 0.1], [0.01, 0.02]])
    boxes_Q4 = torch.tensor(
        [[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.45], [0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1], [0, 0, 1, 1]]
    )
    found = eyes(owl)._found(scores_QK, boxes_Q4)
    assert [(kind, round(score, 3)) for kind, score, _ in found] == [
        ("cat", 0.9), ("traffic light", 0.7), ("cat", 0.6)
    ]  # fmt: skip


def test_a_kind_of_grounding_dino_is_scored_by_its_own_words(grounding: Path) -> None:
    assert eyes(grounding).spans == [(1, 2), (3, 5)]  # [CLS] cat . traffic light . [SEP]
    with pytest.raises(ValueError, match="name fewer kinds"):
        OpenDetector(str(grounding), ("cat", "light") * 10).open()
    with pytest.raises(ValueError, match="without full stops"):
        OpenDetector(str(grounding), ("cat", "traffic. light")).open()


def test_a_folder_is_known_by_its_bytes_and_the_hub_by_the_name(owl: Path) -> None:
    detector = OpenDetector(str(owl), KINDS)
    before = detector.model()
    assert len(before) == 64
    config = owl / "config.json"
    text = config.read_text()
    config.write_text(f"{text} ")
    assert detector.model() != before
    config.write_text(text)
    assert detector.model() == before
    assert (
        OpenDetector("google/owlv2-base-patch16-ensemble", KINDS).model()
        == "google/owlv2-base-patch16-ensemble"
    )


def test_what_is_no_detector_is_said_in_one_line(tmp_path: Path, owl: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(OSError, match="no detector can be loaded from") as caught:
            OpenDetector(str(folder), KINDS).open()
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="needs weights"):
        OpenDetector("", KINDS)
    with pytest.raises(ValueError, match="set kinds"):
        OpenDetector(str(owl), ())
