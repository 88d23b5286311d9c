"""A frozen dataset becomes latents: windows, rates, captions; nothing is encoded twice; the trainer takes it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from laqta.data.clips import clip_table
from laqta.data.datasets import Version
from laqta.data.facts import known
from laqta.data.frames import cover, frames_at
from laqta.data.ingest import ingest, source_table
from laqta.data.local import LocalExecutor
from laqta.data.pipeline import load_pipeline
from laqta.data.rights import Rights
from laqta.data.run import Tables, run_pipeline
from laqta.data.stream import Stream
from laqta.data.trace import models_of, withdraw
from laqta.data.workspace import Workspace, open_workspace
from laqta.models.sizes import SPECK
from laqta.models.weights import load_model
from laqta.train import recipes
from laqta.train.checkpoint import Budget, Session, step_dice
from laqta.train.clips import DatasetClips, Mixed
from laqta.train.encode import Encode, encode_version, kinds_named, note_model, window_starts
from laqta.train.fit_dit import fit_dit
from laqta.video import write_video

SECONDS = {"short": 2.0, "just": 2.25, "long": 8.0}
"""A window of the speck of a model is 9 frames at 4 a second: 2.25 seconds."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three films of moving stripes, one of them too short for a window."""
    for seed, (name, seconds) in enumerate(SECONDS.items()):
        dice = np.random.default_rng(seed)
        stripes = dice.integers(0, 256, (48, 48 + 2 * 100, 3)).astype(np.uint8)
        frames = np.stack([stripes[:, 2 * at : 2 * at + 48] for at in range(round(12 * seconds))])
        (tmp_path / "footage").mkdir(exist_ok=True)
        write_video(tmp_path / "footage" / f"{name}.mp4", frames, 12)
    place = open_workspace(tmp_path / "data", create=True)
    ingest(place, [str(tmp_path / "footage")], Rights(owner="Amal", licence="CC-BY-4.0"))
    run_pipeline(place, pipeline(place), LocalExecutor(workers=1))
    return place


def pipeline(workspace: Workspace) -> tuple:  # type: ignore[type-arg]
    """What a clip needs to be one."""
    return tuple(stage for stage in load_pipeline(workspace) if stage.name in ("probe", "scan", "shots"))


def version_of(workspace: Workspace, text: str | None = "a cat walks") -> Version:
    """A version of all three, as `freeze` makes them, with captions."""
    rows = clip_table(Tables(workspace, pipeline(workspace)))
    for name, words in (("caption_en", text), ("caption_ar", text and "قطة تمشي"), ("caption_zh", None)):
        if name in rows.schema.names:
            rows = rows.drop_columns([name])
        rows = rows.append_column(name, pa.array([words] * len(rows), pa.string()))
    rows = rows.append_column("split", pa.array(["train"] * len(rows)))
    return Version(id="5" * 64, manifest={"name": "all"}, rows=rows)


def encoded(workspace: Workspace, speck: Path, **options: int) -> Path:
    """The shards of all."""
    stage = Encode(weights=str(speck), **options)
    return encode_version(
        workspace, version_of(workspace), stage, LocalExecutor(workers=1), lambda *_call: None
    )


def test_windows_are_as_long_as_the_models_clips(workspace: Workspace, speck: Path) -> None:
    stream = Stream(encoded(workspace, speck))
    by_length = {row["seconds"]: row["id"] for row in version_of(workspace).rows.to_pylist()}
    clips = [row["clip"] for row in stream.rows.values()]
    assert clips.count(by_length[2.0]) == 0
    assert clips.count(by_length[2.25]) == 1
    assert clips.count(by_length[8.0]) == 3
    batch = stream.batch(0, 4)
    assert batch.shape == "32x32x9"
    assert batch.latents_BCLHW.shape == (4, 64, 3, 2, 2)
    assert set(batch.captions) == {("a cat walks", "قطة تمشي")}


def test_a_window_is_its_own_second_of_the_source(workspace: Workspace, speck: Path) -> None:
    """The latent of the just long enough film is that of its frames, taken at the model's rate by hand."""
    stream = Stream(encoded(workspace, speck))
    clip = next(row for row in version_of(workspace).rows.to_pylist() if row["seconds"] == 2.25)
    source = next(row for row in source_table(workspace).to_pylist() if row["id"] == clip["source"])
    moments = [(at + 0.5) / 4 for at in range(9)]
    frames = np.stack([cover(frame, 32, 32) for frame in frames_at(Path(source["where"]), clip, moments)])
    autoencoder = load_model(speck, "cpu")[1].autoencoder
    pixels = torch.from_numpy(frames).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
    with torch.no_grad():
        expected = autoencoder.encode(pixels).latents[0].half()
    batch = next(
        batch for batch in (stream.batch(number, 1) for number in range(9)) if clip["id"] in batch.ids[0]
    )
    assert torch.equal(torch.from_numpy(batch.latents_BCLHW[0]), expected)


def test_nothing_is_encoded_twice(workspace: Workspace, speck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = encoded(workspace, speck)
    facts = known(workspace.facts / "encode")
    (folder / "index.json").unlink()  # as after a kill while the shards were written
    monkeypatch.setattr(Encode, "open", lambda _stage: pytest.fail("a clip is encoded again"))
    assert encoded(workspace, speck) == folder
    assert known(workspace.facts / "encode") == facts
    assert len(Stream(folder)) == 4


def test_the_key_is_the_autoencoders_and_not_the_folders(speck: Path, tmp_path: Path) -> None:
    shutil.copytree(speck, tmp_path / "elsewhere")
    assert Encode(weights=str(speck)).key == Encode(weights=str(tmp_path / "elsewhere")).key
    assert Encode(weights=str(speck)).key != Encode(weights=str(speck), windows=2).key


def test_a_dataset_without_captions_is_refused(workspace: Workspace, speck: Path) -> None:
    with pytest.raises(ValueError, match="no clip of 'all' has a caption"):
        encode_version(
            workspace, version_of(workspace, None), Encode(weights=str(speck)), LocalExecutor(1), print
        )
    assert not (workspace.facts / "encode").exists()


@pytest.mark.parametrize(
    ("seconds", "starts"),
    [(1.0, []), (1.25, [0.0]), (1.249, [0.0]), (2.25, [0.5]), (2.5, [0.0, 1.25]), (9.0, [0, 3.875, 7.75])],
)
def test_windows_are_spread_over_a_clip(seconds: float, starts: list[float]) -> None:
    assert window_starts(seconds, 1.25, most=3) == pytest.approx(starts)


def test_withdrawn_footage_leaves_no_latents(workspace: Workspace, speck: Path) -> None:
    version = version_of(workspace)
    folder = encoded(workspace, speck)
    path = workspace.datasets / "all" / f"{version.id}.parquet"
    pq.write_table(version.rows, path)
    note_model(workspace, version, speck)
    note_model(workspace, version, speck)
    assert len(models_of(workspace, [f"all@{version.id[:12]}"])) == 1
    gone = withdraw(workspace, "Amal")
    assert str(speck) in gone.models[0]
    assert not folder.exists()
    assert not known(workspace.facts / "encode")


def test_the_kinds_that_captions_name(workspace: Workspace) -> None:
    version = version_of(workspace)
    assert kinds_named(version, least=3) == ("cat",)
    assert kinds_named(version, least=4) == ()


def test_the_trainer_takes_a_dataset_and_resumes_on_it(
    workspace: Workspace, speck: Path, text: tuple[PreTrainedTokenizerFast, T5EncoderModel], session: Session
) -> None:
    clips = DatasetClips(Stream(encoded(workspace, speck)))
    recipe = replace(recipes.speck().dit, budget=Budget(steps=4), batch=3, images_until=0.0, align_until=0.0)
    norm = torch.zeros(64), torch.ones(64)
    _, costs = fit_dit(recipe, SPECK, 1, clips, text, norm, session, lambda _net: None)
    assert costs is not None and costs.clips == 12
    again = DatasetClips(Stream(encoded(workspace, speck), workers=1))
    drawn = [clips.draw(step, 3, step_dice(0, step)) for step in range(4)]
    redrawn = [again.draw(step, 3, step_dice(0, step)) for step in range(2, 4)]
    for one, two in zip(drawn[2:], redrawn, strict=True):
        assert torch.equal(one.latents_BCLHW, two.latents_BCLHW)


def test_replay_gives_a_share_of_the_steps_to_the_world() -> None:
    new, old = Mock(), Mock()
    mixed = Mixed(new, old, replay=0.25)
    for step in range(12):
        mixed.draw(step, 4, step_dice(0, step))
    assert [call.args[0] for call in old.draw.call_args_list] == [0, 1, 2]
    assert [call.args[0] for call in new.draw.call_args_list] == list(range(9))
