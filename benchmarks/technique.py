"""Verdicts and faults of physiotherapy exercises, for people that the references have not seen.

    python benchmarks/technique.py --data DIR [--people train] [--json FILE]
    python benchmarks/technique.py --data DIR --shipped

For each person in turn a reference is learnt from the others; ``--shipped`` judges the held-out
people with the references of the package. Prints a table, and writes it as JSON:

- *verdict*: accuracy; the blind guess is .5, as every person did as many right as wrong.
- *turns*: of the incorrect ones that are told, how many become correct when the named joint, or
  any other one, is put to the correct people's mean course (forward kinematics, measured again).
- *named*: one fault put into a correct repetition, at one joint, growing from nothing to the given
  degrees at the turn and back. Is the joint named with its side, and to 5 deg?

Each is measured beside other people (*others*) and beside the person's own correct repetitions but
the judged one (*own*). Intervals resample whole people.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from llamo.data.references import JudgedRepetitions, judged_repetitions, learn
from llamo.evaluation.metrics import figure
from llamo.skeleton import SMPL22
from llamo.technique.courses import PHASES, Repetitions, mirrored
from llamo.technique.joints import with_course
from llamo.technique.judge import faults_of, oriented
from llamo.technique.pose_angles import ANGLES, ANGLES_OF, pose_angles
from llamo.technique.reference import Reference, read_reference
from llamo.technique.standard import ROTATIONS, Standard, joint_groups, movement, weigh

DEGREES = (15, 20, 30)
WITHIN_DEG = 5.0

_SINE = np.sin(np.pi * (np.arange(PHASES) + 0.5) / PHASES) ** 2
_TOLD = [
    (joint, name) for joint, names in ANGLES_OF.items() for name in names
    if not ROTATIONS[ANGLES.index(name)]
]  # fmt: skip

_NO_CLIP = Repetitions(np.zeros((1, PHASES, len(SMPL22), 3)), ((0.0, 1.0),))

Rows = dict[str, list[tuple[float, int, str]]]
"""Quantity to its values, each with the person and the exercise."""


class _Person:
    """One person's repetitions of one exercise, beside a reference learnt from others.

    Args:
        taken: Of that person alone.
        reference: Of that exercise.
        rng: Chooses the faults that are put in.
    """

    def __init__(
        self, taken: JudgedRepetitions, reference: Reference, rng: np.random.Generator
    ) -> None:
        self.reference = reference
        self.groups = joint_groups(reference.two_sided)
        self.wrong = ~taken.correct
        angles = pose_angles(taken.joints)
        turned = np.array([oriented(one[None], reference)[1] for one in angles])[:, None, None]
        other = taken.joints[:, :, list(SMPL22.mirror)] * np.array([-1.0, 1.0, 1.0])
        self.joints = np.where(turned[..., None], other, taken.joints)
        self.angles = np.where(turned, mirrored(angles), angles)
        self.repaired = {joint: self._repaired(joint) for joint in self.groups}
        self.faulty = [self._faulty(degrees, rng) for degrees in DEGREES]

    def standard(self, row: int, own: bool) -> Standard:
        """What a repetition is compared with; never with itself."""
        if not own:
            return self.reference.others
        others = ~self.wrong & (np.arange(len(self.wrong)) != row)
        return self.reference.own.around(self.angles[others])

    def _repaired(self, joint: str) -> np.ndarray:
        """(W, P, A) of the incorrect ones, one joint on the correct people's mean course."""
        joints = self.joints[self.wrong]
        wanted = np.broadcast_to(self.reference.mean, (*joints.shape[:2], len(ANGLES)))
        for side in [joint] if joint in ANGLES_OF else [f"left_{joint}", f"right_{joint}"]:
            joints = with_course(joints, side, wanted)
        return pose_angles(joints)

    def _faulty(
        self, degrees: int, rng: np.random.Generator
    ) -> tuple[list[str], np.ndarray, np.ndarray]:
        """The correct ones with a fault each: joints, (C, P, A), and the degrees put in, (C,)."""
        before = self.angles[~self.wrong]
        after, put_in = before.copy(), np.zeros(len(before))
        drawn = rng.integers(len(_TOLD), size=len(before))
        for place in np.unique(drawn):
            joint, name = _TOLD[place]
            rows, column = drawn == place, ANGLES.index(name)
            wanted = before[rows]
            wanted[..., column] += _SINE * degrees * rng.choice([-1, 1])
            folds = name.endswith(("knee_flexion", "elbow_flexion", "elevation"))
            if folds and wanted[..., column].min() < 0:  # limbs do not bend the other way
                wanted[..., column] = before[rows][..., column] + _SINE * degrees
            joints = self.joints[~self.wrong][rows]
            after[rows] = pose_angles(with_course(joints, joint, wanted))
            put_in[rows] = (movement(after[rows]) - movement(before[rows]))[:, column]
        return [_TOLD[place][0] for place in drawn], after, put_in


def verdicts(person: _Person, own: bool) -> Iterator[tuple[str, float]]:
    """Right or wrong, and what putting a joint right does."""
    for row in np.flatnonzero(~person.wrong):
        found = weigh(person.standard(row, own), person.groups, person.angles[[row]])
        yield "verdict", not found.not_correct[0]
        yield "passed, of correct", not found.not_correct[0]
    standard = person.standard(int(person.wrong.argmax()), own)  # the same for all incorrect ones
    found = weigh(standard, person.groups, person.angles[person.wrong])
    said = found.not_correct
    for one in said:
        yield "verdict", one
        yield "found, of incorrect", one
    for place, joint in enumerate(person.groups):
        after = weigh(standard, person.groups, person.repaired[joint])
        for turned, named in zip(~after.not_correct[said], found.named[said], strict=True):
            yield "turns, named joint" if named == place else "turns, another joint", turned


def naming(person: _Person, own: bool) -> Iterator[tuple[str, float]]:
    """Whether a fault that was put in is named, and to how many degrees."""
    rows = np.flatnonzero(~person.wrong)
    for degrees, faulty in zip(DEGREES, person.faulty, strict=True):
        for row, joint, course, size in zip(rows, *faulty, strict=True):
            if abs(size) < 0.8 * degrees:
                continue  # no arm can be raised so far and point so far forwards
            standard = person.standard(int(row), own)
            evidence = weigh(standard, person.groups, course[None])
            first = faults_of(
                evidence, standard, person.groups, _NO_CLIP, course[None], flipped=False
            )[0]
            both = {f"left_{first.joint}", f"right_{first.joint}"}
            hit = joint in (both if first.side == "both" else {first.joint})
            yield f"said not correct, {degrees} deg put in", evidence.not_correct[0]
            yield f"joint named, {degrees} deg put in", hit
            if hit:
                near = abs(first.difference_deg - size) <= WITHIN_DEG
                yield f"to 5 deg where named, {degrees} deg put in", near


def measure(
    exercises: list[JudgedRepetitions], people: str, shipped: bool, seed: int = 0
) -> dict[str, Rows]:
    """All quantities, for ``others`` and ``own``."""
    found: dict[str, Rows] = {"others": {}, "own": {}}
    for taken in exercises:
        if people == "train":
            taken = taken.chosen(~taken.held_out)
        for one in np.unique(taken.people[taken.held_out] if shipped else taken.people):
            rest = taken.people != one
            reference = (
                read_reference(taken.exercise) if shipped
                else learn(taken.chosen(rest), calibrated=False)
            )  # fmt: skip
            person = _Person(
                taken.chosen(~rest), reference, np.random.default_rng([seed, int(one)])
            )
            for kind, rows in found.items():
                own = kind == "own"
                for name, value in (*verdicts(person, own), *naming(person, own)):
                    rows.setdefault(name, []).append((float(value), int(one), taken.exercise))
    return found


def table(found: dict[str, Rows]) -> dict[str, dict[str, dict]]:
    """Figures of all quantities, with intervals by person; of the verdict for each exercise too."""
    out: dict[str, dict[str, dict]] = {}
    for kind, rows in found.items():
        out[kind] = {name: _figure(values) for name, values in sorted(rows.items())}
        for exercise in sorted({row[2] for row in rows["verdict"]}):
            own = [row for row in rows["verdict"] if row[2] == exercise]
            out[kind][f"verdict, {exercise}"] = _figure(own)
    return out


def _figure(rows: list[tuple[float, int, str]]) -> dict:
    return figure([row[0] for row in rows], [row[1] for row in rows])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--people", choices=("all", "train"), default="all")
    parser.add_argument("--shipped", action="store_true", help="judge held-out people")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    exercises = list(judged_repetitions(arguments.data))
    found = table(measure(exercises, arguments.people, arguments.shipped))
    for kind, figures in found.items():
        for name, one in figures.items():
            low, high = one["ci95"]
            print(f"{kind:7} {name:60} {one['accuracy']:.3f}  {low:.3f}-{high:.3f}  n {one['n']}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
