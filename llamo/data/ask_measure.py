"""Questions that a measurement answers: angles, speeds, distances, heights, durations.

The numbers come from ``llamo.kinematics`` and are said as its text says them (whole degrees,
centimetres, tenths of a second), so that an answer is a number that was read.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from llamo.data.ask import word
from llamo.data.question import Question
from llamo.data.wordings import Query
from llamo.kinematics.measurement import Measurement

_FLEXION_MAX = Query(
    direct=(
        "how far {do} {S} bend the {part}",
        "how much {do} {S} bend {their} {part}",
        "how many degrees {tdo} the {part} bend [at most|]",
        "what is the [largest|greatest|maximum|peak|highest] {part} [angle|flexion|bend]",
        "what {be} the [maximum|peak] flexion of the {part}",
        "how bent is the {part} at its most",
        "by what angle {do} {S} [bend|flex] the {part}",
        "how deep is the bend of the {part}",
        "~to what angle {do} {S} fold the {part}",
        "~how large does the {part} flexion get",
    ),
    embedded=("how far {S} {v:bend} the {part}", "~how large the {part} flexion gets"),
    nominal=("the [largest|maximum] {part} [angle|flexion]", "~the peak bend of the {part}"),
)
_FLEXION_MIN = Query(
    direct=(
        "what is the [smallest|least|minimum|lowest] {part} [angle|flexion|bend]",
        "how straight does the {part} get, in degrees of flexion",
        "how many degrees {be} the {part} bent at least",
        "what {be} the minimum flexion of the {part}",
        "how little is the {part} bent at its straightest",
        "when the {part} is straightest, what is its flexion",
        "~to what flexion does the {part} extend",
        "~how small does the {part} flexion get",
    ),
    nominal=("the [smallest|minimum] {part} [angle|flexion]", "~the least bend of the {part}"),
)
_ELEVATION = Query(
    direct=(
        "how high {do} {S} [raise|lift] the {side} arm, in degrees",
        "how far up does the {side} arm go, in degrees",
        "what is the [largest|maximum|peak] {side} shoulder [angle|elevation]",
        "to what angle {do} {S} [raise|lift] {their} {side} arm",
        "what is the maximum elevation of the {side} [shoulder|arm]",
        "how many degrees {do} {S} [raise|lift] the {side} arm",
        "~at most, what angle does the {side} upper arm reach",
        "~how large does the {side} shoulder elevation get",
    ),
)
_PATH = Query(
    direct=(
        "how [far|long a way] does the {part} [move|travel|go] [in all|altogether|in total|]",
        "what distance does the {part} [cover|travel|move]",
        "how long is the path of the {part}",
        "what is the path length of the {part}",
        "how much ground does the {part} cover",
        "over what distance {do} {S} move the {part}",
        "~what length has the track of the {part}",
        "~how many centimetres does the {part} go",
    ),
)
_SPEED = Query(
    direct=(
        "how fast does the {part} [move|go|get] [at most|at its fastest|]",
        "what is the [top|peak|maximum|highest] speed of the {part}",
        "what speed does the {part} reach",
        "how quickly {do} {S} move the {part} [at most|]",
        "what is the {part}'s [top|maximum] speed",
        "at what speed does the {part} move when it is fastest",
        "~what velocity does the {part} attain",
        "~how rapid is the {part} at its peak",
    ),
)
_LEAN = Query(
    direct=(
        "how far {do} {S} lean [over|]",
        "how much {do} {S} lean with the [trunk|upper body|torso]",
        "what is the [largest|maximum|greatest] [lean|inclination] of the trunk",
        "by what angle {do} {S} lean",
        "how many degrees does the [trunk|back|upper body] lean",
        "how bent over is the [trunk|torso] at most",
        "~to what angle is the torso inclined",
        "~how strong is the lean of the upper body",
    ),
)
_DROP = Query(
    direct=(
        "how far down {do} {S} go",
        "how [low|deep] {do} {S} go",
        "how far does the [pelvis|hip] [drop|go down|sink]",
        "by how much does the pelvis drop",
        "what is the depth of the movement",
        "how many centimetres does the pelvis [drop|sink]",
        "how deep {do} {S} get",
        "~how much height {do} {S} lose",
        "~what is the descent of the hips",
    ),
)
_RISE = Query(
    direct=(
        "how high {do} {S} [jump|get|rise]",
        "how far does the pelvis rise",
        "by how much {do} {S} [rise|go up]",
        "what height {do} {S} gain",
        "how many centimetres does the pelvis go up",
        "how far up {do} {S} go",
        "~what is the ascent of the hips",
        "~how much height is gained",
    ),
)
_TRAVEL = Query(
    direct=(
        "how far {do} {S} [walk|go|travel|move|get]",
        "what distance {do} {S} [cover|travel|walk]",
        "how long is the way {S} {v:go}",
        "how many centimetres {do} {S} [travel|cover]",
        "what is the distance [covered|travelled]",
        "how much ground {do} {S} cover",
        "~what stretch {do} {S} put behind {them}",
        "~how lengthy is the path over the floor",
    ),
)
_TRAVEL_SPEED = Query(
    direct=(
        "how fast {do} {S} [walk|go|travel|move]",
        "what is {S's} speed [over the ground|]",
        "at what speed {do} {S} [move|travel|go]",
        "what is the [average|mean] speed of travel",
        "how quickly {do} {S} [travel|get along]",
        "how fast {is} {S} moving [along|]",
        "~what pace does the body keep over the floor",
        "~with what velocity {do} {S} advance",
    ),
)
_TURN = Query(
    direct=(
        "how far {do} {S} turn",
        "how many degrees {do} {S} turn",
        "by what angle {do} {S} turn",
        "how much {do} {S} turn [around|in all|]",
        "what is the angle of the turn",
        "how large is the turn",
        "~through what angle {do} {S} rotate",
        "~what heading change does the body make, in degrees",
    ),
)
_DURATION = Query(
    direct=(
        "how long is [the|this] [clip|motion|recording|sequence]",
        "how long does the [clip|motion|recording] last",
        "what is the [length|duration] of the [clip|recording|motion]",
        "how many seconds does the [clip|recording] [last|take]",
        "how many seconds long is [this|the clip]",
        "what time does the whole [clip|motion] take",
        "~for what length of time does the footage run",
        "~what is the running time",
    ),
)
_REPETITION = Query(
    direct=(
        "how long does [one|a|each] repetition [take|last]",
        "how many seconds does [one|each] repetition take",
        "what is the [mean|average] duration of a repetition",
        "how long is each [repetition|rep]",
        "what is the time per repetition",
        "on average, how long does a repetition take",
        "~what time goes into one repetition",
        "~how long is one cycle of the movement",
    ),
)

_FAMILIES: tuple[tuple[str, Query, float], ...] = (
    (r"(?P<side>left|right)_(?P<joint>knee|hip|elbow)_flexion_max", _FLEXION_MAX, 0),
    (r"(?P<side>left|right)_(?P<joint>knee|hip|elbow)_flexion_min", _FLEXION_MIN, 0),
    (r"(?P<side>left|right)_shoulder_elevation_max", _ELEVATION, 0),
    (r"(?P<side>left|right)_(?P<joint>wrist|ankle)_path", _PATH, 0.1),
    (r"(?P<side>left|right)_(?P<joint>wrist|ankle)_speed_max", _SPEED, 0.1),
    (r"trunk_lean_max", _LEAN, 0),
    (r"pelvis_drop", _DROP, 0.05),
    (r"pelvis_rise", _RISE, 0.05),
    (r"travel_path", _TRAVEL, 0.35),
    (r"travel_speed", _TRAVEL_SPEED, 0.2),
    (r"turn_left", _TURN, 40),
    (r"duration", _DURATION, 0),
    (r"repetition_time", _REPETITION, 0.3),
)
"""Name of a measurement, how to ask for it, and the least value worth asking about."""

_SAID_AS = {"wrist": ("wrist", "hand"), "ankle": ("ankle", "foot")}
_SECONDS, _DEGREES, _CM, _CM_A_SECOND = "seconds", "degrees", "cm", "cm/s"


def format_measure(value: float, unit: str) -> str:
    """A number as answers say it.

    Args:
        value: In ``unit``.
        unit: One of ``llamo.kinematics.measurement.UNITS``.

    Returns:
        ``63 degrees``, ``120 cm``, ``85 cm/s``, ``2.4 seconds``, ``5``, or ``0.4``.
    """
    match unit:
        case "deg":
            return f"{abs(value):.0f} {_DEGREES}"
        case "m":
            return f"{100 * abs(value):.0f} {_CM}"
        case "m/s":
            return f"{100 * abs(value):.0f} {_CM_A_SECOND}"
        case "s":
            return f"{value:.1f} {_SECONDS}"
        case "count":
            return f"{value:.0f}"
    return f"{value:.1f}"


def measure_question(
    measurement: Measurement, r: random.Random, held_out: bool = False
) -> Question | None:
    """Ask for a measurement; None where nobody would ask (too small, or no wording)."""
    for pattern, query, least in _FAMILIES:
        match = re.fullmatch(pattern, measurement.name)
        if match is None:
            continue
        if abs(measurement.value) < least:
            return None
        found = match.groupdict()
        joint = found.get("joint") or ""
        said = r.choice(_SAID_AS.get(joint, (joint,)))
        phrases: dict[str, Any] = {
            "part": f"{found.get('side')} {said}",
            "side": found.get("side") or "",
        }
        text, wid = word(f"measure_{measurement.name}", query, r, held_out, **phrases)
        return Question(
            text, format_measure(measurement.value, measurement.unit), "measure",
            "seq" if measurement.unit == "s" else "body", f"measure_{measurement.unit}",
            (measurement.start_s, measurement.end_s), (), _near(measurement), wid, held_out,
            None, measurement.name,
        )  # fmt: skip
    return None


def ask_measurements(
    measurements: Iterable[Measurement],
    rng: np.random.Generator,
    held_out: bool = False,
    count: int = 1,
) -> list[Question]:
    """Ask for ``count`` of a clip's measurements.

    Args:
        measurements: From ``llamo.kinematics.measure``.
        rng: Source of every choice.
    """
    r = random.Random(int(rng.integers(2**63)))
    pool = list(measurements)
    r.shuffle(pool)
    questions: list[Question] = []
    for measurement in pool:
        if len(questions) == count:
            break
        question = measure_question(measurement, r, held_out)
        if question is not None:
            questions.append(question)
    return questions


def _near(measurement: Measurement) -> tuple[str, ...]:
    """Other texts within the measurement's own doubt (two standard deviations)."""
    step = {"deg": 1.0, "m": 0.01, "m/s": 0.01, "s": 0.1}.get(measurement.unit)
    if step is None:
        return ()
    reach = max(2, round(2 * measurement.uncertainty / step))
    said = format_measure(measurement.value, measurement.unit)
    around = (abs(measurement.value) + i * step for i in range(-min(reach, 15), min(reach, 15) + 1))
    texts = (format_measure(value, measurement.unit) for value in around if value >= 0)
    return tuple(text for text in dict.fromkeys(texts) if text != said)
