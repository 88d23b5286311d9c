"""The optional brain over real HTTP: a local server answers as each provider does, errors included.

What it answers with lies in `llm_wire/`, written down from the providers' documentation and bug reports.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from laqta.director import llm, rules
from laqta.director.chat import reply
from laqta.director.llm import LlmBrain, LlmSettings, open_brain
from laqta.director.llm_ask import Access
from laqta.director.llm_edits import told
from laqta.director.llm_presets import Preset, presets, reasons
from laqta.director.storyboard import (
    AddPanel,
    AddTakes,
    History,
    Take,
)
from laqta.shot import Actor, Motion, Shot

WIRE = Path(__file__).parent / "llm_wire"
ERRORS = [json.loads(line) for line in (WIRE / "errors.jsonl").read_text(encoding="utf-8").splitlines()]
GUIDE = Path(__file__).parent.parent.parent / "docs" / "guide" / "llm.md"

CAT = Actor(kind="cat", facing="right", motion=Motion(verb="walk", toward="right"))
SNOW = Shot(backdrop="snow", cast=(CAT,))
TAKE = Take(shot=SNOW, seed=4)
BOARD = History().after((AddPanel(at=0, take=TAKE),))
NIGHT = AddTakes(panel=0, takes=(replace(TAKE, shot=replace(SNOW, time="night"), parent=0),))
WISH = '{"edits":[{"do":"change","set":{"time":"night"}}],"say":"Now it is night."}'
COMMAS = '{"edits":[{"do":"change","set":{"time":"night",},},],"say":"Now it is night.",}'
IMPOSSIBLE = '{"edits":[{"do":"change","set":{"cast":[{"kind":"kitten"}]}}]}'
KEY = "sk-secret"


@dataclass
class Reply:
    """What the server answers one request with: JSON, or a text; `wait` seconds late."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0


@dataclass
class Endpoint:
    """A server's address, its answers in order (the last one again and again), and what it was sent."""

    url: str
    replies: list[Any] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.seen.append(sent)
            made.heads.append(
                {"path": self.path, **{key.lower(): value for key, value in self.headers.items()}}
            )
            made.times.append(time.monotonic())
            answer = made.replies.pop(0) if len(made.replies) > 1 else made.replies[0]
            answer = answer(sent) if callable(answer) else answer
            made.over.wait(answer.wait)
            text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            kind = "text/html" if text.startswith("<") else "application/json"
            try:
                self.send_response(answer.status)
                for name, value in ({"Content-Type": kind} | answer.headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client did not wait

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Endpoint(url=f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def wire(name: str) -> dict[str, Any]:
    return dict(json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8")))


def says(name: str, answer: str, **more: Any) -> Reply:
    """A provider's answer with the model's own text in its place."""

    def put(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: put(value) for key, value in node.items()}
        if isinstance(node, list):
            return [put(value) for value in node]
        return node.replace("$ANSWER", answer).replace("$COMMAS", COMMAS) if isinstance(node, str) else node

    return Reply(put(wire(name)["response"]), **more)


def brain(endpoint: Endpoint, name: str = "custom", own: Any = None, **waits: float) -> LlmBrain:
    preset: Preset = replace(presets()[name], **(own or {}))
    times = {"timeout": 20.0, "pause": 0.01, "most": 60.0} | waits
    model = preset.model or "some-model"
    return LlmBrain(Access(preset=preset, base_url=endpoint.url, model=model, key=KEY, **times))


@pytest.mark.parametrize("name", presets())
def test_every_provider_is_asked_in_its_own_way(name: str, endpoint: Endpoint) -> None:
    endpoint.replies = [says(name, WISH)]
    settings = LlmSettings(preset=name, base_url=endpoint.url, model=presets()[name].model or "m", key=KEY)
    answer = open_brain(settings).answer("make it night", BOARD, talk=[("a cat in the snow", "Filming.")])

    assert (answer.turn.edits, answer.reply, answer.fell_back) == ((NIGHT,), "Now it is night.", "")
    assert reply(answer.turn) == reply(rules.answer("make it night", BOARD))
    (sent,), (head,) = endpoint.seen, endpoint.heads
    assert head["path"] == "/v1/chat/completions"
    assert head["authorization"] == f"Bearer {KEY}"
    assert sent["model"] == settings.model
    assert wire(name)["sends"].items() <= sent.items()
    assert not set(wire(name)["omits"]) & set(sent)
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert json.loads(sent["messages"][1]["content"]) == {
        "storyboard": told(BOARD.board),
        "talk": [{"person": "a cat in the snow", "answer": "Filming."}],
        "message": "make it night",
    }
    mode = presets()[name].mode
    assert ("tools" in sent) == (mode == "tool")
    assert sent.get("response_format", {}).get("type") == (mode if mode.startswith("json") else None)
    schema = json.dumps(sent["tools"]) if mode == "tool" else sent["messages"][0]["content"]
    assert '"new_shot"' in schema and '"football_pitch"' in schema and '"track"' not in schema


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case["name"])
def test_every_error_is_told_and_the_rules_answer(case: dict[str, Any], endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(case.get("text", case.get("body")), case["status"], case.get("headers", {}))]
    asked = brain(endpoint, case["preset"], pause=0.001)
    answer = asked.answer("اجعلها ليلا", BOARD)

    assert answer.turn == rules.answer("اجعلها ليلا", BOARD)
    assert answer.reply == ""
    filled = re.sub(r"\\{\w+\\}", ".+", re.escape(reasons()[case["reason"]]["ar"]))
    assert re.fullmatch(filled, answer.fell_back)
    assert case.get("words", "") in answer.fell_back
    if case["reason"] in ("no_such_model", "key", "quota", "busy"):
        assert asked.access.model in answer.fell_back
    assert KEY not in answer.fell_back
    passing = case["reason"] in ("busy", "down")
    assert len(endpoint.seen) == (3 if passing else 1 if case["status"] != 200 else len(endpoint.seen))


def test_reasoning_goes_back_on_tool_turns_where_it_must(endpoint: Endpoint) -> None:
    thought = wire("deepseek")["response"]["choices"][0]["message"]["reasoning_content"]

    def strict(sent: dict[str, Any]) -> Reply:
        turn = sent["messages"][2]
        if turn.get("reasoning_content") != thought:
            text = "The reasoning_content in the thinking mode must be passed back to the API."
            return Reply({"error": {"message": text, "type": "invalid_request_error", "code": None}}, 400)
        assert turn["tool_calls"][0]["function"]["arguments"] == IMPOSSIBLE
        assert (sent["messages"][3]["role"], "kitten" in sent["messages"][3]["content"]) == ("tool", True)
        return says("deepseek", WISH)

    endpoint.replies = [says("deepseek", IMPOSSIBLE), strict]
    answer = brain(endpoint, "deepseek").answer("make it night", BOARD)
    assert (answer.turn.edits, answer.fell_back) == ((NIGHT,), "")


def test_a_tool_that_was_forgotten_is_not_missed(endpoint: Endpoint) -> None:
    in_words = says("deepseek", WISH)
    in_words.body["choices"][0]["message"] = {"role": "assistant", "content": f"Sure!\n```json\n{WISH}\n```"}
    endpoint.replies = [in_words]
    assert brain(endpoint, "deepseek").answer("make it night", BOARD).turn.edits == (NIGHT,)
    in_words.body["choices"][0]["message"] = {"role": "assistant", "content": "Sure, it is night now!"}
    endpoint.replies = [in_words, says("deepseek", WISH)]
    assert brain(endpoint, "deepseek").answer("make it night", BOARD).turn.edits == (NIGHT,)
    assert "Use the tool edit_storyboard" in endpoint.seen[-1]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("name", "own"), [("deepseek", {"back": "never"}), ("ernie", {}), ("sensenova", {}), ("deepseek-r1", {})]
)
def test_reasoning_stays_away_where_it_must(name: str, own: dict[str, Any], endpoint: Endpoint) -> None:
    def strict(sent: dict[str, Any]) -> Reply:
        for turn in sent["messages"]:
            if {"reasoning_content", "reasoning"} & set(turn) or "夜" in str(turn["content"]):
                text = "reasoning_content is not allowed in the input messages"
                return Reply({"error": {"message": text, "type": "invalid_request_error", "code": None}}, 400)
        return says(name, WISH)

    first = says(name, IMPOSSIBLE)
    if name == "sensenova":
        first.body["choices"][0]["message"]["content"] = IMPOSSIBLE
    endpoint.replies = [first, strict]
    answer = brain(endpoint, name, own).answer("make it night", BOARD)
    assert (answer.turn.edits, answer.fell_back, len(endpoint.seen)) == ((NIGHT,), "", 2)


def test_an_answer_that_cannot_be_is_repaired_once(endpoint: Endpoint) -> None:
    endpoint.replies = [says("ollama", IMPOSSIBLE), says("ollama", WISH)]
    answer = brain(endpoint, "ollama").answer("make it night", BOARD)
    assert answer.turn.edits == (NIGHT,)
    told_back = endpoint.seen[1]["messages"]
    assert [message["role"] for message in told_back] == ["system", "user", "assistant", "user"]
    assert "there is no kind 'kitten'; nearest: cat" in told_back[-1]["content"]

    endpoint.replies, endpoint.seen = [says("ollama", IMPOSSIBLE)], []
    answer = brain(endpoint, "ollama").answer("make it night", BOARD)
    assert (len(endpoint.seen), answer.turn) == (2, rules.answer("make it night", BOARD))
    assert answer.fell_back == "The model llama4 gave no answer that fits, so I went by my own rules."


@pytest.mark.parametrize("broken", ['{"edits":[{"do":', "I cannot do that.", '{"edits":[{"do":"explode"}]}'])
def test_broken_json_is_asked_for_again(broken: str, endpoint: Endpoint) -> None:
    endpoint.replies = [says("qwen", broken), says("qwen", WISH)]
    assert brain(endpoint, "qwen").answer("make it night", BOARD).turn.edits == (NIGHT,)
    endpoint.replies, endpoint.seen = [says("qwen", broken)], []
    answer = brain(endpoint, "qwen").answer("اجعلها ليلا", BOARD)
    assert len(endpoint.seen) == 2
    assert answer.fell_back == reasons()["unusable"]["ar"].format(model="qwen-plus")


def test_what_passes_is_waited_for(endpoint: Endpoint) -> None:
    busy = Reply({"error": {"message": "slow down"}}, 429, {"Retry-After-Ms": "60"})
    endpoint.replies = [
        busy,
        Reply({"error": {"message": "oops"}}, 503, {"Retry-After-Ms": "5"}),
        says("vllm", WISH),
    ]
    answer = brain(endpoint, "vllm", pause=99).answer("make it night", BOARD)
    assert (answer.turn.edits, answer.fell_back) == ((NIGHT,), "")
    assert endpoint.times[1] - endpoint.times[0] >= 0.06

    endpoint.replies = [
        Reply({"error": {"message": "slow down"}}, 429, {"Retry-After": "1"}),
        says("vllm", WISH),
    ]
    assert brain(endpoint, "vllm").answer("make it night", BOARD).fell_back == ""
    assert endpoint.times[4] - endpoint.times[3] >= 1


def test_a_long_wait_is_not_waited_for(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply({"error": {"message": "slow down"}}, 429, {"Retry-After": "120"})]
    answer = brain(endpoint, "openai").answer("让它在晚上", BOARD)
    assert len(endpoint.seen) == 1
    assert answer.fell_back == reasons()["busy"]["zh"].format(model="gpt-5.6-luna")
    assert answer.turn.edits == (NIGHT,)


def test_silence_is_asked_twice(endpoint: Endpoint) -> None:
    endpoint.replies = [says("vllm", WISH, wait=9), says("vllm", WISH)]
    assert brain(endpoint, "vllm", timeout=1.5).answer("make it night", BOARD).turn.edits == (NIGHT,)
    endpoint.replies, endpoint.seen = [says("vllm", WISH, wait=9)], []
    answer = brain(endpoint, timeout=0.2).answer("make it night", BOARD)
    assert len(endpoint.seen) == 2
    assert answer.fell_back == "The model some-model did not answer in 0.2 s, so I went by my own rules."
    answer = brain(endpoint, most=0.3).answer("make it night", BOARD)
    assert answer.fell_back == "The model some-model did not answer in 0.3 s, so I went by my own rules."


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    answer = brain(Endpoint(url)).answer("make it night", BOARD)
    assert answer.fell_back == f"Nobody answers at {url[7:-3]}, so I went by my own rules."


def test_a_picture_goes_only_to_models_that_see(endpoint: Endpoint) -> None:
    photo, exif = BytesIO(), Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", (2000, 1000), "red").save(photo, "JPEG", exif=exif)
    endpoint.replies = [says("openai", '{"edits":[{"do":"new_shot","shot":{"cast":[{"kind":"apple"}]}}]}')]

    answer = brain(endpoint, "openai").answer("film this", History(), "my-home.jpg", photo.getvalue())
    told_text, picture = endpoint.seen[0]["messages"][1]["content"]
    assert json.loads(told_text["text"])["picture"] == "attached"
    head, _, data = picture["image_url"]["url"].partition(",")
    sent = Image.open(BytesIO(base64.b64decode(data)))
    assert (head, sent.size, len(sent.getexif())) == ("data:image/jpeg;base64", (768, 384), 0)
    assert answer.turn.board.take == Take(shot=Shot(cast=(Actor(kind="apple"),)), seed=1, first="my-home.jpg")

    blind = brain(endpoint, "deepseek-r1")
    blind.answer("film this", History(), "my-home.jpg", photo.getvalue())
    assert json.loads(endpoint.seen[1]["messages"][1]["content"])["picture"] == "came, but you do not see it"
    brain(endpoint, "openai").answer("film this", History(), "my-home.jpg", b"no picture")
    assert isinstance(endpoint.seen[2]["messages"][1]["content"], str)
    assert "my-home" not in json.dumps(endpoint.seen)
    assert presets()["vllm"].sees_with("Qwen/Qwen3-VL-8B") and not presets()["vllm"].sees_with(
        "Qwen/Qwen3-8B"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (LlmSettings(preset="clippy"), r"no brain 'clippy'; there are: offline, deepseek, .*custom"),
        (LlmSettings(preset="deepseek"), "set LAQTA_BRAIN_KEY or DEEPSEEK_API_KEY"),
        (LlmSettings(preset="custom", base_url="http://localhost"), "set LAQTA_BRAIN_MODEL"),
        (LlmSettings(preset="custom", model="m"), "needs an address: set LAQTA_BRAIN_URL"),
        (LlmSettings(preset="vllm", base_url="localhost:8000"), "'localhost:8000' is no address"),
        (LlmSettings(preset="vllm", base_url="http://[::"), "is no address"),
        (LlmSettings(preset="vllm", key="\u043a\u043b\u044e\u0447"), "characters that no key has"),
        (LlmSettings(preset="vllm", timeout=0), "above 0 seconds"),
    ],
    ids=str,
)  # fmt: skip
def test_a_brain_that_cannot_be_opened_says_what_to_do(settings: LlmSettings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_brain(settings, {})


def test_keys_and_names(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_brain(LlmSettings(preset="deepseek", model="deepseek-v4-pro"), {"DEEPSEEK_API_KEY": KEY})
    assert (opened.name, opened.access.key, opened.sees) == ("deepseek: deepseek-v4-pro", KEY, False)
    assert open_brain(LlmSettings(preset="ollama"), {"OPENAI_API_KEY": KEY}).access.key is None
    assert KEY not in repr(LlmSettings(preset="deepseek", key=KEY)) + repr(opened.access)
    monkeypatch.setattr(llm, "find_spec", lambda _: None)
    with pytest.raises(OSError, match=r"pip install 'laqta\[llm\]'"):
        open_brain(LlmSettings(preset="ollama"), {})


def test_the_guide_names_every_preset() -> None:
    page = GUIDE.read_text(encoding="utf-8")
    for preset in presets().values():
        sees = "no" if not preset.sees else "yes" if preset.sees_with(preset.model) else "some models"
        address = f"`{preset.base_url}`" if preset.base_url else "yours"
        assert f"\n| `{preset.name}` | {address} |" in page, preset.name
        row = page.partition(f"\n| `{preset.name}` |")[2].partition("\n")[0]
        assert f"| {sees} |" in row, preset.name
