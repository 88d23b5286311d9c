"""The weights folder films in diffusers' own pipelines, without Laqta, and the engine films the same clips."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, LTXConditionPipeline, LTXPipeline
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition
from PIL import Image

from laqta.generate.denoise import Guidance, sigmas_for
from laqta.generate.engine import Engine, Frames, Request
from laqta.generate.grid import pack

CAPTION = "a red car drives to the left in the snow"
SEED, STEPS, GUIDANCE = 3, 4, 2.5
CLIP = {"height": 32, "width": 32, "num_frames": 9, "frame_rate": 4}

WITHOUT_LAQTA = """
import sys

sys.modules["laqta"] = None  # whoever imports it now fails
import numpy as np
import torch
from diffusers import (
    DiffusionPipeline, FlowMatchEulerDiscreteScheduler, LTXConditionPipeline, LTXImageToVideoPipeline
)
from PIL import Image

folder, picture, out, seed, steps, guidance, caption = sys.argv[1:]
clip = {"height": 32, "width": 32, "num_frames": 9, "frame_rate": 4, "guidance_scale": float(guidance)}
first = Image.open(picture).convert("RGB")


def film(pipeline, name, **given):
    pipeline.set_progress_bar_config(disable=True)
    dice = torch.Generator().manual_seed(int(seed))
    frames = pipeline(generator=dice, output_type="np", **clip, **given).frames
    np.save(f"{out}/{name}.npy", frames)


text = DiffusionPipeline.from_pretrained(folder, trust_remote_code=True)
assert type(text).__name__ == "LTXPipeline", type(text)
film(text, "text", prompt=caption, num_inference_steps=int(steps))
film(
    LTXImageToVideoPipeline(**text.components),
    "image",
    prompt=caption,
    image=first,
    num_inference_steps=int(steps),
)

# The condition pipeline has a schedule of its own: give it the model's, which is shifted already. It also hides the
# padding from the text encoder, which ours is used to see: give it the text pipeline's embeddings.
shifted = [float(sigma) * 1000 for sigma in text.scheduler.sigmas[:-1]]
condition = LTXConditionPipeline(**(text.components | {"scheduler": FlowMatchEulerDiscreteScheduler()}))
names = ("prompt_embeds", "prompt_attention_mask", "negative_prompt_embeds", "negative_prompt_attention_mask")
heard = dict(zip(names, text.encode_prompt(caption)))
film(condition, "condition", image=first, image_cond_noise_scale=0, timesteps=shifted, **heard)

half = LTXConditionPipeline.from_pretrained(folder, trust_remote_code=True, torch_dtype=torch.bfloat16)
film(half, "bfloat16", prompt=caption, image=first, image_cond_noise_scale=0, num_inference_steps=int(steps))
"""


@pytest.fixture
def picture() -> Frames:
    down, across = np.mgrid[0:32, 0:32] / 31
    return (255 * np.stack([across, down, 1 - across], axis=-1)).astype(np.uint8)


@pytest.fixture
def asked(engine: Engine) -> Request:
    return Request(
        captions=(CAPTION,),
        seeds=(SEED,),
        shape=engine.card.shape,
        steps=STEPS,
        guidance=Guidance(scale=GUIDANCE),
    )


def apart(frames_BTHWC: Frames, stock_BTHWC: np.ndarray) -> float:
    """The largest difference, in 255ths, between the engine's frames and a pipeline's, which are in [0, 1]."""
    assert frames_BTHWC.shape == stock_BTHWC.shape
    return float(np.abs(frames_BTHWC - 255 * stock_BTHWC.astype(np.float64)).max())


def pipeline(kind: type, engine: Engine, scheduler: FlowMatchEulerDiscreteScheduler) -> LTXPipeline:
    """One of diffusers' pipelines, made of the engine's own parts."""
    parts = engine.parts
    made = kind(
        scheduler=scheduler,
        vae=parts.autoencoder,
        text_encoder=parts.text_encoder,
        tokenizer=parts.tokenizer,
        transformer=parts.transformer,
    )
    made.set_progress_bar_config(disable=True)
    return made


def test_the_engine_films_what_the_text_pipeline_films(engine: Engine, asked: Request) -> None:
    noise = torch.randn(1, 64, 3, 2, 2, generator=torch.Generator().manual_seed(SEED))
    stock = pipeline(LTXPipeline, engine, engine.parts.scheduler)
    for guidance in (GUIDANCE, 1.0):
        frames = stock(
            prompt=CAPTION,
            latents=pack(noise),
            num_inference_steps=STEPS,
            guidance_scale=guidance,
            output_type="np",
            **CLIP,
        ).frames
        film = engine.film(replace(asked, guidance=Guidance(scale=guidance)))
        assert apart(film, frames) <= 1


@pytest.mark.parametrize("ends", [("first",), ("last",), ("first", "last"), ("lead", "last")])
def test_the_engine_films_what_the_condition_pipeline_films(
    engine: Engine, asked: Request, picture: Frames, ends: tuple[str, ...]
) -> None:
    lead = np.stack([np.roll(picture, 2 * at, axis=0) for at in range(5)])
    conditions = {
        "first": LTXVideoCondition(image=Image.fromarray(picture), frame_index=0),
        "lead": LTXVideoCondition(video=[Image.fromarray(frame) for frame in lead], frame_index=0),
        "last": LTXVideoCondition(image=Image.fromarray(255 - picture), frame_index=8),
    }
    leads = {"first": picture[None, None], "lead": lead[None]}
    given = [leads[end] for end in ends if end in leads]
    film = engine.film(
        replace(
            asked,
            lead_BTHWC=given[0] if given else None,
            last_BHWC=(255 - picture)[None] if "last" in ends else None,
        )
    )
    timesteps = [1000 * sigma for sigma in sigmas_for(engine.parts.scheduler, STEPS)[:-1]]
    heard = pipeline(LTXPipeline, engine, engine.parts.scheduler).encode_prompt(CAPTION)
    stock = pipeline(LTXConditionPipeline, engine, FlowMatchEulerDiscreteScheduler())
    frames = stock(
        conditions=[conditions[end] for end in ends],
        prompt_embeds=heard[0],
        prompt_attention_mask=heard[1],
        negative_prompt_embeds=heard[2],
        negative_prompt_attention_mask=heard[3],
        generator=torch.Generator().manual_seed(SEED),
        timesteps=timesteps,
        guidance_scale=GUIDANCE,
        image_cond_noise_scale=0,
        output_type="np",
        **CLIP,
    ).frames
    assert apart(film, frames) <= 1


def test_the_folder_films_where_laqta_is_not_installed(
    stirred: Path, engine: Engine, asked: Request, picture: Frames, tmp_path: Path
) -> None:
    Image.fromarray(picture).save(tmp_path / "first.png")
    subprocess.run(
        [
            *(sys.executable, "-I", "-c", WITHOUT_LAQTA, str(stirred), str(tmp_path / "first.png")),
            *(str(tmp_path), str(SEED), str(STEPS), str(GUIDANCE), CAPTION),
        ],
        check=True,
        cwd=tmp_path,
        env={**os.environ, "HF_HOME": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1"},
    )
    text, image, condition, half = (
        np.load(tmp_path / f"{name}.npy") for name in ("text", "image", "condition", "bfloat16")
    )
    assert apart(engine.film(asked), text) <= 1
    with_first = replace(asked, lead_BTHWC=picture[None, None])
    assert apart(engine.film(with_first), condition) <= 1
    kept = engine.decode(engine.encode(picture[None, None]))
    assert apart(kept, image[:, :1]) <= 1  # this pipeline counts time as the text one does
    assert image.shape == half.shape == (1, 9, 32, 32, 3)
    assert np.isfinite(half).all()
    assert apart(kept, half[:, :1]) <= 12  # half precision
