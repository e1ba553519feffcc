"""A judge by the words of a command line."""

from __future__ import annotations

import os
from pathlib import Path

from llamo.errors import InvalidData
from llamo.evaluation.items import read_text
from llamo.evaluation.judge.endpoint import EndpointJudge
from llamo.evaluation.judge.judges import Judge, RuleJudge
from llamo.evaluation.judge.local import LocalJudge
from llamo.evaluation.judge.rubric import Rubric

KEY_VARIABLES = ("LLAMO_JUDGE_KEY", "OPENAI_API_KEY")


def choose_judge(judge: str, model: str | None = None, device: str | None = None) -> Judge:
    """``rule``, a URL with the name of a model, or a folder of weights.

    Raises:
        InvalidData: A URL without a model.
        JudgeError: Neither of these.
    """
    if judge == "rule":
        return RuleJudge()
    if "://" not in judge:
        return LocalJudge(judge, device)
    if model is None:
        raise InvalidData("a judge behind a URL needs the name of its model (--judge-model).")
    key = next((os.environ[name] for name in KEY_VARIABLES if os.environ.get(name)), None)
    return EndpointJudge(judge, model, key)


def choose_rubric(rubric: Rubric, prompt: Path | None) -> Rubric:
    """The rubric, asked in the words of a file if one is given."""
    return rubric if prompt is None else rubric.with_user(read_text(prompt))
