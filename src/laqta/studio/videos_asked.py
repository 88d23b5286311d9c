"""What a program asks of the Videos API, read from JSON or from a form, and how it is told what is wrong with it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

MOST_CHARACTERS = 4000
MOST_SEED = 2**31 - 1000
MOST_PART_BYTES = 16 * 10**6
"""The largest field of a form that is no file: a picture of the most bytes allowed, as a data URL."""
MOST_KEY_CHARACTERS = 255

_NESTED = re.compile(r"(\w+)\[(\w+)\]")
_SIZE = re.compile(r"([1-9]\d{1,3})x([1-9]\d{1,3})")


class ApiError(Exception):
    """What a program did wrong, as OpenAI tells it: `param` is the field, `code` a word for programs."""

    def __init__(
        self, message: str, *, param: str | None = None, code: str = "invalid_value", status: int = 400
    ) -> None:
        super().__init__(message)
        self.param = param
        self.code = code
        self.status = status


def refused(_request: Request, error: Exception) -> JSONResponse:
    """The answer to an `ApiError`."""
    assert isinstance(error, ApiError)
    body = {"message": str(error), "type": "invalid_request_error", "param": error.param, "code": error.code}
    return JSONResponse({"error": body}, error.status)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The body of a request: `fields` as sent, and uploaded `files`. `once` is its Idempotency-Key."""

    path: str
    caller: str
    once: str | None
    fields: dict[str, Any]
    files: dict[str, bytes]

    @property
    def fingerprint(self) -> str:
        """A hash of what is asked, the same however a form happened to be cut into parts."""
        files = {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items()}
        return hashlib.sha256(
            json.dumps([self.path, self.fields, files], sort_keys=True).encode()
        ).hexdigest()

    def prompt(self) -> str:
        """The prompt, which must be there."""
        prompt = self.text("prompt", MOST_CHARACTERS)
        if prompt is None:
            raise ApiError(
                "say in 'prompt' what is to be seen", param="prompt", code="missing_required_parameter"
            )
        return prompt

    def text(self, name: str, most: int = 200) -> str | None:
        """A field of text; None where it is left out or empty."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise ApiError(f"{name!r} must be text, got {value!r:.60}", param=name, code="invalid_type")
        if len(value) > most:
            raise ApiError(
                f"{name!r} has {len(value)} characters; at most {most} are taken", param=name, code="too_long"
            )
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ApiError(f"{name!r} holds characters that are no text", param=name)
        return value.strip() or None

    def seconds(self, least: float, most: float) -> float | None:
        """The length; a number or a text that is one."""
        value = self.fields.get("seconds")
        if value is None or value == "":
            return None
        try:
            seconds = float(value) if isinstance(value, (str, int, float)) else float("nan")
        except (ValueError, OverflowError):
            seconds = float("nan")
        if isinstance(value, bool) or not least <= seconds <= most:
            raise ApiError(
                f"'seconds' is {value!r:.60}; a number from {least:g} to {most:g} is possible",
                param="seconds",
            )
        return seconds

    def seed(self) -> int | None:
        """The seed, which OpenAI's API has not: the same one films the same again."""
        value = self.fields.get("seed")
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,10}", str(value)) or int(value) > MOST_SEED:
            raise ApiError(
                f"'seed' is {value!r:.60}; a whole number from 0 to {MOST_SEED} is possible", param="seed"
            )
        return int(value)

    def size(self) -> tuple[int, int] | None:
        """Width and height, as wished."""
        value = self.text("size")
        if value is None:
            return None
        match = _SIZE.fullmatch(value)
        if match is None:
            raise ApiError(f"'size' is {value!r}; write WIDTHxHEIGHT, as in 720x1280", param="size")
        return int(match[1]), int(match[2])

    def picture(self) -> bytes | None:
        """The uploaded picture: a file, or a data URL in an object or by itself."""
        if "input_reference" in self.files:
            return self.files["input_reference"]
        value = self._object("input_reference", "image_url")
        if value is None:
            return None
        if value.get("file_id"):
            raise ApiError(
                "no files are kept here to refer to: send the picture itself, or a data URL as image_url",
                param="input_reference", code="unsupported_value",
            )  # fmt: skip
        return _from_data_url(value.get("image_url"))

    def video(self) -> str | bytes:
        """The video that a request is about: the id of one that was made here, or the file itself."""
        if "video" in self.files:
            return self.files["video"]
        name = (self._object("video", "id") or {}).get("id")
        if not isinstance(name, str) or not name:
            raise ApiError(
                "'video' must be a file, or an object with the 'id' of a video", param="video",
                code="missing_required_parameter",
            )  # fmt: skip
        return name

    def _object(self, name: str, usual: str) -> dict[str, Any] | None:
        """A field that is an object, also where a form holds it as JSON; plain text is its `usual` field."""
        value = self.fields.get(name)
        if isinstance(value, str) and value.startswith("{"):
            value = _parsed(value.encode(), name)
        if isinstance(value, str):
            value = {usual: value} if value else None
        if value is not None and not isinstance(value, dict):
            raise ApiError(f"{name!r} must be a file or an object", param=name, code="invalid_type")
        return value


async def read_asked(request: Request) -> Asked:
    """Read a request's body. Raises `ApiError` where it is neither JSON nor a form."""
    once = request.headers.get("idempotency-key", "").strip() or None
    if once is not None and len(once) > MOST_KEY_CHARACTERS:
        raise ApiError(f"an Idempotency-Key has at most {MOST_KEY_CHARACTERS} characters", code="too_long")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    files: dict[str, bytes] = {}
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        fields, files = await _form(request)
    elif kind in ("", "application/json"):
        fields = _parsed(await request.body(), None)
    else:
        raise ApiError(f"the body is {kind!r}; send multipart/form-data or application/json", status=415)
    caller = request.headers.get("authorization", "")
    return Asked(path=request.url.path, caller=caller, once=once, fields=fields, files=files)


AsAsked = Annotated[Asked, Depends(read_asked)]
"""A handler's parameter: the body as it was asked."""


async def _form(request: Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Fields and files of a form; `video[id]` is the field `id` of the object `video`."""
    fields: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    try:
        async with request.form(max_files=2, max_fields=50, max_part_size=MOST_PART_BYTES) as form:
            for name, value in form.multi_items():
                nested = _NESTED.fullmatch(name)
                if isinstance(value, UploadFile):
                    files[name] = await value.read()
                elif nested is None:
                    fields[name] = value
                elif isinstance(fields.setdefault(nested[1], {}), dict):
                    fields[nested[1]][nested[2]] = value
    except HTTPException as error:
        raise ApiError(f"the form cannot be read: {error.detail}") from error
    return fields, files


def _parsed(content: bytes, name: str | None) -> dict[str, Any]:
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ApiError(f"{name or 'the body'} is not JSON", param=name) from error
    if not isinstance(parsed, dict):
        raise ApiError(f"{name or 'the body'} must be a JSON object", param=name, code="invalid_type")
    return parsed


def _from_data_url(url: Any) -> bytes:
    head, comma, data = url.partition(",") if isinstance(url, str) else ("", "", "")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        raise ApiError(
            "'image_url' must be a data URL (data:image/png;base64,...): nothing is fetched from other addresses",
            param="input_reference", code="unsupported_value",
        )  # fmt: skip
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise ApiError("'image_url' holds no base64", param="input_reference") from error
