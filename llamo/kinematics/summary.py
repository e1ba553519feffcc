"""Which measurements a question needs, and the line of text the language model reads."""

from __future__ import annotations

import re
from collections.abc import Iterable

from llamo.kinematics.form_words import asks_form
from llamo.kinematics.measurement import FORM, Measurement
from llamo.skeleton import other_side

MOST, USUAL = 10, 8
"""At most so many numbers are chosen; the default set fills up to the second."""

_LEAST = r"least|smallest|minimum|lowest|straight\w*|extend\w*|extension|little"

INTENTS: tuple[tuple[str, str | None, tuple[str, ...]], ...] = (
    # what is asked, words that tell (regular expression), measurements in order of use
    ("verdict", None, (FORM,)),
    ("count", r"how many|how often|how frequently|tally|total|count\w*|number of|times|rep|reps"
     r"|repet\w*|repeat\w*|cycles?|rounds?|once|twice|thrice",
     ("repetitions", "repetition_time")),
    ("duration", r"how long|durations?|seconds?|lasts?|lasting|long|time|tempo|pace|rhythm",
     ("duration", "repetition_time", "repetitions")),
    *(
        (f"least {joint}", rf"(?:{_LEAST})\b.*\b{joint}s?|{joint}s?\b.*\b(?:{_LEAST})",
         (f"left_{joint}_flexion_min", f"right_{joint}_flexion_min"))
        for joint in ("knee", "hip", "elbow")
    ),
    ("turn", r"turn\w*|rotat\w*|spin\w*|facing|degrees|clockwise|counter\w*",
     ("turn_left", "left_travel", "forward_travel")),
    ("direction", r"direction|where|which way|forwards?|backwards?|sideways|travel\w*|far|distance"
     r"|walk\w*|run\w*|jog\w*|steps?|stepp\w*|mov\w* (to|away)|circle",
     ("forward_travel", "left_travel", "turn_left", "travel_speed", "travel_path")),
    ("arm", r"arms?|hands?|wrists?|rais\w*|wav\w*|reach\w*|grab\w*|throw\w*|punch\w*|fist",
     ("left_arm_share", "left_wrist_path", "right_wrist_path", "left_shoulder_elevation_max",
      "right_shoulder_elevation_max")),
    ("elbow", r"elbows?|curl\w*|forearms?",
     ("left_elbow_flexion_max", "right_elbow_flexion_max", "left_elbow_flexion_min",
      "right_elbow_flexion_min")),
    ("shoulder", r"shoulders?|overhead|lift\w*|abduct\w*|scaption|high|highest",
     ("left_shoulder_elevation_max", "right_shoulder_elevation_max", "left_arm_share")),
    ("leg", r"legs?|foot|feet|ankles?|kick\w*|lung\w*|hurdle",
     ("left_leg_share", "left_ankle_path", "right_ankle_path", "left_hip_flexion_max",
      "right_hip_flexion_max", "left_knee_flexion_max", "right_knee_flexion_max")),
    ("knee", r"knees?|squat\w*|bend\w*|bent|deep\w*|depth|sit\w*|crouch\w*|low\w*",
     ("left_knee_flexion_max", "right_knee_flexion_max", "pelvis_drop", "trunk_lean_max",
      "left_hip_flexion_max", "right_hip_flexion_max")),
    ("hip", r"hips?|thighs?",
     ("left_hip_flexion_max", "right_hip_flexion_max", "pelvis_drop")),
    ("trunk", r"trunk|torso|back|lean\w*|upright|posture|bow\w*|spine",
     ("trunk_lean_max", "left_hip_flexion_max", "right_hip_flexion_max")),
    ("height", r"jump\w*|hop\w*|height|down|up|rise\w*|fall\w*|lie|lying|lay|floor|weight|pelvis",
     ("pelvis_drop", "pelvis_rise", "trunk_lean_max", "left_wrist_height_min",
      "right_wrist_height_min")),
    ("speed", r"speeds?|fast\w*|slow\w*|quick\w*|veloc\w*|sudden\w*|explosive\w*",
     ("left_wrist_speed_max", "right_wrist_speed_max", "left_ankle_speed_max",
      "right_ankle_speed_max", "travel_speed", "repetition_time")),
    ("side", r"sides?|left|right|which|both|one[- ]handed|two[- ]handed",
     ("left_arm_share", "left_leg_share", "left_wrist_path", "right_wrist_path",
      "left_wrist_height_min", "right_wrist_height_min")),
    ("form", None,
     ("left_knee_flexion_max", "right_knee_flexion_max", "trunk_lean_max",
      "left_hip_flexion_max", "right_hip_flexion_max", "left_shoulder_elevation_max",
      "right_shoulder_elevation_max", "repetition_time", "pelvis_drop")),
    ("angle", r"angles?|range|flex\w*|extend\w*|extension|straight\w*|degree",
     ("left_knee_flexion_max", "right_knee_flexion_max", "left_elbow_flexion_max",
      "right_elbow_flexion_max", "left_hip_flexion_max", "right_hip_flexion_max")),
)  # fmt: skip
"""Words of a question and what they ask to be measured; read from the top, earlier lines first.

None: where it asks how well something is done (``asks_form``).
"""

DEFAULT = (
    "left_arm_share", "left_leg_share", "forward_travel", "pelvis_drop", "trunk_lean_max",
    "left_shoulder_elevation_max", "right_shoulder_elevation_max", "left_knee_flexion_max",
    "right_knee_flexion_max",
)  # fmt: skip
"""What helps to name an action; fills up what the question's words leave free."""


def relevant(measurements: Iterable[Measurement], question: str) -> list[Measurement]:
    """The six to ten measurements a question needs.

    Args:
        measurements: From ``measure``.
        question: In words; unknown words get the default set. The count is among them
            unless others fill the line.

    Returns:
        At most ``MOST``, in the fixed order of ``kinematic_text``; fewer where little is seen.
    """
    by_name = {measurement.name: measurement for measurement in measurements}
    words, well = question[:2000].lower(), asks_form(question)
    wanted = dict.fromkeys(
        name
        for _, pattern, names in INTENTS
        if (well if pattern is None else re.search(rf"\b(?:{pattern})\b", words))
        for name in names
        if name in by_name
    )
    chosen = list(wanted)[:MOST]
    if chosen and other_side(chosen[-1]) in set(wanted) - set(chosen):
        chosen.pop()  # never one side of a pair alone
    if "repetitions" in by_name and len(chosen) < MOST:
        # There are more ways to ask for a count than any list of words knows.
        chosen = list(dict.fromkeys([*chosen, "repetitions"]))
    for name in DEFAULT:
        if len(chosen) >= USUAL:
            break
        pair = (name, other_side(name))
        chosen += [one for one in dict.fromkeys(pair) if one in by_name and one not in chosen]
    return sorted((by_name[name] for name in chosen), key=lambda m: _ORDER[m.name])


_LIMB_NAMES = {
    "knee_flexion": "knee", "hip_flexion": "hip", "elbow_flexion": "elbow",
    "shoulder_elevation": "arm", "wrist_path": "hand path", "ankle_path": "foot path",
    "wrist_speed": "hand speed", "ankle_speed": "foot speed", "wrist_height": "hand height",
}  # fmt: skip
"""As questions name them, side first: a number is found where the question's own words stand."""

_ENDS = {"min": "least", "max": "most"}

SIDE_FROM = 0.65
"""From this share of the movement on, one side counts as the one that acts."""

ASIDE_FROM = 0.2
"""A part of the way this large beside the other is meant (walking sideways, body half turned)."""

TRAVEL_FROM_M, TURN_FROM_DEG = 0.35, 40.0
"""Below these, a body sways and stays where it is."""

_FIXED_ORDER = (
    FORM, "repetitions", "repetition_time", "duration", "left_arm_share",
    "left_leg_share", "forward_travel", "left_travel", "travel_path", "travel_speed", "turn_left",
    "pelvis_drop", "pelvis_rise", "trunk_lean_max",
    *(
        f"{side}_{name}"
        for name in (
            "knee_flexion_min", "knee_flexion_max", "hip_flexion_min", "hip_flexion_max",
            "elbow_flexion_min", "elbow_flexion_max", "shoulder_elevation_min",
            "shoulder_elevation_max", "wrist_height_min", "wrist_height_max", "wrist_path",
            "wrist_speed_max", "ankle_path", "ankle_speed_max",
        )
        for side in ("left", "right")
    ),
)  # fmt: skip
_ORDER = {name: place for place, name in enumerate(_FIXED_ORDER)}


def kinematic_text(measurements: Iterable[Measurement], unseen: Iterable[str] = ()) -> str:
    """One short line: whole numbers where possible, in a fixed order, split by " | ".

    Shares are in per cent, lengths in cm, angles in degrees, times in seconds, speeds in cm/s.
    Readings in words (``arm right``, ``travel forward``, ``turn left``) are given where a
    threshold is safe.
    """
    by_name = {measurement.name: measurement for measurement in measurements}
    parts: list[str] = []
    for name in _FIXED_ORDER:
        if name in by_name:
            parts.append(_reading(name, by_name))
    line = " | ".join(filter(None, parts))
    hidden = ", ".join(unseen)
    return f"{line}; not seen: {hidden}" if hidden else line


def _reading(name: str, by_name: dict[str, Measurement]) -> str:
    value = by_name[name].value
    if name == FORM:
        verdict = "wrong" if value >= 0.5 else "correct"
        return f"form {verdict} {100 * max(value, 1 - value):.0f} %"
    if name == "repetitions":
        return f"reps {value:.0f}"
    if name == "repetition_time":
        return f"each {value:.1f} s"
    if name == "duration":
        return f"lasts {value:.1f} s"
    if name in ("left_arm_share", "left_leg_share"):
        side = "left" if value >= SIDE_FROM else "right" if value <= 1 - SIDE_FROM else "both"
        return f"{name.split('_')[1]} {side} {100 * value:.0f} %"
    if name == "turn_left":
        if abs(value) < TURN_FROM_DEG:
            return "turn none"
        return f"turn {'left' if value > 0 else 'right'} {abs(value):.0f}"
    if name in ("forward_travel", "left_travel"):
        return _travel(name, by_name)
    if name == "travel_speed":
        return f"goes {100 * value:.0f} cm/s"
    if name == "travel_path":
        return f"way {100 * value:.0f}"
    if name in ("pelvis_drop", "pelvis_rise"):
        return f"{name.split('_')[1]} {100 * value:.0f}"
    if name == "trunk_lean_max":
        return f"lean {value:.0f}"
    side, rest = name.split("_", 1)
    value = value if by_name[name].unit == "deg" else 100 * value
    quantity, _, end = rest.rpartition("_")
    if end in _ENDS:
        return f"{side} {_LIMB_NAMES[quantity]} {_ENDS[end]} {value:.0f}"
    return f"{side} {_LIMB_NAMES[rest]} {value:.0f}"


def _travel(name: str, by_name: dict[str, Measurement]) -> str:
    """``travel forward 120 left 40``: the larger part, and the smaller where it counts."""
    forward = by_name["forward_travel"].value if "forward_travel" in by_name else 0.0
    left = by_name["left_travel"].value if "left_travel" in by_name else 0.0
    if name == "left_travel" and "forward_travel" in by_name:
        return ""  # said beside the other
    far = max(abs(forward), abs(left))
    parts = [
        (abs(forward), "forward" if forward > 0 else "backward"),
        (abs(left), "left" if left > 0 else "right"),
    ]
    said = [
        f"{way} {100 * metres:.0f}"
        for metres, way in sorted(parts, reverse=True)
        if metres >= max(TRAVEL_FROM_M, ASIDE_FROM * far)
    ]
    return "travel " + (" ".join(said) or "none")
