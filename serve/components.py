"""Gradio's file and webcam fields, which here give the path that was sent, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr


def file_field(**settings: Any) -> gr.File:
    """A field for one file; handlers get the path where the server put it.

    Gradio's own way to a path writes an empty temporary file for each that comes.
    """
    field = gr.File(**settings)
    field.preprocess = _path  # type: ignore[method-assign, assignment]
    return field


def webcam_field(**settings: Any) -> gr.Video:
    """A field that records; handlers get the path of a clip as the camera saw it.

    Gradio would mirror it, and left would be right.
    """
    field = gr.Video(
        sources=["webcam"],
        include_audio=False,
        webcam_options=gr.WebcamOptions(mirror=False),
        **settings,
    )
    field.preprocess = _path  # type: ignore[method-assign]
    return field


def _path(payload: Any) -> Path | None:
    """Gradio has checked that it lies in its own folder."""
    return None if payload is None else Path(payload.path)
