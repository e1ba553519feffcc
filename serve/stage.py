"""What the page's player is told of a clip: the joints over time, and the video beside them."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np

from llamo.report.colours import LEFT, RIGHT
from llamo.skeleton import SMPL22

if TYPE_CHECKING:
    from llamo.motion import Motion
    from llamo.serve.visitors import OpenClip

PLAYED_HZ = 30.0
"""A page is not sent more frames a second than this."""

_REACH_M = 32.0
"""Joints are sent as 16 bit millimetres, so no further from the start than this."""


def stage(clip: OpenClip, place: str) -> str:
    """HTML of one player; ``player.js`` brings it to life.

    Args:
        clip: What it plays.
        place: ``main``, or ``a`` and ``b`` of two beside each other.
    """
    name = html.escape(clip.name)
    motion = clip.session.motion
    about = f"{motion.duration_s:.1f} s, {motion.fps:.3g} frames a second"
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in clip.session.notes)
    video = html.escape(file_url(clip.footage)) if clip.footage is not None else ""
    return (
        f'<section class="llamo-stage" data-stage="{place}" data-video="{video}" '
        f'data-name="{name}" data-motion="{html.escape(_drawn(motion))}" '
        f'aria-label="Player of {name}">'
        f"<header><h3>{name}</h3><span>{about}</span></header>"
        f"{f'<ul class=llamo-notes>{notes}</ul>' if notes else ''}"
        "</section>"
    )


def file_url(path: Path) -> str:
    """Where the page finds a file of the visitor's folder, relative to the page."""
    return f"gradio_api/file={quote(str(path))}"


def _drawn(motion: Motion) -> str:
    """JSON of what is drawn: base64 of (T, 22, 3) int16 millimetres and (T, 22) 0 / 1 seen."""
    motion = motion.to_skeleton(SMPL22).bridge_gaps()
    if motion.time_s is not None or motion.fps > PLAYED_HZ:
        motion = motion.resample(min(motion.fps, PLAYED_HZ))
    joints = motion.joints.astype(np.float64)
    floor_m = np.percentile(joints[..., 1].min(1), 5)
    joints -= [joints[0, 0, 0], floor_m, joints[0, 0, 2]]
    seen = np.ones(joints.shape[:2], np.uint8)
    if motion.confidence is not None:
        seen = (motion.confidence > 0).astype(np.uint8)
    millimetres = np.round(joints.clip(-_REACH_M, _REACH_M) * 1000).astype("<i2")
    return json.dumps(
        {
            "fps": motion.fps,
            "heading": _facing(motion),
            "joints": SMPL22.joints,
            "places": base64.b64encode(millimetres.tobytes()).decode(),
            "seen": base64.b64encode(seen.tobytes()).decode(),
            "left": f"rgb{LEFT}",
            "right": f"rgb{RIGHT}",
        }
    )


def _facing(motion: Motion) -> float:
    """Which way the body mostly faces, radians; the first way of one who turns round."""
    headings = motion.headings()
    mean = np.exp(1j * headings).mean()
    return float(np.angle(mean) if abs(mean) > 0.3 else headings[0])
