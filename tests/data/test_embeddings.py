"""Clips that a network takes for alike: directions, families round a representative, and nothing unasked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

from laqta.data.clips import clip_table
from laqta.data.embeddings import Embeddings, Lookalikes, group
from laqta.data.local import LocalExecutor
from laqta.data.pipeline import load_pipeline
from laqta.data.run import StageRun, Tables, run_pipeline
from laqta.data.workspace import Workspace

OWN = "tests.data.test_embeddings:Brightness"
NEEDED = ("probe", "scan", "shots", "embeddings", "lookalikes")


class Brightness:
    """Embeds a picture by how bright its three colours are; what is given is its model."""

    def __init__(self, given: str) -> None:
        self.given = given

    def model(self) -> str:
        """Whatever it was given."""
        return f"brightness {self.given}"

    def open(self) -> Brightness:
        """Nothing to load."""
        return self

    def __call__(self, frames_THWC: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert frames_THWC.shape[1:] == (32, 32, 3)
        return frames_THWC.mean((1, 2)).astype(np.float32)


def run(workspace: Workspace, stated: str = "") -> tuple[Tables, list[StageRun]]:
    """The pipeline as far as it is needed."""
    workspace.pipeline.write_text(stated, encoding="utf-8")
    pipeline = tuple(stage for stage in load_pipeline(workspace) if stage.name in NEEDED)
    done = run_pipeline(workspace, pipeline, LocalExecutor(workers=1))
    return Tables(workspace, pipeline), done


def test_nothing_is_embedded_before_an_embedder_is_named(workspace: Workspace) -> None:
    clips = clip_table(run(workspace)[0])
    assert clips["embedded_by"].to_pylist() == clips["look"].to_pylist() == [None] * 3


def test_clips_get_directions_and_families(workspace: Workspace) -> None:
    stated = f'[embeddings]\nembedder = "{OWN}"\nside = 32\nframes = 2\n[lookalikes]\nlimit = 0.5'
    tables, done = run(workspace, stated)
    directions = np.array(tables.good("embeddings")["embedding"].to_pylist())
    assert np.allclose(np.linalg.norm(directions, axis=1), 1, atol=1e-6)
    clips = clip_table(tables).to_pylist()
    (leader,) = {clip["look"] for clip in clips}  # grey stripes all: one family
    assert [clip["id"] for clip in clips if clip["is_look_representative"]] == [leader]
    assert {clip["embedded_by"] for clip in clips} == {OWN}
    assert done[-1].found == 3 and all(stage.calls == 0 for stage in run(workspace, stated)[1])
    other = run(workspace, stated.replace(OWN, f"{OWN}:two"))[1]
    assert {stage.stage: stage.calls for stage in other} == {
        "probe": 0, "scan": 0, "shots": 0, "embeddings": 1, "lookalikes": 1,
    }  # fmt: skip


def test_a_chain_of_small_steps_does_not_join_its_ends() -> None:
    """Directions 10 degrees apart, a limit of 15 degrees: the first takes the second, the third stands alone."""
    angles = np.radians([0, 10, 20, 30, 90])
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    leaders = [leader for leader, _ in group(directions, 1 - np.cos(np.radians(15)))]
    assert leaders == [0, 0, 2, 2, 4]


def test_distances_are_rounded_so_that_machines_agree() -> None:
    angles = np.radians([0, 10])
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert group(directions, 0.1) == [(0, 0.0), (0, 0.0152)]


def test_weights_of_transformers_embed(workspace: Workspace, tmp_path: Path) -> None:
    torch.manual_seed(0)
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config={**small, "vocab_size": 50},
        vision_config={**small, "image_size": 32, "patch_size": 8},
        projection_dim=12,
    )
    CLIPModel(config).save_pretrained(tmp_path / "clip")
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(
        tmp_path / "clip"
    )
    tables, _ = run(workspace, f'[embeddings]\nembedder = "open:{tmp_path / "clip"}"')
    embeddings = tables.good("embeddings")["embedding"].to_pylist()
    assert [len(embedding) for embedding in embeddings] == [12] * 3
    assert tables.stage("embeddings").model() not in ("", str(tmp_path / "clip"))


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ('embedder = "clop"', "there is no embedder 'clop'; there are open"),
        ("frames = 0", "give at least 1 frame"),
        ('embedder = "open"', "the embedder 'open' needs weights"),
    ],
)
def test_what_is_no_embedder_is_said(workspace: Workspace, stated: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        run(workspace, f"[embeddings]\n{stated}")


def test_weights_that_are_not_there_end_the_run_in_one_line(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no embedder can be loaded from"):
        run(workspace, f'[embeddings]\nembedder = "open:{tmp_path}"')
    assert Embeddings().key != Embeddings(embedder="open:a").key
    assert Lookalikes().whole
