"""Cases to a judge: what it will cost, every raw reply kept, go on after a stop."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from llamo.errors import UnreadableFile
from llamo.evaluation.judge.judges import Judge, Reply
from llamo.evaluation.judge.rubric import Case, Rubric

CHARACTERS_A_TOKEN = 4
"""Of English, roughly, in the tokenizers of today; an estimate needs no better."""

REPLY_TOKENS = 20


@dataclass(frozen=True)
class Estimate:
    """What judging will take.

    Args:
        calls: Cases to ask, each different one once.
        kept: Cases whose reply is known already.
        tokens_in: To be read, about.
        tokens_out: To be written, about.
    """

    calls: int
    kept: int
    tokens_in: int
    tokens_out: int

    def cost(self, price: tuple[float, float]) -> float:
        """In the currency of ``price``: for a million tokens in, and out."""
        return (self.tokens_in * price[0] + self.tokens_out * price[1]) / 1e6

    def text(self, judge: Judge, price: tuple[float, float] | None = None) -> str:
        """One line."""
        line = (
            f"judge {judge.id}: {self.calls:,} calls, {self.kept:,} replies kept; about "
            f"{self.tokens_in:,} tokens in, {self.tokens_out:,} out"
        )
        return line if price is None else f"{line}; cost about {self.cost(price):.2f}"


class Replies:
    """A judge's raw replies by case, in a JSON-lines file that only grows.

    Args:
        path: The file; one that a killed run left cut short is mended.
        judge: Who replies.
        rubric: What is asked.
    """

    def __init__(self, path: Path, judge: Judge, rubric: Rubric) -> None:
        self.path, self.judge, self.rubric = path, judge, rubric
        self.held = _read(path)

    def key(self, case: Case) -> str:
        """Of judge, prompt and case: another of any of these is another reply."""
        about = [self.judge.id, self.rubric.sha256, case.question, case.answer, case.prediction]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()

    def of(self, case: Case) -> Reply | None:
        """The reply to a case, None where it was not asked yet."""
        return self.held.get(self.key(case))

    def pending(self, cases: Sequence[Case]) -> list[Case]:
        """Cases without a reply, each once."""
        return [case for case in dict.fromkeys(cases) if self.of(case) is None]

    def estimate(self, cases: Sequence[Case]) -> Estimate:
        """What asking these cases will take; a rule reads and writes no tokens."""
        pending = self.pending(cases)
        kept = len(dict.fromkeys(cases)) - len(pending)
        if self.judge.free:
            return Estimate(len(pending), kept, 0, 0)
        characters = sum(
            len(message["content"]) for case in pending for message in self.rubric.ask(case)
        )
        tokens_in = characters // CHARACTERS_A_TOKEN
        return Estimate(len(pending), kept, tokens_in, REPLY_TOKENS * len(pending))

    def ask(
        self, cases: Sequence[Case], progress: Callable[[int, int], object] | None = None
    ) -> None:
        """Ask what is pending, and write each batch of replies at once.

        Raises:
            JudgeError: The judge cannot be asked; the replies so far are kept.
        """
        pending = self.pending(cases)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8", errors="backslashreplace") as out:
            for start in range(0, len(pending), self.judge.at_once):
                batch = pending[start : start + self.judge.at_once]
                for case, reply in zip(batch, self.judge.replies(self.rubric, batch), strict=True):
                    self.held[self.key(case)] = reply
                    out.write(json.dumps(self._line(case, reply), ensure_ascii=False) + "\n")
                out.flush()
                if progress is not None:
                    progress(start + len(batch), len(pending))

    def _line(self, case: Case, reply: Reply) -> dict[str, Any]:
        about = {"judge": self.judge.id, "prompt_sha256": self.rubric.sha256}
        return {"key": self.key(case), **about, **asdict(case), "reply": asdict(reply)}


def _read(path: Path) -> dict[str, Reply]:
    """Replies of earlier runs; a last line that was cut short is cut off."""
    held: dict[str, Reply] = {}
    end = 0
    try:
        with path.open("rb") as lines:
            for line in lines:
                record = json.loads(line) if line.endswith(b"\n") else None
                if record is None:
                    break
                held[record["key"]] = Reply(**record["reply"])
                end += len(line)
        os.truncate(path, end)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError):
        raise UnreadableFile(f"{path} holds no judge's replies; move it away.") from None
    return held
