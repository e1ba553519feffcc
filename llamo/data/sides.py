"""Which side acts: known from the action's nature, or measured on the joints."""

from __future__ import annotations

import numpy as np

from llamo.skeleton import SMPL22

TWO_HANDED = frozenset({
    "clap", "box", "cross arms", "curl arms", "push", "swing a baseball bat",
    "swing a golf club", "wave both hands", "raise both hands", "rotate arms",
})  # fmt: skip
"""Acts that both hands do."""

_ONE_HAND = (
    "wave", "raise a hand", "raise an arm", "throw", "catch", "knock", "swipe", "hammer", "punch",
    "bowl", "draw circle", "draw x", "draw tick", "draw triangle", "swing a tennis racket",
    "pick up and throw", "place something", "take/pick something up", "slash",
    "standing shoulder extension", "standing shoulder internal-external rotation",
    "standing shoulder scaption",
)  # fmt: skip
_ONE_LEG = ("kick", "raise a leg", "step over a hurdle", "lunge", "side lunge")

LIMB_OF_ACTION: dict[str, str] = {
    **dict.fromkeys(TWO_HANDED, "hand"),
    **dict.fromkeys(_ONE_HAND, "hand"),
    **dict.fromkeys(_ONE_LEG, "leg"),
}
"""What an act is done with, where one can speak of its side."""

LEG_ACTIONS = frozenset({
    *_ONE_LEG, "walk", "run", "jog", "jump", "squat", "sneak", "sit", "stand up",
    "touch elbow to knee", "lie down", "dance", "sit to stand",
})  # fmt: skip
"""Acts that cannot be told when the legs are out of sight."""

ARM_ACTIONS = frozenset(action for action, limb in LIMB_OF_ACTION.items() if limb == "hand")
"""Acts that cannot be told when the arms are out of sight."""

SURE_RATIO = 1.8
"""One limb must move this much more than its twin before a side is claimed."""

_ENDS = {
    "hand": (("left_wrist", "left_shoulder"), ("right_wrist", "right_shoulder")),
    "leg": (("left_ankle", "left_hip"), ("right_ankle", "right_hip")),
}


def active_side(joints: np.ndarray, limb: str) -> str | None:
    """The side whose limb moves clearly more, None when neither does.

    Args:
        joints: (T, 22, 3) metres.
        limb: ``hand`` or ``leg``.

    Returns:
        ``left``, ``right`` or None. Movement is the spread of the limb's end about the limb's
        root, after a moving average of 5 frames (depth cameras jitter).
    """
    spreads = []
    for end, start in _ENDS[limb]:
        reach = joints[:, SMPL22.index(end)] - joints[:, SMPL22.index(start)]  # (T, 3)
        if len(reach) >= 5:
            sums = np.cumsum(np.concatenate([np.zeros((1, 3), np.float32), reach]), axis=0)
            reach = (sums[5:] - sums[:-5]) / 5
        spreads.append(float(np.sqrt(reach.var(axis=0).sum())))
    left, right = spreads
    if left > SURE_RATIO * right:
        return "left"
    if right > SURE_RATIO * left:
        return "right"
    return None
