"""The line from a sentence to a film, as a library is used; the speck's films are noise, but noise by the recipe."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import laqta
from laqta.config import from_dict
from laqta.film import Crew, Film, UnseenPropError
from laqta.generate.engine import Frames
from laqta.language.read import read
from laqta.shot import Shot
from laqta.train.run import world_of
from laqta.video import Clip, read_recipe, read_video
from laqta.wish import MAX_SECONDS, Options, understand

TOLD = {
    "prompt", "language", "shot", "unseen", "ignored", "caption", "seed", "batch", "index", "threads", "model",
    "model_hash", "settings", "seconds", "real_time_factor",
}  # fmt: skip
"""What the issue lists for `--json`, but for the file, which has no name yet."""

SENTENCES = {
    "en": "a red car drives in the snow",
    "ar": "سيارة حمراء في الثلج",
    "zh": "一辆红色的汽车在雪地里",
}


@pytest.fixture(scope="module")
def crew(speck: Path) -> Crew:
    return laqta.load(str(speck))


def same(one: Film, other: Film) -> bool:
    return one.frames_THWC.tobytes() == other.frames_THWC.tobytes()


@pytest.mark.parametrize("language", SENTENCES)
def test_the_recipe_tells_everything(crew: Crew, language: str) -> None:
    film = crew.film(SENTENCES[language], seed=7)
    assert (film.frames_THWC.shape, film.frames_THWC.dtype, film.fps) == ((9, 32, 32, 3), np.uint8, 4)
    recipe = film.recipe
    assert recipe.keys() >= TOLD
    assert (recipe["prompt"], recipe["language"]) == (SENTENCES[language], language)
    assert recipe["shot"]["backdrop"] == "snow"
    assert [actor["kind"] for actor in recipe["shot"]["cast"]] == ["car"]
    assert recipe["unseen"] == recipe["ignored"] == recipe["dropped"] == []
    assert (recipe["seed"], recipe["batch"], recipe["index"]) == (7, 1, 0)
    assert recipe["threads"] == torch.get_num_threads()
    assert recipe["model"] == "speck" and len(recipe["model_hash"]) == 16
    expected = {"steps": 2, "guidance": 2.0, "width": 32, "height": 32, "frames": 9, "fps": 4, "enlarged": 8}
    assert expected.items() <= recipe["settings"].items()
    assert recipe["seconds"] > 0
    assert recipe["real_time_factor"] == pytest.approx(recipe["seconds"] / 2.25, abs=1e-3)
    assert json.loads(json.dumps(recipe, allow_nan=False)) == recipe


def test_the_shot_and_its_plan_are_both_kept(crew: Crew) -> None:
    recipe = crew.film("a red car", seed=7).recipe
    stated, planned = (from_dict(Shot, recipe[name]) for name in ("shot", "planned"))
    assert stated == read("a red car").shot and stated.backdrop is None
    assert planned.backdrop in crew.card.backdrops and planned.cast[0].tint == "red"
    assert read(recipe["caption"]).shot.backdrop == planned.backdrop
    other = crew.film("a red car", seed=8).recipe
    assert other["shot"] == recipe["shot"] and other["planned"] != recipe["planned"]


def test_words_that_were_not_understood_are_told(crew: Crew) -> None:
    assert crew.film("a flurbish car", seed=1).recipe["ignored"] == ["flurbish"]


def test_the_same_seed_films_the_same(crew: Crew) -> None:
    film = crew.film("a car", seed=3)
    assert same(crew.film("a car", seed=3), film)
    assert not same(crew.film("a car", seed=4), film)


def test_progress_counts_every_step_and_may_cancel(crew: Crew) -> None:
    told: list[tuple[int, int, str]] = []
    crew.film("a car", steps=3, seconds=3, progress=lambda *step: told.append(step))
    assert [done for done, _, _ in told] == list(range(1, 7))
    assert {(total, what) for _, total, what in told} == {(6, "filming")}

    def stop(*_step: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crew.film("a car", progress=stop)


@pytest.mark.parametrize("index", [0, 1])
def test_a_take_is_filmed_again_pixel_by_pixel(crew: Crew, index: int) -> None:
    takes = crew.takes("a red car", 2, seed=5, steps=3, guidance=1.5)
    assert [take.recipe["seed"] for take in takes] == [5, 6]
    assert [take.recipe["index"] for take in takes] == [0, 1]
    again = crew.again(json.loads(json.dumps(takes[index].recipe)))
    assert same(again, takes[index])
    assert again.recipe["index"] == index and again.recipe["settings"] == takes[index].recipe["settings"]


def test_a_loop_ends_as_it_began_and_is_filmed_again(crew: Crew) -> None:
    film = crew.film("a car", seed=2, loop=True)
    assert film.recipe["settings"]["loop"] is True
    assert not same(film, crew.film("a car", seed=2))
    assert same(film, crew.again(film.recipe))
    with pytest.raises(ValueError, match="takes no last picture"):
        crew.film("a car", loop=True, last=Path("x.png"))


def test_different_shots_are_filmed_in_one_batch_and_each_again(crew: Crew) -> None:
    wishes = [crew.wish(understand(sentence), {}) for sentence in SENTENCES.values()]
    glimpses: list[Frames] = []
    films = crew.shoot(wishes, [5, 9, 0], glimpse=glimpses.append)
    assert [film.recipe["prompt"] for film in films] == list(SENTENCES.values())
    assert [film.recipe["seed"] for film in films] == [5, 9, 0]
    for film in films:
        assert same(film, crew.again(film.recipe))
    assert len(glimpses) == films[0].recipe["settings"]["steps"]
    assert {glimpse.shape for glimpse in glimpses} == {(3, 8, 8, 3)}


def test_a_long_film_with_pictures_is_filmed_again(crew: Crew, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (200, 40, 40)).save(tmp_path / "red.png")
    film = crew.film("a car", seed=2, seconds=3, first=tmp_path / "red.png", last=tmp_path / "red.png")
    assert len(film.frames_THWC) == 13  # twelve were wished, but with thirteen it ends as wished
    assert film.recipe["dropped"] == ["to end with the last picture the film is 3.25 seconds long"]
    assert same(crew.again(film.recipe), film)
    Image.new("RGB", (64, 64), (40, 40, 200)).save(tmp_path / "red.png")
    with pytest.raises(
        ValueError, match=r"red\.png' as it was when it was filmed; it is gone or has changed"
    ):
        crew.again(film.recipe)


def test_an_extended_clip_is_kept_goes_on_and_is_filmed_again(crew: Crew, tmp_path: Path) -> None:
    saved = crew.film("a car", seed=1).save(tmp_path / "car.mp4")
    clip = read_video(saved)
    film = crew.extend(clip, 1.5, prompt="a rocket", seed=2, source=saved)
    assert len(film.frames_THWC) == 9 + 6
    assert film.recipe["settings"]["seconds"] == pytest.approx(15 / 4)
    assert film.recipe["extends"]["seconds"] == 1.5
    assert same(crew.again(json.loads(json.dumps(film.recipe))), film)
    assert not same(crew.extend(clip, 1.5, prompt="a rocket", seed=3), film)


def test_what_is_held_stays_as_it_is(crew: Crew) -> None:
    held = np.random.default_rng(0).integers(0, 256, (9, 32, 32, 3), dtype=np.uint8)
    film = crew.extend(Clip(frames_THWC=held, fps=4), 0.1, prompt="a car")
    assert len(film.frames_THWC) == 10  # it goes on by a frame at least
    assert np.array_equal(film.frames_THWC[:9], held)
    with pytest.raises(ValueError, match="came from no file"):
        crew.again(film.recipe)


def test_another_models_recipe_is_refused(crew: Crew) -> None:
    recipe = crew.film("a car").recipe | {"model_hash": "0" * 16, "model": "nano"}
    with pytest.raises(ValueError, match=r"filmed by nano 0{16}; this is speck"):
        crew.again(recipe)


def test_threads_are_as_they_were(crew: Crew) -> None:
    before = torch.get_num_threads()
    film = crew.again(crew.film("a car").recipe | {"threads": before + 1})
    assert film.recipe["threads"] == before + 1
    assert torch.get_num_threads() == before


# ---------------------------------------------------------------- wishes that cannot be


def test_a_thing_that_the_model_never_saw_needs_a_yes(crew: Crew) -> None:
    with pytest.raises(UnseenPropError, match=r"never shown cat \(nearest: ") as caught:
        crew.film("a cat in the snow")
    assert caught.value.nearest.keys() == {"cat"}
    nearest = caught.value.nearest["cat"]
    assert nearest in crew.card.props
    recipe = crew.film("a cat in the snow", nearest=True).recipe
    assert recipe["unseen"] == ["cat"]
    assert recipe["shot"]["cast"][0]["kind"] == "cat"
    assert recipe["planned"]["cast"][0]["kind"] == nearest
    assert recipe["settings"]["nearest"] is True


@pytest.mark.parametrize(
    ("prompt", "example"),
    [("qwrtp zzxv", "say for example: a cat"), ("ضصثق", "example: قطة"), ("", "could be understood")],
)
def test_what_says_nothing_is_refused_with_examples(crew: Crew, prompt: str, example: str) -> None:
    with pytest.raises(ValueError, match=example):
        crew.film(prompt)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seconds": MAX_SECONDS + 1}, "61 seconds cannot be filmed; a film is at most 60 seconds"),
        ({"seconds": 0}, "0 seconds cannot be filmed"),
        ({"seconds": float("nan")}, "nan seconds cannot be filmed"),
        ({"steps": 0}, "0 steps make no film"),
        ({"guidance": 0.5}, r"a guidance of 0\.5 is not possible"),
        ({"guidance": float("inf")}, "a guidance of inf is not possible"),
        ({"size": (999, 16)}, "speck cannot film 999x16; its sizes are: 32x32"),
        ({"first": Path("none.png")}, r"'none\.png': there is no such file"),
    ],
)
def test_what_is_out_of_range_is_refused(crew: Crew, options: Options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        crew.film("a car", **options)


def test_seeds_and_takes_are_whole_numbers(crew: Crew) -> None:
    with pytest.raises(ValueError, match="a seed is a whole number from 0 up"):
        crew.film("a car", seed=-1)
    with pytest.raises(ValueError, match="at least one take"):
        crew.takes("a car", 0)


def test_a_film_may_not_grow_beyond_a_minute(crew: Crew) -> None:
    clip = Clip(frames_THWC=np.zeros((200, 32, 32, 3), np.uint8), fps=4)
    with pytest.raises(ValueError, match=r"would be 70\.0 seconds long; at most 60"):
        crew.extend(clip, 20, prompt="a car")
    with pytest.raises(ValueError, match="cannot go on for 0 seconds"):
        crew.extend(clip, 0, prompt="a car")


@pytest.mark.parametrize("size", [(32, 32), (256, 256)])
def test_the_models_size_and_its_enlargement_are_one(crew: Crew, size: tuple[int, int]) -> None:
    assert crew.film("a car", size=size).frames_THWC.shape == (9, 32, 32, 3)


def test_a_length_in_the_sentence_or_beside_it(crew: Crew) -> None:
    assert len(crew.film("a car for 1 second").frames_THWC) == 4
    assert len(crew.film("a car for 3 seconds", seconds=0.5).frames_THWC) == 2


def test_a_format_that_the_model_lacks_is_dropped_and_said(crew: Crew) -> None:
    recipe = crew.film("a vertical video of a car in the snow").recipe
    assert recipe["shot"]["format"] == "tall"
    assert recipe["dropped"] == ["speck films no tall format; it is square"]


def test_what_cannot_be_is_dropped_and_said(crew: Crew) -> None:
    recipe = crew.film("a car in the kitchen in the rain").recipe
    assert any("rain in the kitchen" in note for note in recipe["dropped"])
    assert any("never saw kitchen" in note for note in recipe["dropped"])


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("ending", [".mp4", ".webp"])
def test_a_saved_film_is_enlarged_and_carries_its_recipe(crew: Crew, tmp_path: Path, ending: str) -> None:
    film = crew.film("a car", seed=3)
    path = film.save(tmp_path / f"car{ending}")
    assert path == tmp_path / f"car{ending}"
    clip = read_video(path)
    assert clip.frames_THWC.shape == (9, 256, 256, 3) and clip.fps == 4
    recipe: dict[str, Any] = read_recipe(path)
    assert recipe == film.recipe
    assert recipe["settings"]["enlarged"] == 8
    assert same(crew.again(recipe), film)


def test_tampered_weights_are_the_machines_fault(speck: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(speck, tmp_path / "tampered"))
    weights = next(folder.glob("vae/*.safetensors"))
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(OSError, match="changed or cut short"):
        laqta.load(folder)


def test_an_unknown_model_or_device_is_refused(speck: Path) -> None:
    with pytest.raises(ValueError, match="no model 'none'; installed: "):
        laqta.load("none")
    with pytest.raises(ValueError, match="the device 'tpu' cannot be used here"):
        laqta.load(speck, device="tpu")


def test_the_world_of_a_model_is_what_its_card_names(crew: Crew) -> None:
    world = world_of(crew.card)
    assert (world.props, world.backdrops) == (("car", "rocket", "football"), ("meadow", "snow"))
