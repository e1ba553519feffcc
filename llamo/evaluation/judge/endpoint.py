"""A judge behind an OpenAI-compatible HTTP endpoint."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from llamo.errors import JudgeError
from llamo.evaluation.judge.judges import Reply
from llamo.evaluation.judge.rubric import Case, Rubric

MAX_REPLY_TOKENS = 128
_LONGEST_WAIT_S = 60.0
_BUSY = (408, 409, 425, 429, 500, 502, 503, 504)


@dataclass
class EndpointJudge:
    """Asks ``URL/chat/completions``, several cases at a time.

    Args:
        url: Of the API, such as ``http://localhost:8000/v1``.
        model: As the server names it.
        key: Bearer token, None where none is needed; it is never written anywhere.
        at_once: Requests in flight.
        tries: How often a request is sent while the server is busy or away.
        wait_s: Before the second try, doubled before each further one.
        timeout_s: For one request.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    at_once: int = 8
    tries: int = 5
    wait_s: float = 1.0
    timeout_s: float = 120.0
    free: bool = False

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise JudgeError(f"a judge's URL begins with http:// or https://, got {self.url!r}.")

    @property
    def id(self) -> str:
        return self.model

    def replies(self, rubric: Rubric, cases: Sequence[Case]) -> list[Reply]:
        """One reply for each case.

        Raises:
            JudgeError: The server refuses, cannot be reached, or does not speak this API.
        """
        stop = threading.Event()
        with ThreadPoolExecutor(self.at_once) as pool:
            try:
                return list(pool.map(lambda case: self._ask(rubric, case, stop), cases))
            except BaseException:  # Ctrl-C among them: nothing more is sent
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _ask(self, rubric: Rubric, case: Case, stop: threading.Event) -> Reply:
        asked = {
            "model": self.model,
            "messages": rubric.ask(case),
            "temperature": 0,
            "max_tokens": MAX_REPLY_TOKENS,
        }
        held = self._post(json.dumps(asked).encode(), stop)
        try:
            text = held["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError):
            raise JudgeError(f"{self.url} does not reply as a chat completion does.") from None
        usage = held.get("usage") or {}
        return Reply(
            str(text or ""), held.get("model"), usage.get("prompt_tokens"),
            usage.get("completion_tokens"),
        )  # fmt: skip

    def _post(self, body: bytes, stop: threading.Event) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        url = f"{self.url.rstrip('/')}/chat/completions"
        request = urllib.request.Request(url, body, headers)
        why = ""
        for number in range(self.tries):
            if number and stop.wait(min(self.wait_s * 2 ** (number - 1), _LONGEST_WAIT_S)):
                break
            try:
                with urllib.request.urlopen(request, timeout=self.timeout_s) as response:
                    return json.loads(response.read())
            except urllib.error.HTTPError as error:
                why = f"HTTP {error.code} {error.reason}"
                if error.code not in _BUSY:
                    raise JudgeError(f"{url} refuses: {why}.") from None
            except ValueError:
                raise JudgeError(f"{url} does not reply with JSON.") from None
            except (OSError, HTTPException) as error:  # URLError and timeouts among them
                why = str(getattr(error, "reason", None) or error)
        raise JudgeError(
            f"{url} did not reply in {self.tries} tries ({why}); what was judged is kept: start "
            "again to go on."
        )
