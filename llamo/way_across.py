"""Which way a person goes across the picture: what the detector saw, whatever the body's own sides.

The model tells ways as the body has them (forward, to its left); a picture has sides of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from llamo.answer import Answer, Viewpoint, known
from llamo.person_words import say_person

if TYPE_CHECKING:
    from llamo.encoders.estimator.landmarks import Landmarks
    from llamo.session import Session

SURE = 0.95
"""Where the hips are in the picture is what a detector sees best."""

_LEAST, _STILL = 0.12, 0.05
"""Shares of the picture's width: to go somewhere, and to end where one began."""

_ONE_WAY = 0.7
"""Of all ways across, what is left of them in the end, for somebody to have gone one way."""

_AVERAGED_S = 0.5  # what is shorter is a step or the detector's trembling

_GAP_S = 0.5
"""After a longer one nobody knows whether it is the same person."""

NEVER_SEEN = "motion alone does not show it"
BOTH_WAYS = "the person goes both ways in the picture"
HARDLY = "the person hardly moves across the picture"

_PICTURE = r"(picture|frame|screen|image|video|shot|film)"
_GO = (
    r"(go|goes|going|walk|walks|walking|move|moves|moving|run|runs|running|travel|travels|cross|"
    r"crosses|crossing|heading|come|comes|coming)"
)
_ASKED = (
    re.compile(rf"\b(which|what) (way|direction)\b.*\b{_GO}\b.*\b{_PICTURE}\b"),
    re.compile(rf"\bwhich side of the {_PICTURE}\b.*\b{_GO}\b.*\bto\b"),
    re.compile(rf"\b{_GO}\b.*\b(left|right)\b.*\bor\b.*\b{_PICTURE}\b"),
)
_WHO = re.compile(
    r"\b(person|he|she|they|somebody|someone|i|man|woman|guy|girl|athlete|walker|runner)\b"
)
_ELSE = re.compile(
    r"\b(arm|hand|wrist|elbow|shoulder|leg|foot|feet|knee|ankle|hip|head|trunk|torso|body|back|face|"
    r"turn|look|lean|point|swing|kick|throw|wave|before|after|while|when|first|last|then|between)"
    r"(s|es|ing|ed)?\b"
)
"""A part of the body, another act, or a part of the clip: not where the whole of somebody goes."""


def tell_way(session: Session, question: str) -> Answer | None:
    """The answer to which way the person goes in the picture.

    Args:
        session: The clip.
        question: A question that passed ``checked_question``.

    Returns:
        None for any other question.
    """
    words = say_person(question).lower()
    asked = any(one.search(words) for one in _ASKED)
    if not asked or not _WHO.search(words) or _ELSE.search(words):
        return None
    if session.footage is None:
        return session.assistant.declined(question, NEVER_SEEN, session.open_ms)
    text, times_s = way_across(session.footage.estimate.landmarks)
    if text in (BOTH_WAYS, HARDLY):
        return session.assistant.declined(question, text, session.open_ms)
    moments = tuple(Viewpoint(time_s, session.motion.frame_at(time_s), 1.0) for time_s in times_s)
    return known(question, text, SURE, moments, session.assistant.name, session.open_ms)


def way_across(landmarks: Landmarks) -> tuple[str, tuple[float, float]]:
    """Which way somebody goes in the picture, or why that cannot be told; and from when to when.

    Args:
        landmarks: Of the person who was followed.

    Returns:
        "from left to right", "from right to left", "stays in place", :data:`BOTH_WAYS` or
        :data:`HARDLY`; the seconds of the first and the last frame of the longest stretch in which
        they are seen.
    """
    seen = _longest_stretch(landmarks)
    times_s = landmarks.times_s[seen]
    hips = landmarks.middle("hip")[seen, 0] / landmarks.size[0]
    ends = (float(times_s[0]), float(times_s[-1])) if len(times_s) else (0.0, 0.0)
    if not len(hips) or ends[1] - ends[0] < 2 * _AVERAGED_S:
        return HARDLY, ends
    slots = ((times_s - ends[0]) // _AVERAGED_S).astype(int)
    path = np.array([hips[slots == slot].mean() for slot in np.unique(slots)])
    gone = path[-1] - path[0]
    if np.ptp(path) < _LEAST and abs(gone) < _STILL:
        return "stays in place", ends
    if abs(gone) < _ONE_WAY * np.abs(np.diff(path)).sum():
        return (BOTH_WAYS if np.ptp(path) >= _LEAST else HARDLY), ends
    if abs(gone) < _LEAST:
        return HARDLY, ends
    return ("from left to right" if gone > 0 else "from right to left"), ends


def _longest_stretch(landmarks: Landmarks) -> np.ndarray:
    """Indices of the frames in which somebody is seen longest without a gap."""
    seen = np.flatnonzero(landmarks.found)
    if not len(seen):
        return seen
    times_s = landmarks.times_s[seen]
    stretches = np.split(seen, np.flatnonzero(np.diff(times_s) > _GAP_S) + 1)
    return max(stretches, key=lambda some: landmarks.times_s[some[-1]] - landmarks.times_s[some[0]])
