"""One question to a language model over HTTP, through pydantic-ai: asked again where that helps, else said why not."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_ai import (
    Agent,
    BinaryContent,
    ModelRetry,
    NativeOutput,
    PromptedOutput,
    RunContext,
    TextOutput,
    ToolOutput,
)
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnavailableError,
    RetryModelRequest,
    RunTimedOut,
)
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import ModelRequestContext, create_async_httpx2_client
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIChatModelSettings
from pydantic_ai.output import OutputContext
from pydantic_ai.profiles import ModelProfile, merge_profile
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers import infer_provider_class
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from laqta.director.llm_edits import Wanted, stated, told, turn_of
from laqta.director.llm_presets import Preset
from laqta.director.storyboard import History
from laqta.world.props import PROPS

TRIES = 3
"""How often one request is sent where the endpoint is busy, broken or out of reach; twice where it is silent."""
TALK = 6
"""How many earlier messages are told."""
MOST_WORDS = 160
"""How much of an endpoint's own error message is passed on, in characters."""
PASSING = (ModelRateLimitError, ModelUnavailableError, ModelServerError, ModelConnectionError)

INSTRUCTIONS = (
    """\
You turn what a person says about a short film, in Arabic, Chinese or English, into edits of its storyboard.
Answer with one JSON object and nothing else.
- A change touches only what was asked. In "change", "set" holds only what becomes different: never repeat what stays.
- "new_shot" is for another shot, or the first one. A shot states only what the person said: invent no place, time,
  weather, colour, size or motion. Where a picture is attached to a new shot, state what is plainly seen in it.
- A thing is named by its kind, one of those below. In "set", a kind that is on stage is changed, another is added.
- "motion" needs its verb: repeat the verb where only its speed or side changes. "toward" goes with walk, drive, fly,
  enter and leave only.
- "relations" count the cast beside them from 0. Panels and takes count from 1, as in the storyboard; without "panel"
  the current one is meant. Several edits happen in order, each on what the one before it left; all that changes in
  one shot is one "change".
- What cannot be said with these fields goes to "left_out", in the person's own words. Never guess.
- "undo", "redo" and "help" stand alone. Where there is nothing to do, "edits" is [].
- "say" is one short sentence in the person's language that claims nothing beyond the edits.
Kinds: """
    + " ".join(PROPS)
    + """
Example: the storyboard is {"panels":[{"panel":1,"take":1,"takes":1,"shot":{"backdrop":"snow","cast":[{"kind":"cat",
"motion":{"verb":"walk","toward":"right"}}]}}],"current":1} and the message "make it night, faster, and add a red
balloon with my name on it". The answer:
{"edits":[{"do":"change","set":{"time":"night","cast":[{"kind":"cat","motion":{"verb":"walk","speed":"fast"}},
{"kind":"balloon","tint":"red"}]}}],"left_out":["with my name on it"],
"say":"It is night, the cat is faster, and a red balloon is there."}
"""
)
SCHEMA = "The JSON object has this schema:\n{schema}"


class NoAnswerError(Exception):
    """A model gave no answer that can be used; `reason` is a row of `data/llm_reasons.tsv`, `words` fills it in."""

    def __init__(self, reason: str, words: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.words = words


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where a model is, and how long it is waited for: `timeout` seconds a request, `pause` before the second try,
    `most` for all tries together."""

    preset: Preset
    base_url: str
    model: str
    key: str | None = field(repr=False)
    timeout: float
    pause: float
    most: float


@dataclass(frozen=True, kw_only=True)
class Question:
    """A message with all that it is about; `jpeg` is the picture that came, for models that see."""

    text: str
    history: History
    picture: str | None = None
    jpeg: bytes | None = None
    talk: tuple[tuple[str, str], ...] = ()

    def told(self) -> str:
        """What the model is told, as JSON."""
        said: dict[str, Any] = {"storyboard": told(self.history.board)}
        if self.talk:
            said["talk"] = [{"person": person, "answer": answered} for person, answered in self.talk[-TALK:]]
        if self.picture is not None:
            said["picture"] = "attached" if self.jpeg is not None else "came, but you do not see it"
        return json.dumps(said | {"message": self.text}, ensure_ascii=False, separators=(",", ":"))


def ask(access: Access, question: Question) -> Wanted:
    """The edits that a model makes of a message; from a thread without a running event loop.

    Raises `NoAnswerError` where there is none, after what can pass was tried again and one answer could be repaired.
    """
    try:
        return asyncio.run(_ask(access, question))
    except RunTimedOut as error:
        raise NoAnswerError("timeout", f"{access.most:g}") from error
    except AgentRunError as error:
        reason, words = _why(error, access)
        raise NoAnswerError(reason, words.replace(access.key or "\0", "***")) from error


async def _ask(access: Access, question: Question) -> Wanted:
    content: str | list[str | BinaryContent] = question.told()
    if question.jpeg is not None:
        content = [question.told(), BinaryContent(question.jpeg, media_type="image/jpeg")]
    async with create_async_httpx2_client() as client:  # one a question: a client belongs to its event loop
        result = await _agent(access).run(
            content, model=_model(access, client), deps=question, timeout=access.most
        )
    return result.output


def _agent(access: Access) -> Agent[Question, Wanted]:
    agent = Agent(
        output_type=_output(access.preset),
        instructions=INSTRUCTIONS,
        deps_type=Question,
        name="laqta",
        retries=1,
        capabilities=[_Patience(access)],
    )

    @agent.output_validator
    def possible(ctx: RunContext[Question], wanted: Wanted) -> Wanted:
        try:
            turn_of(wanted, ctx.deps.text, ctx.deps.history, ctx.deps.picture)
        except ValueError as error:
            raise ModelRetry(f"This cannot be: {error}. Answer again, with the whole JSON object.") from error
        return wanted

    return agent


def _output(preset: Preset) -> Any:
    if preset.mode == "tool":
        # In words as well: a model that thinks cannot be made to use a tool, and may forget it.
        tool = ToolOutput(Wanted, name="edit_storyboard", description="The edits that the message asks for.")
        return [tool, TextOutput(_in_words)]
    if (
        preset.mode == "json_schema"
    ):  # told as well: an endpoint that only masks tokens shows the model no schema
        return NativeOutput(Wanted, name="edit_storyboard", template=SCHEMA)
    return PromptedOutput(Wanted, template=SCHEMA)


def _in_words(text: str) -> Wanted:
    try:
        return Wanted.model_validate(tidied(text))
    except ValidationError as error:
        raise ModelRetry(f"Use the tool edit_storyboard. {error}") from error


def _model(access: Access, client: Any) -> OpenAIChatModel:
    preset = access.preset
    limit, most = preset.limit
    provider = OpenAICompatibleProvider(
        preset.name,
        base_url=access.base_url,
        api_key=access.key,
        http_client=client,
        profile=_profile(preset),
    )
    settings = OpenAIChatModelSettings(timeout=access.timeout, max_retries=0)
    if limit in ("max_tokens", "max_completion_tokens"):
        settings["max_tokens"] = most
    else:
        settings["extra_body"] = {limit: most}
    return OpenAIChatModel(access.model, provider=provider, settings=settings)


def _profile(preset: Preset) -> Any:
    """What the table knows of an endpoint, over what pydantic-ai knows of its family."""
    own = OpenAIModelProfile(
        supports_json_schema_output=preset.mode == "json_schema",
        supports_json_object_output=preset.mode == "json_object",
        openai_chat_supports_max_completion_tokens=preset.limit[0] == "max_completion_tokens",
        openai_chat_supports_multiple_system_messages=False,  # Qianfan and some of vLLM's templates allow but one
    )
    if preset.reasoning:
        own["openai_chat_thinking_field"] = preset.reasoning
    if preset.back != "auto":
        own["openai_chat_send_back_thinking_parts"] = "field" if preset.back == "always" else False
    if not preset.family:
        return own
    family = infer_provider_class(preset.family)

    def profile(model: str) -> ModelProfile:
        return merge_profile(family.model_profile(model), own)

    return profile


class _Patience(AbstractCapability[Question]):
    """Sends again what can pass, and tidies an answer before it is read."""

    def __init__(self, access: Access) -> None:
        self.access = access

    async def on_model_request_error(
        self, ctx: RunContext[Question], *, request_context: ModelRequestContext, error: Exception
    ) -> ModelResponse:
        """Send the request again after a while, unless that is hopeless or takes longer than a person waits."""
        del ctx
        tries = 2 if isinstance(error, ModelTimeoutError) else TRIES
        if not isinstance(error, PASSING) or request_context.attempt >= tries:
            raise error
        wait = error.retry_after or self.access.pause * 2 ** (request_context.attempt - 1)
        if wait > self.access.timeout:
            raise error
        await asyncio.sleep(wait)
        raise RetryModelRequest

    async def before_output_validate(
        self, ctx: RunContext[Question], *, output_context: OutputContext, output: str | dict[str, Any]
    ) -> str | dict[str, Any]:
        """Take the JSON out of what surrounds it."""
        del ctx, output_context
        return tidied(output)


def tidied(answer: str | dict[str, Any]) -> str | dict[str, Any]:
    """An answer without thoughts, fences, trailing commas and nulls; as it is where it is no JSON even then."""
    data: Any = answer
    if isinstance(answer, str):
        text = answer.rpartition("</think>")[2]
        begin = re.search(r"[{\[]", text)
        text = text[begin.start() if begin else 0 : max(text.rfind("}"), text.rfind("]")) + 1]
        text = re.sub(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', lambda found: found[1] or "", text)
        try:
            data = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return answer
    if isinstance(data, dict) and isinstance(data.get("edits"), str):  # some write the list as a text of JSON
        data = data | {"edits": tidied('{"edits":' + data["edits"] + "}")}
        data = data | data["edits"] if isinstance(data["edits"], dict) else data
    if isinstance(data, dict) and "do" in data:
        data = [data]
    if isinstance(data, list):
        data = {"edits": data}
    return stated(data) if isinstance(data, dict) else answer


def _why(error: AgentRunError, access: Access) -> tuple[str, str]:
    """The reason for a failure, and what fills it in."""
    kinds: list[tuple[type[AgentRunError], str, str]] = [
        (ModelTimeoutError, "timeout", f"{access.timeout:g}"),
        (ModelQuotaExceededError, "quota", ""),
        (ModelRateLimitError, "busy", ""),
        (ModelAuthenticationError, "key", ""),
        (ModelNotFoundError, "no_such_model", ""),
        (ModelContextWindowExceededError, "too_long", ""),
        (ContentFilterError, "refused", "content filter"),
        (ModelConnectionError, "unreachable", urlsplit(access.base_url).netloc.rpartition("@")[2]),
    ]
    for kind, reason, words in kinds:
        if isinstance(error, kind):
            return reason, words
    if isinstance(error, ModelHTTPError):
        if error.status_code >= 500:
            return "down", f"HTTP {error.status_code}"
        return "refused", _message(error.body)[:MOST_WORDS] or f"HTTP {error.status_code}"
    return "unusable", ""


def _message(body: Any) -> str:
    """The sentence in an error's body: endpoints put it in `message`, at the top or under `error`."""
    while isinstance(body, dict):
        body = body.get("message") or body.get("error") or body.get("detail") or ""
    return str(body or "").strip()
