"""From markers on the skin to joints: Plug-in Gait, OpenSim / OpenCap, Pose2Sim and joint centres.

Each joint has recipes in order of preference, centres that the laboratory computed first. A recipe
is a list of markers whose mean is the joint; ``{s}`` stands for l and r. Names are compared
without case, subject, dots, dashes and underscores (``Bob:L.ASIS`` is ``lasis``).
"""

from __future__ import annotations

import re

import numpy as np

from llamo.errors import InvalidMotion, MissingInformation
from llamo.formats.evidence import UNITS_M, fill_gaps
from llamo.skeleton import SMPL22, Skeleton, conversion

_LIMBS: dict[str, tuple[tuple[str, ...], ...]] = {
    "hip": (("{s}hjc",), ("{s}fep",), ("{s}hip",), ("{s}hipjc",)),
    "knee": (
        ("{s}kjc",), ("{s}fel",), ("{s}kne", "{s}knm"), ("{s}kne", "{s}mkn"),
        ("{s}knee", "{s}mknee"), ("{s}kneelat", "{s}kneemed"), ("{s}kne",), ("{s}knee",),
        ("{s}kneelat",),
    ),
    "ankle": (
        ("{s}ajc",), ("{s}tio",), ("{s}ank", "{s}med"), ("{s}ank", "{s}anm"),
        ("{s}ank", "{s}mma"), ("{s}ankle", "{s}mankle"), ("{s}anklelat", "{s}anklemed"),
        ("{s}ank",), ("{s}ankle",), ("{s}anklelat",),
    ),
    "foot": (
        ("{s}toe",), ("{s}bigtoe", "{s}smalltoe"), ("{s}bigtoe",), ("{s}toetip",), ("{s}mt5",),
    ),
    "shoulder": (
        ("{s}sjc",), ("{s}hup",), ("{s}shoulder",), ("{s}sho",), ("{s}acromium",),
        ("{s}acromion",), ("{s}acr",),
    ),
    "elbow": (
        ("{s}ejc",), ("{s}hul",), ("{s}lelbow", "{s}melbow"), ("{s}elb", "{s}elm"), ("{s}elb",),
        ("{s}elbow",), ("{s}elbowlat", "{s}elbowmed"), ("{s}lelbow",), ("{s}elbowlat",),
    ),
    "wrist": (
        ("{s}wjc",), ("{s}wra", "{s}wrb"), ("{s}lwrist", "{s}mwrist"),
        ("{s}wristlat", "{s}wristmed"), ("{s}wri",), ("{s}wrist",), ("{s}wra",), ("{s}fin",),
    ),
}  # fmt: skip
_TRUNK: dict[str, tuple[tuple[str, ...], ...]] = {
    "pelvis": (("pelvis",), ("midhip",), ("pelo",)),
    "neck": (("c7", "clav"), ("neck",), ("c7",), ("clav",)),
    "head": (
        ("lfhd", "rfhd", "lbhd", "rbhd"), ("head",), ("lfhd", "rfhd"), ("tophead",), ("nose",),
    ),
}  # fmt: skip
_ASIS = ("{s}asi", "{s}asis", "{s}iasi")
_PSIS = ("{s}psi", "{s}psis", "{s}ipsi")
_SACRUM = ("sacr", "vsacral", "sacrum")


def markers_of_person(
    names: list[str], markers: np.ndarray, index: int | None, file: str
) -> tuple[list[str], np.ndarray, int]:
    """The markers of one subject, where names carry one (``Bob:LASI``), and how many there are.

    Raises:
        MissingInformation: Several subjects and no index, or no such subject.
    """
    people = list(dict.fromkeys(name.split(":", 1)[0] for name in names if ":" in name))
    if len(people) < 2:
        return names, markers, 1
    if index is None or not 0 <= index < len(people):
        raise MissingInformation(
            f"{file} holds {len(people)} people ({', '.join(people)[:80]}); address one as "
            f"{file}#0 to {file}#{len(people) - 1}."
        )
    own = [i for i, name in enumerate(names) if name.startswith(people[index] + ":")]
    return [names[i] for i in own], markers[:, own], len(people)


def joints_from_markers(
    names: list[str], markers: np.ndarray, unit: str, file: str
) -> tuple[np.ndarray, np.ndarray, Skeleton]:
    """SMPL-22 joints from named markers.

    Args:
        names: (M,) marker names.
        markers: (T, M, 3) in ``unit``, NaN where a marker was not seen.
        unit: Unit of the markers.
        file: Its name, for messages.

    Returns:
        (T, 22, 3) joints in ``unit``, (T, 22) confidence, the skeleton.

    Raises:
        InvalidMotion: The markers do not make a whole body; the message names what lacks.
    """
    place: dict[str, int] = {}
    for index, name in enumerate(names):
        if np.isfinite(markers[:, index]).all(-1).any():
            place.setdefault(_plain(name), index)
    made: dict[str, np.ndarray] = {}
    for joint, recipes in _TRUNK.items():
        _cook(joint, recipes, place, markers, made)
    for letter, side in (("l", "left"), ("r", "right")):
        for joint, recipes in _LIMBS.items():
            lettered = tuple(tuple(m.format(s=letter) for m in recipe) for recipe in recipes)
            _cook(f"{side}_{joint}", lettered, place, markers, made)
    if not {"left_hip", "right_hip"} <= made.keys():
        _hips_from_pelvis(place, markers, unit, made)
    known = Skeleton("markers", tuple(made), (-1,) * len(made))
    try:
        weights = conversion(known, SMPL22)
    except InvalidMotion:
        needed = [
            f"{side}_{joint}"
            for side in ("left", "right")
            for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
        ]
        lacking = [joint for joint in needed if joint not in made]
        raise InvalidMotion(
            f"{file}: no {', '.join(lacking[:4])} can be made from its {len(names)} markers "
            f"({', '.join(names[:8])} ...); Plug-in Gait, OpenSim or joint-centre names are known."
        ) from None
    joints, seen = fill_gaps(np.stack(list(made.values()), axis=1))
    confidence = np.stack([seen[:, row != 0].min(1) for row in weights], axis=1)
    return np.einsum("sj,tjc->tsc", weights, joints), confidence, SMPL22


def _plain(name: str) -> str:
    name = re.sub(r"[^a-z0-9]", "", name.rsplit(":", 1)[-1].lower()).removesuffix("study")
    for word, letter in (("left", "l"), ("right", "r")):
        if name.startswith(word) and name != word:
            name = letter + name[len(word) :]
    return name


def _cook(
    joint: str,
    recipes: tuple[tuple[str, ...], ...],
    place: dict[str, int],
    markers: np.ndarray,
    made: dict[str, np.ndarray],
) -> None:
    for recipe in recipes:
        if all(marker in place for marker in recipe):
            made[joint] = markers[:, [place[marker] for marker in recipe]].mean(1)
            return


def _hips_from_pelvis(
    place: dict[str, int], markers: np.ndarray, unit: str, made: dict[str, np.ndarray]
) -> None:
    """Hip centres from the iliac spines: Harrington et al. 2007, J. Biomech. 40(3).

    In the pelvis' axes, millimetres: forward -0.24 depth - 9.9, up -0.30 width - 10.9, out
    0.33 width + 7.3.
    """

    def find(candidates: tuple[str, ...], letter: str = "") -> np.ndarray | None:
        plain = (candidate.format(s=letter) for candidate in candidates)
        return next((markers[:, place[name]] for name in plain if name in place), None)

    left, right = find(_ASIS, "l"), find(_ASIS, "r")
    behind = [spine for letter in "lr" if (spine := find(_PSIS, letter)) is not None]
    sacrum = find(_SACRUM)
    if left is None or right is None or not (len(behind) == 2 or sacrum is not None):
        return
    back = sacrum if sacrum is not None else (behind[0] + behind[1]) / 2
    assert back is not None
    middle = (left + right) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        out = left - right
        width = np.linalg.norm(out, axis=-1, keepdims=True)
        out = out / width
        forward = middle - back
        forward = forward - (forward * out).sum(-1, keepdims=True) * out
        depth = np.linalg.norm(forward, axis=-1, keepdims=True)
        forward = forward / depth
    up = np.cross(forward, out)  # forward x left is up, in right-handed axes
    mm = 0.001 / UNITS_M[unit]
    centre = middle + forward * (-0.24 * depth - 9.9 * mm) + up * (-0.30 * width - 10.9 * mm)
    aside = out * (0.33 * width + 7.3 * mm)
    made["left_hip"], made["right_hip"] = centre + aside, centre - aside
    made.setdefault("pelvis", (middle + back) / 2)
