"""An OpenAI-compatible server: asked with patience, its answers kept."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from plmscope.disk.files import read_sealed_json, write_sealed_json
from plmscope.errors import PlmscopeError
from plmscope.features.descriptions.llm.prompts import Messages
from plmscope.features.descriptions.llm.settings import LLMSettings

KEY = "OPENAI_API_KEY"
_REMEDY = "Remove it: it is asked again."


class EndpointError(PlmscopeError):
    """The server cannot be used at all."""


class UselessAnswerError(PlmscopeError):
    """One question came to nothing; others may not."""


class AnswerCache:
    """Answers by question: what was paid for once is not asked again.

    Args:
        folder: A file an answer, named by the sha256 of model and question.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, model: str, messages: Messages) -> Path:
        """Where the answer to a question is kept."""
        asked = json.dumps([model, messages], sort_keys=True)
        return self._folder / f"{hashlib.sha256(asked.encode()).hexdigest()}.json"

    def get(self, model: str, messages: Messages) -> dict[str, Any] | None:
        """The answer kept; None without.

        Raises:
            DamagedFileError: It is not what was written.
        """
        path = self.path(model, messages)
        return read_sealed_json(path, _REMEDY) if path.is_file() else None

    def put(self, model: str, messages: Messages, answer: dict[str, Any]) -> None:
        """Keep an answer."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_sealed_json(self.path(model, messages), answer)


def require_endpoint(settings: LLMSettings) -> None:
    """See that there is somebody to ask, before anything is computed.

    Args:
        settings: Address, model.

    Raises:
        EndpointError: No address, model or client.
    """
    if not settings.endpoint or not settings.model:
        raise EndpointError(
            "llm.endpoint and llm.model say which language model to ask: give both, for example"
            " --params llm.endpoint=http://127.0.0.1:8000/v1,llm.model=<its name>."
        )
    if find_spec("openai") is None:
        raise EndpointError(
            "Descriptions by a language model need the package openai. Run:"
            " pip install 'plmscope[llm]'"
        )


class Endpoint:
    """Asks questions whose answers are JSON objects.

    Args:
        settings: Address, model, patience.
        cache: Where answers are kept.

    Raises:
        EndpointError: No address, model or client.
    """

    def __init__(self, settings: LLMSettings, cache: AnswerCache) -> None:
        require_endpoint(settings)
        from openai import OpenAI

        self._settings, self._cache = settings, cache
        self._client = OpenAI(
            base_url=settings.endpoint,
            api_key=os.environ.get(KEY) or "none",
            timeout=settings.timeout_s,
            max_retries=settings.max_retries,
        )

    def ask(self, messages: Messages, check: Callable[[dict[str, Any]], str]) -> dict[str, Any]:
        """The answer to one question, from the cache if it is there.

        Args:
            messages: The question.
            check: Says what an answer lacks; "" if nothing.

        Raises:
            EndpointError: The server refuses the key or the model: no other question would fare
                better.
            UselessAnswerError: It did not answer, or twice not what was asked for.
        """
        kept = self._cache.get(self._settings.model, messages)
        if kept is not None:
            return kept
        lacks = ""
        for _ in range(2):
            answer, lacks = _read(self._send(messages))
            if answer is not None:
                lacks = check(answer)
                if not lacks:
                    self._cache.put(self._settings.model, messages, answer)
                    return answer
        raise UselessAnswerError(f"the answer {lacks}, twice")

    def _send(self, messages: Messages) -> str:
        import openai

        try:
            reply = self._client.chat.completions.create(
                model=self._settings.model,
                messages=messages,  # type: ignore[arg-type]  # plain dictionaries are such messages
                temperature=0,
            )
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise EndpointError(
                f"{self._settings.endpoint} refuses the key. Set {KEY} in the environment."
            ) from error
        except openai.NotFoundError as error:
            raise EndpointError(
                f"{self._settings.endpoint} knows no model {self._settings.model!r}, or is no"
                " OpenAI-compatible address (it ends in /v1)."
            ) from error
        except openai.OpenAIError as error:
            raise UselessAnswerError(f"no answer ({type(error).__name__})") from error
        except ValueError as error:  # the body is no reply at all
            raise UselessAnswerError("the server's reply cannot be read") from error
        choices = getattr(reply, "choices", None)
        return (choices[0].message.content or "") if choices else ""


def _read(text: str) -> tuple[dict[str, Any] | None, str]:
    """The JSON object in a text, and what is wrong if there is none."""
    first, last = text.find("{"), text.rfind("}")
    if first < 0:
        return None, "has no JSON object"
    try:
        found = json.loads(text[first : last + 1])
    except ValueError:
        return None, "ends in the middle of its JSON, or is none"
    return (found, "") if isinstance(found, dict) else (None, "is no JSON object")
