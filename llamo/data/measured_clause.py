"""What a description says in numbers: one measurement, the most telling, in words."""

from __future__ import annotations

from collections.abc import Iterable

from llamo.kinematics.measurement import Measurement

_WALKED_M, _SUNK_M, _RAISED_DEG, _BENT_DEG, _LEANT_DEG = 0.8, 0.15, 60.0, 40.0, 25.0
"""What is worth saying of way, depth, arms, knees and trunk."""


def measured_clause(measurements: Iterable[Measurement]) -> str | None:
    """``, the left arm raised to 136 degrees``; None where nothing is large enough to be told.

    The first of: way along the floor, depth, arm, knee, trunk; as the kinematic text says it, so
    that the number is one that was read.
    """
    value = {one.name: one.value for one in measurements}
    ways = [abs(value.get(name, 0.0)) for name in ("forward_travel", "left_travel")]
    if max(ways) >= _WALKED_M:
        return f", over {100 * max(ways):.0f} cm"
    if value.get("pelvis_drop", 0.0) >= _SUNK_M:
        return f", going down by {100 * value['pelvis_drop']:.0f} cm"
    for name, least, said in (
        ("shoulder_elevation_max", _RAISED_DEG, "arm raised to"),
        ("knee_flexion_max", _BENT_DEG, "knee bent to"),
    ):
        sides = {side: value[f"{side}_{name}"] for side in ("left", "right")
                 if f"{side}_{name}" in value}  # fmt: skip
        side = max(sides, key=lambda one: sides[one], default=None)
        if side is not None and sides[side] >= least:
            return f", the {side} {said} {sides[side]:.0f} degrees"
    if value.get("trunk_lean_max", 0.0) >= _LEANT_DEG:
        return f", leaning by {value['trunk_lean_max']:.0f} degrees"
    return None
