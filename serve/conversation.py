"""A clip's conversation as the page's chat shows it; texts stay texts, never HTML."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import gradio as gr

from llamo.serve.moments import moments_html

if TYPE_CHECKING:
    from llamo.answer import Answer
    from llamo.serve.filmstrip import Filmstrip

Message = dict[str, Any]

_SHOWN_TURNS = 20
"""The page keeps the last turns: each carries pictures."""


class Conversation:
    """Turns with the pictures under each answer, which are drawn once.

    Args:
        strip: Pictures of what is talked about.
        duration_s: Of the clip.
    """

    def __init__(self, strip: Filmstrip, duration_s: float) -> None:
        self._strip, self._duration_s = strip, duration_s
        self._messages: list[list[Message]] = []

    def messages(self, *more: Message) -> list[Message]:
        """All that is shown, and what is being said."""
        return [*(message for turn in self._messages for message in turn), *more]

    def told(self, question: str, answer: Answer) -> None:
        """A question has been answered."""
        behind = moments_html(answer, self._strip, self._duration_s)
        self._add(user(question), assistant(answer.answer), pictures(behind))

    def failed(self, question: str, message: str) -> None:
        """A question could not be answered."""
        self._add(user(question), assistant(message))

    def _add(self, *turn: Message) -> None:
        self._messages.append(list(turn))
        del self._messages[:-_SHOWN_TURNS]


def user(text: str) -> Message:
    """What a visitor says."""
    return {"role": "user", "content": _as_text(text)}


def assistant(text: str) -> Message:
    """What the assistant says."""
    return {"role": "assistant", "content": _as_text(text)}


def _as_text(text: str) -> str:
    """The chat shows HTML even where Markdown is switched off."""
    return html.escape(text, quote=False)


def pictures(drawn: str) -> Message:
    """HTML of our own making, every word of a visitor escaped."""
    return {
        "role": "assistant",
        "content": gr.HTML(drawn, js_on_load=None, apply_default_css=False, render=False),
    }
