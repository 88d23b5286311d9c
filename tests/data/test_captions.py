"""Captions over real HTTP: a local server answers as vision models do, errors included; the world tells its truth."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.conftest import Film
from tests.data.films import join, scene, write_film
from tests.data.vision_server import WORDS, Model, Reply, pictures, says, serve

from laqta.config import to_dict
from laqta.data import vision
from laqta.data.clips import clip_table
from laqta.data.datasets import Wish, freeze
from laqta.data.ingest import ingest
from laqta.data.local import LocalExecutor
from laqta.data.pipeline import load_pipeline
from laqta.data.rights import Rights
from laqta.data.run import StageRun, Tables, run_pipeline
from laqta.data.status import problems
from laqta.data.trace import trace
from laqta.data.workspace import Workspace, open_workspace
from laqta.language.write import write
from laqta.shot import VideoShape
from laqta.video import write_video
from laqta.world.props import drawn_bank
from laqta.world.render import render
from laqta.world.sample import WorldSpec, sample_shot

KEY = "sk-very-secret"
CHECKS = {
    "checks": [
        {"claim": "stripes", "holds": True},
        {"claim": "grey", "holds": False},
        {"claim": "left", "holds": True},
    ],
    "note": "The stripes are coloured.",
}


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with three films of 128 by 96 pixels whose shots are known: each is a clip of two seconds."""
    folder = tmp_path_factory.mktemp("captions")
    films = [
        write_film(folder / f"{seed}.mp4", scene(seed, 24, 96, 128), rate=12, options={"preset": "ultrafast"})
        for seed in range(3)
    ]
    place = open_workspace(folder / "data", create=True)
    ingest(place, [str(path) for path in films], Rights(owner="Amal", licence="CC-BY-4.0"))
    run(place, "[captions]\n")
    for path in (*(place.facts / "captions").iterdir(), *(place.facts / "caption_check").iterdir()):
        path.unlink()
    return place.root


@pytest.fixture
def workspace(cut: Path, tmp_path: Path) -> Workspace:
    """A copy of it, for one test."""
    return open_workspace(shutil.copytree(cut, tmp_path / "data"))


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    monkeypatch.setattr(vision, "PAUSE", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for role in ("LAQTA_VISION", "LAQTA_CHECK"):
        monkeypatch.delenv(f"{role}_URL", raising=False)
        monkeypatch.delenv(f"{role}_KEY", raising=False)
    for made in serve():
        monkeypatch.setenv("LAQTA_VISION_URL", made.url)
        yield made


@pytest.fixture
def checker() -> Iterator[Model]:
    for made in serve():
        made.replies = [says(CHECKS)]
        yield made


def run(
    workspace: Workspace, toml: str = '[captions]\nwriter = "eyes"\n'
) -> tuple[Tables, dict[str, StageRun]]:
    """Run the pipeline without what captions do not need."""
    workspace.pipeline.write_text(toml, encoding="utf-8")
    pipeline = load_pipeline(workspace, frozenset({"text", "duplicates"}))
    wanted = tuple(
        stage for stage in pipeline if stage.name in ("probe", "scan", "shots", "captions", "caption_check")
    )
    done = run_pipeline(workspace, wanted, LocalExecutor(workers=1))
    return Tables(workspace, wanted), {stage.stage: stage for stage in done}


def captions(tables: Tables) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name.startswith("caption_")}
        for row in clip_table(tables).to_pylist()
    ]


# ---------------------------------------------------------------- what is sent, and what comes of it


def test_frames_go_to_the_model_and_three_captions_come_back(workspace: Workspace, model: Model) -> None:
    tables, done = run(workspace, '[captions]\nwriter = "eyes"\nframes = 3\nside = 64\n')
    assert (done["captions"].found, done["captions"].failed) == (3, 0)
    written = {f"caption_{language}": text for language, text in WORDS.items()}
    assert (
        captions(tables)
        == [written | {"caption_by": "eyes", "caption_check": None, "caption_check_note": None}] * 3
    )
    assert len(model.seen) == 3
    for sent in model.seen:
        assert (sent["path"], sent["model"], sent["temperature"]) == ("/v1/chat/completions", "eyes", 0)
        assert sent["response_format"] == {"type": "json_object"}
        told = sent["messages"][0]["content"][0]["text"]
        assert "2.0 seconds" in told
        assert all(f'"{language}"' in told for language in WORDS)
        shown = pictures(sent)
        assert [(picture.format, picture.size) for picture in shown] == [("JPEG", (64, 48))] * 3
        looks = [np.asarray(picture, float) for picture in shown]
        assert np.abs(looks[0] - looks[2]).mean() > 2  # the picture has moved on


def test_only_languages_that_are_asked_for_are_written(workspace: Workspace, model: Model) -> None:
    tables, _ = run(workspace, '[captions]\nwriter = "eyes"\nlanguages = "zh, en"\n')
    assert captions(tables)[0]["caption_ar"] is None
    assert captions(tables)[0]["caption_zh"] == WORDS["zh"]
    assert '"ar"' not in model.seen[0]["messages"][0]["content"][0]["text"]


def test_a_second_run_asks_nobody(
    workspace: Workspace, model: Model, checker: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAQTA_CHECK_URL", checker.url)
    toml = '[captions]\nwriter = "eyes"\n[caption_check]\nchecker = "judge"\n'
    run(workspace, toml)
    monkeypatch.setenv("LAQTA_VISION_URL", "http://127.0.0.1:9/elsewhere")  # where it is changes no fact
    _, done = run(workspace, toml)
    assert [stage.calls for stage in done.values()] == [0] * 5
    assert (len(model.seen), len(checker.seen)) == (3, 3)


def test_without_a_model_clips_have_no_captions_and_nothing_fails(workspace: Workspace) -> None:
    tables, done = run(workspace, "")
    assert [row["caption_by"] for row in captions(tables)] == [None] * 3
    assert done["captions"].failed == done["caption_check"].failed == 0


def test_clips_of_one_source_have_captions_of_their_own(tmp_path: Path, model: Model) -> None:
    path = write_film(tmp_path / "two.mp4", join(scene(1, 48), scene(2, 48)))
    place = open_workspace(tmp_path / "data", create=True)
    ingest(place, [str(path)], Rights())
    model.replies = [says({**WORDS, "en": f"Scene {number}."}) for number in range(2)]
    tables, _ = run(place)
    assert sorted(row["caption_en"] for row in captions(tables)) == ["Scene 0.", "Scene 1."]
    first, second = (np.asarray(pictures(sent)[0], float) for sent in model.seen)
    assert np.abs(first - second).mean() > 10


# ---------------------------------------------------------------- answers and errors


@pytest.mark.parametrize(
    "text",
    [
        "```json\n" + json.dumps(WORDS) + "\n```",
        "<think>Is it {grey}?</think>\nHere it is: "
        + json.dumps(WORDS, ensure_ascii=False)
        + " Anything else?",
    ],
)
def test_what_stands_round_the_json_does_not_matter(workspace: Workspace, model: Model, text: str) -> None:
    model.replies = [says(text)]
    tables, _ = run(workspace)
    assert [row["caption_ar"] for row in captions(tables)] == [WORDS["ar"]] * 3
    assert len(model.seen) == 3


def test_a_broken_answer_is_told_what_is_wrong_and_may_be_mended(workspace: Workspace, model: Model) -> None:
    model.replies = [says('{"en": "Grey'), says(WORDS)]
    tables, done = run(workspace)
    assert (done["captions"].found, len(model.seen)) == (3, 4)
    again = next(sent for sent in model.seen if len(sent["messages"]) == 3)
    assert again["messages"][1] == {"role": "assistant", "content": '{"en": "Grey'}
    assert "its JSON is broken" in again["messages"][2]["content"]
    assert None not in [row["caption_en"] for row in captions(tables)]


def test_a_model_that_never_answers_with_json_fails_the_clip_until_the_next_run(
    workspace: Workspace, model: Model
) -> None:
    model.replies = [says("I see stripes.")]
    tables, done = run(workspace)
    assert (done["captions"].found, done["captions"].failed, len(model.seen)) == (0, 3, 6)
    assert [why for _, why in problems(tables)] == [
        "captions: eyes gave no answer that can be used: there is no JSON object in it"
    ] * 3
    model.replies = [says(WORDS)]
    _, done = run(workspace)
    assert (done["captions"].calls, done["captions"].found, done["captions"].failed) == (1, 3, 0)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again(workspace: Workspace, model: Model, status: int) -> None:
    model.replies = [Reply({}, status, {"Retry-After": "0"}), Reply({}, status), says(WORDS)]
    _, done = run(workspace)
    assert (done["captions"].found, len(model.seen)) == (3, 5)


def test_a_server_that_stays_busy_fails_the_clips_until_the_next_run(
    workspace: Workspace, model: Model
) -> None:
    model.replies = [Reply({"error": {"message": "slow down"}}, 429)]
    tables, done = run(workspace)
    assert (done["captions"].failed, len(model.seen)) == (3, 3 * vision.TRIES)
    assert "answers 429: slow down" in next(problems(tables))[1]
    model.replies = [Reply("", 429, {"Retry-After": "3600"})]
    run(workspace)
    assert len(model.seen) == 3 * vision.TRIES + 3  # nobody waits an hour


def test_a_silent_server_fails_the_clips(
    workspace: Workspace, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silence(_: dict[str, Any]) -> Reply:
        model.over.wait(10)
        return says(WORDS)

    monkeypatch.setattr(vision, "TIMEOUT", 0.05)
    monkeypatch.setattr(vision, "TRIES", 1)
    model.replies = [silence]
    tables, _ = run(workspace)
    assert next(problems(tables))[1].endswith("did not answer in 0.05 seconds")


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "set LAQTA_VISION_KEY"), (404, "look at the model's name"), (302, "answers 302")],
)
def test_a_wrong_key_or_name_ends_the_run_and_loses_nothing(
    workspace: Workspace, model: Model, monkeypatch: pytest.MonkeyPatch, film: Film, status: int, advice: str
) -> None:
    monkeypatch.setenv("LAQTA_VISION_KEY", KEY)
    run(workspace)
    ingest(workspace, [str(film("new.mp4", seed=9)), str(film("newer.mp4", seed=10))], Rights())
    model.replies = [
        Reply({"error": {"message": f"no such key: {KEY}"}}, status, {"Location": "http://127.0.0.1:9/"})
    ]
    with pytest.raises(OSError, match=advice) as caught:
        run(workspace)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)
    model.replies = [says(WORDS)]
    _, done = run(workspace)
    assert (done["captions"].calls, done["captions"].found) == (1, 5)
    assert done["scan"].calls == 0


def test_answers_before_the_key_ran_out_are_kept(
    workspace: Workspace, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("laqta.data.captions.AT_ONCE", 1)
    model.replies = [says(WORDS), Reply({"error": "no money left"}, 402)]
    tables, done = run(workspace)
    assert (done["captions"].found, done["captions"].failed, len(model.seen)) == (1, 2, 2)
    assert "answers 402: no money left" in next(problems(tables))[1]
    with pytest.raises(OSError, match="no money left"):
        run(workspace)


def test_one_clip_that_is_refused_does_not_stop_the_others(workspace: Workspace, model: Model) -> None:
    model.replies = [Reply({"detail": "the picture is not allowed"}, 400), says(WORDS)]
    tables, done = run(workspace)
    assert (done["captions"].found, done["captions"].failed) == (2, 1)
    assert "answers 400: the picture is not allowed" in next(problems(tables))[1]


def test_a_server_that_refuses_all_ends_the_run(
    workspace: Workspace, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vision, "MOST_IN_A_ROW", 3)
    model.replies = [Reply({"error": {"message": "Model Not Exist"}}, 400)]
    with pytest.raises(OSError, match=r"'eyes' at 127\.0\.0\.1:[0-9]+ answers 400: Model Not Exist"):
        run(workspace)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "export LAQTA_VISION_URL="),
        ("localhost:8000", "LAQTA_VISION_URL is no address"),
        ("http://user:word@localhost/v1", "LAQTA_VISION_URL is no address"),
        ("http://127.0.0.1:9/v1", "cannot be reached"),
    ],
)
@pytest.mark.usefixtures("model")
def test_a_server_that_is_not_there_ends_the_run(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, url: str, why: str
) -> None:
    monkeypatch.setenv("LAQTA_VISION_URL", url)
    with pytest.raises(OSError, match=why) as caught:
        run(workspace)
    assert "user:word" not in str(caught.value)


# ---------------------------------------------------------------- the second model


def test_a_second_model_checks_what_the_first_one_wrote(
    workspace: Workspace, model: Model, checker: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAQTA_VISION_KEY", KEY)
    monkeypatch.setenv("LAQTA_CHECK_URL", checker.url)
    tables, _ = run(
        workspace, '[captions]\nwriter = "eyes"\n[caption_check]\nchecker = "judge"\nframes = 5\n'
    )
    for row in captions(tables):
        assert row["caption_check"] == pytest.approx(2 / 3)
        assert row["caption_check_note"] == "The stripes are coloured."
    for sent in checker.seen:
        assert sent["model"] == "judge"
        assert len(pictures(sent)) == 5
        assert all(text in sent["messages"][0]["content"][0]["text"] for text in WORDS.values())
    assert model.keys == [f"Bearer {KEY}"] * 3
    assert checker.keys == [""] * 3  # a key goes only where it was set for


def test_the_checker_may_be_another_model_of_the_same_server(
    workspace: Workspace, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAQTA_VISION_KEY", KEY)
    model.replies = [lambda sent: says(WORDS if sent["model"] == "eyes" else CHECKS)]
    run(workspace, '[captions]\nwriter = "eyes"\n[caption_check]\nchecker = "judge"\n')
    assert [sent["model"] for sent in model.seen] == ["eyes"] * 3 + ["judge"] * 3
    assert set(model.keys) == {f"Bearer {KEY}"}


# ---------------------------------------------------------------- where captions go


def test_renders_of_the_world_have_true_captions_and_a_version_carries_them(
    tmp_path: Path, model: Model
) -> None:
    bank, shape = drawn_bank(["car", "duck"]), VideoShape(frames=9, height=64, width=64, fps=6)
    spec = WorldSpec(
        props=bank.ids, backdrops=("meadow", "space"), size_fractions=(0.3, 0.4, 0.5), max_things=2,
        single_share=0.5, twin_share=0.2,
    )  # fmt: skip
    shots = [sample_shot(seed, spec) for seed in (3, 4)]
    films_BTHWC = render(shots, shape, bank, spec, [3, 4]).frames_BTCHW.permute(0, 1, 3, 4, 2).numpy()
    for at, frames_THWC in enumerate((films_BTHWC * 255).round().astype(np.uint8)):
        recipe = {"world": True, "shot": to_dict(shots[at]), "boxes": False}
        write_video(tmp_path / f"{at}.mp4", frames_THWC, shape.fps, recipe)
    place = open_workspace(tmp_path / "data", create=True)
    ingest(
        place, [str(tmp_path / "0.mp4"), str(tmp_path / "1.mp4")], Rights(owner="Laqta", licence="CC0-1.0")
    )
    tables, _ = run(place, '[captions]\nwriter = "eyes"\n[caption_check]\nchecker = "judge"\n')
    rows = freeze(tables, Wish(name="world", gates=(), on="2026-11-26")).rows.to_pylist()
    names = {record["where"]: record["id"] for record in tables.rows("sources").to_pylist()}
    for at, shot in enumerate(shots):
        (row,) = [row for row in rows if row["source"] == names[str(tmp_path / f"{at}.mp4")]]
        assert (row["caption_by"], row["caption_check"]) == ("truth", None)
        for language in ("en", "ar", "zh"):
            assert row[f"caption_{language}"] == write(shot, language, "detailed", int(row["id"][:8], 16))
    assert model.seen == []


def test_a_trace_shows_model_and_prompts_and_no_fact_holds_the_key(
    workspace: Workspace, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAQTA_VISION_KEY", KEY)
    model.replies = [lambda sent: says(WORDS if sent["model"] == "eyes" else CHECKS)]
    tables, _ = run(
        workspace,
        '[captions]\nwriter = "eyes"\ninstructions = "Say {what} you see."\n[caption_check]\nchecker = "judge"\n',
    )
    version = freeze(tables, Wish(name="all", gates=(), on="2026-11-26"))
    stages = trace(workspace, version.rows["id"].to_pylist()[0])["stages"]
    assert (stages["captions"]["model"], stages["caption_check"]["model"]) == ("eyes", "judge")
    assert stages["captions"]["parameters"]["instructions"] == "Say {what} you see."
    assert stages["caption_check"]["parameters"]["instructions"].startswith("The pictures are frames")
    assert stages["captions"]["parameters"]["frames"] == 4
    files = [path for path in workspace.root.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path
        assert model.url.encode() not in path.read_bytes(), path
