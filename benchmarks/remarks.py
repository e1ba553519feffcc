"""Boxing: which part and side would a coach remark on? Measured deviations beside coaches' remarks.

    python benchmarks/remarks.py --data DIR [--json FILE]

One part with its side is told a clip; it agrees if one of the clip's three coaches remarks on it
(read from the remarks by ``llamo.evaluation.remarks``). Folds leave out whole boxers, or clips of
boxers that are otherwise known, as the published split of this data does. Beside it stands the best
blind guess: what is remarked on most in the fold's training clips of the same punch. Intervals
resample whole boxers. "told who boxes" is no measurement: it knows the boxer's name.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from llamo.evaluation.metrics import figure
from llamo.evaluation.remarks import corrections
from llamo.formats.packs import PACK_FPS, read_pack
from llamo.kinematics.course import JOINT
from llamo.motion import Motion
from llamo.technique.courses import whole_clip
from llamo.technique.learn import group_lasso
from llamo.technique.pose_angles import ANGLES, pose_angles
from llamo.technique.standard import FEATURES, features

PLACES = 10
"""The places that are remarked on most; the others are too few to learn."""

PENALTY, NEIGHBOURS = 0.03, 5

FOLDS = 5
"""Of clips; a boxer's clips are numbered, and dealt by their number."""

MATCHED = {
    "foot": ("heel", "foot_lift"), "knee": ("knee_flexion",), "hip": ("hip_turn", "hip_flexion"),
    "trunk": ("trunk",), "shoulder": ("shoulder_turn", "shoulder"), "hand": ("wrist", "elbow"),
    "arm": ("elbow", "shoulder"), "stance": ("ankles_apart",), "weight": ("trunk", "ankles_apart"),
    "head": ("trunk",), "punch": ("wrist", "elbow"),
}  # fmt: skip
"""Measurements that a remark on a part should show in."""


@dataclass(frozen=True)
class Punches:
    """All clips.

    Args:
        values: (N, F) measured numbers.
        names: Of the columns.
        kinds: (N,) ``Jab`` or ``Cross``.
        boxers, numbers: (N,) who, and the number of the boxer's clip.
        places: What the coaches of each remarked on.
    """

    values: np.ndarray
    names: list[str]
    kinds: np.ndarray
    boxers: np.ndarray
    numbers: np.ndarray
    places: list[set[tuple[str, str]]]


def read_punches(data: Path) -> Punches:
    """The pack's punches; all boxers stand with the left side in front."""
    values, kinds, names, places = [], [], [], []
    for labels, joints in read_pack(data / "motion" / "coachme"):
        if labels["part"] != "BX_train":
            continue
        measured = _measured(whole_clip(Motion(joints, PACK_FPS)).joints)
        values.append(list(measured.values()))
        kinds.append(labels["motion_type"])
        names.append(labels["video_name"].split("_"))
        places.append({one.place for remark in labels["labels"] for one in corrections(remark)})
    boxers, _, numbers = zip(*names, strict=True)
    return Punches(
        np.array(values), list(measured), np.array(kinds), np.array(boxers, int),
        np.array(numbers, int), places,
    )  # fmt: skip


def _measured(joints: np.ndarray) -> dict[str, float]:
    """Every angle at rest, at its most, least and turn; heels, hands, stance in shank lengths."""
    at = {name: joints[0, :, index] for name, index in JOINT.items()}
    shank = float(np.linalg.norm(at["left_knee"] - at["left_ankle"], axis=-1).mean())
    ground = np.minimum(at["left_foot"][:, 1], at["right_foot"][:, 1])
    courses = {}
    for side in ("left", "right"):
        ankle, foot = at[f"{side}_ankle"][:, 1], at[f"{side}_foot"][:, 1]
        courses[f"{side}_heel"] = (ankle - foot) / shank
        courses[f"{side}_foot_lift"] = (foot - ground) / shank
        courses[f"{side}_wrist"] = (at[f"{side}_wrist"][:, 1] - at["neck"][:, 1]) / shank
    between = (at["left_ankle"] - at["right_ankle"])[:, [0, 2]]
    courses["ankles_apart"] = np.linalg.norm(between, axis=-1) / shank
    names = [f"{angle} {feature}" for angle in ANGLES for feature in FEATURES]
    found = dict(zip(names, features(pose_angles(joints))[0].tolist(), strict=True))
    for name, course in courses.items():
        found |= {
            f"{name} mean": float(course.mean()), f"{name} most": float(course.max()),
            f"{name} least": float(course.min()),
        }  # fmt: skip
    for part in ("hip", "shoulder"):
        across = at[f"right_{part}"] - at[f"left_{part}"]
        found[f"{part}_turn range"] = float(
            np.ptp(np.degrees(np.unwrap(np.arctan2(across[:, 2], -across[:, 0]))))
        )
    return found


def predicted(punches: Punches, train: np.ndarray, test: np.ndarray) -> dict[str, list]:
    """The place that each method tells of each test clip."""
    centre, scale = punches.values[train].mean(0), punches.values[train].std(0) + 1e-6
    z = ((punches.values - centre) / scale).clip(-4, 4)
    z = np.c_[z, punches.kinds == "Jab"]
    counts = Counter(place for one in train for place in punches.places[one])
    places = [place for place, _ in counts.most_common(PLACES)]
    said = np.array([[place in punches.places[one] for place in places] for one in train], float)
    same = punches.kinds[test][:, None] == punches.kinds[train]  # (test, train)
    usual = (same @ said) / same.sum(1, keepdims=True)
    away = ((z[test][:, None] - z[train]) ** 2).sum(-1) + np.where(same, 0, 1e6)
    near = said[np.argsort(away, axis=1)[:, :NEIGHBOURS]].mean(1)
    every = [np.arange(z.shape[1])[first : first + 4] for first in range(0, z.shape[1], 4)]
    learnt = np.stack([_odds(z, train, test, column, every) for column in said.T], axis=1)
    matched = np.stack(
        [
            _odds(z[:, _columns(punches.names, part)], train, test, column, None)
            for (part, _), column in zip(places, said.T, strict=True)
        ],
        axis=1,
    )
    boxers = np.unique(punches.boxers[train])
    alike = np.stack(
        [_odds(z, train, test, punches.boxers[train] == one, every) for one in boxers], axis=1
    )
    likest, kinds = boxers[alike.argmax(1)], punches.kinds[test]
    habits, told = (
        np.array([_habit(punches, train, said, *one) for one in zip(who, kinds, strict=True)])
        for who in (likest, punches.boxers[test])
    )
    scores = {
        "blind guess": usual, "told who boxes": told + 1e-3 * usual,
        "most alike boxer": habits + 1e-3 * usual,
        "regression": learnt, "nearest clips": near + 1e-3 * usual,
        "regression and nearest": learnt + near, "matched measurements": matched,
        "matched, with blind guess": matched + usual,
    }  # fmt: skip
    return {name: [places[row.argmax()] for row in table] for name, table in scores.items()}


def _habit(
    punches: Punches, train: np.ndarray, said: np.ndarray, boxer: int, kind: str
) -> np.ndarray:
    """How often each place is remarked on in a boxer's punches of one kind; 0 if never seen."""
    rows = (punches.boxers[train] == boxer) & (punches.kinds[train] == kind)
    return said[rows].mean(0) if rows.any() else np.zeros(said.shape[1])


def _columns(names: list[str], part: str) -> np.ndarray:
    wanted = MATCHED[part]
    chosen = [i for i, name in enumerate(names) if any(word in name for word in wanted)]
    return np.array([*chosen, len(names)])  # the last column is the punch


def _odds(
    z: np.ndarray, train: np.ndarray, test: np.ndarray, said: np.ndarray,
    groups: list[np.ndarray] | None,
) -> np.ndarray:  # fmt: skip
    groups = groups or [np.array([column]) for column in range(z.shape[1])]
    weights, bias = group_lasso(z[train], said, groups, PENALTY)
    return 1 / (1 + np.exp(-(z[test] @ weights + bias)))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    punches = read_punches(arguments.data)
    out: dict[str, dict] = {}
    for unseen, folds in (("boxers", punches.boxers), ("clips", punches.numbers % FOLDS)):
        hits: dict[str, dict[int, bool]] = {}
        for fold in np.unique(folds):
            test, train = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
            for name, told in predicted(punches, train, test).items():
                right = {
                    int(i): place in punches.places[i] for i, place in zip(test, told, strict=True)
                }
                hits.setdefault(name, {}).update(
                    (int(i), place in punches.places[i])
                    for i, place in zip(test, told, strict=True)
                )
        blind = np.array([hits["blind guess"][i] for i in range(len(folds))], float)
        for name, right in hits.items():
            values = np.array([right[i] for i in range(len(folds))], float)
            one, more = figure(values, punches.boxers), figure(values - blind, punches.boxers)
            out.setdefault(unseen, {})[name] = {**one, "beyond blind": more}
            (low, high), (least, most) = one["ci95"], more["ci95"]
            print(
                f"unseen {unseen:6} {name:28} {one['accuracy']:.3f}  {low:.3f}-{high:.3f}  "
                f"beyond blind {more['accuracy']:+.3f}  {least:+.3f} to {most:+.3f}  n {one['n']}"
            )
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
