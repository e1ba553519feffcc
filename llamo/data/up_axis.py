"""Which axis of a data set's joint files points up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llamo.errors import InvalidData, UnreadableFile
from llamo.skeleton import SMPL22

_LOOKED_AT = 64
_CLEARLY_UP = 0.5


def decide_up(files: Sequence[Path]) -> dict[str, Any]:
    """The axis along which heads lie above pelvises, over up to 64 files of joints.

    People bend and crawl, so single clips may mislead; the mean over a data set does not.

    Returns:
        ``{"axis": "y" | "z", "pelvis_to_head": [x, y, z]}``: the mean unit vector, as in the files.

    Raises:
        InvalidData: No axis stands out, or heads hang below pelvises.
    """
    distinct = list(dict.fromkeys(files))
    chosen = [
        distinct[i] for i in np.linspace(0, len(distinct) - 1, _LOOKED_AT).round().astype(int)
    ]
    directions = [_pelvis_to_head(path) for path in dict.fromkeys(chosen)]
    mean = np.mean(directions, axis=0)
    axis = int(np.abs(mean).argmax())
    if axis == 0 or mean[axis] < _CLEARLY_UP:
        raise InvalidData(
            f"the up axis is not clear: from pelvis to head is {np.round(mean, 2).tolist()} on "
            "average; say which it is (--up y or --up z)."
        )
    return {"axis": "xyz"[axis], "pelvis_to_head": np.round(mean, 4).tolist()}


def _pelvis_to_head(path: Path) -> np.ndarray:
    """(3,) mean direction in a file of joints (T, 22, 3), of length 1 at most."""
    try:
        joints = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableFile(f"{path} cannot be read: {' '.join(str(error).split())}.") from None
    if joints.ndim != 3 or joints.shape[1:] != (22, 3) or joints.dtype.kind not in "fiu":
        raise InvalidData(f"{path} must hold joints (frames, 22, 3), got {joints.shape}.")
    up = joints[:, SMPL22.index("head")] - joints[:, SMPL22.index("pelvis")]
    length = np.linalg.norm(up, axis=1, keepdims=True)
    units = np.divide(up, length, out=np.zeros(up.shape), where=np.isfinite(length) & (length > 0))
    return units.mean(0) if len(units) else np.zeros(3)
