"""How sure an answer may be: fitted on recordings, on films of them, and on acts without a name.

    python benchmarks/calibrate.py --data DIR --cache DIR [--model PATH] [--seen-alone] [--write]

The people are those whom training never saw, asked in wordings that it never used. They are asked
of the recording; of the same recording drawn, filmed from any side and estimated; and of movements
that llamo-tiny has no name for: CMU's swordplay, ballet, acrobatics and washing, for which all
names but two (`NAMELESS`) are wrong. Those weigh a tenth of all answers that name an act, of films
a fifth. And, of weights that see, what only pixels tell is asked of drawn films, as in
`benchmarks/scenes.py`, whose own films are others; `--seen-alone` fits no other scale, for a model
that was given eyes and answers of motion as before.

Half of the clips fit the calibration that the table scores on the other half; what `--write` puts
into the weights folder is fitted on all.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scenes import is_right, shoot
from unseen_people import Asked, Case, shots, unseen_people

from llamo import Assistant
from llamo.answer import abstention_reason
from llamo.calibration import Calibration, Evidence
from llamo.data.clips import load_clips, split
from llamo.data.library import PACK_WEIGHTS, ClipLibrary
from llamo.evaluation.metrics import expected_calibration_error
from llamo.model_info import shipped_weights
from llamo.session import Session
from llamo.train.filmed_motion import film

RECORDED, FILMED = "recorded", "filmed"
KNOWN, UNNAMED, SEEN = "known acts", "acts without a name", "what is seen"

NAMELESS = {
    "02_07": ("slash",), "02_08": ("slash",), "02_09": ("slash",), "02_10": (),
    "05": ("dance",), "49_06": (), "49_08": (), "49_1": ("dance",), "49_2": ("dance",),
    "90_02": (), "90_05": (), "90_08": (),
}  # fmt: skip
"""CMU's sequences by the beginning of their names, with what may yet be said of them."""

NAMELESS_SHARE = {RECORDED: 0.1, FILMED: 0.2}
"""Of all answers that name an act: who records motion asks of it what is in it; phones film all."""

PIECE_S, PIECES = 8.0, 3


@dataclass(frozen=True)
class Tried:
    """One answer."""

    case: str
    group: str
    source: str
    evidence: Evidence
    right: bool


def nameless(data: Path, wordings: list[str], seed: int) -> Iterator[Case]:
    """Movements without a name, each asked three times what it is."""
    rng = np.random.default_rng([seed, 2])
    for clip in load_clips(data, ["cmu"]):
        names = [begins for begins in NAMELESS if clip.name.startswith(begins)]
        if not names:
            continue
        for piece in range(PIECES):
            start_s = piece * PIECE_S
            if start_s + 2 > clip.motion.duration_s:
                break
            yield Case(
                f"cmu {clip.name} {piece}",
                clip.motion.trim(start_s, start_s + PIECE_S),
                [Asked(str(text), "action", NAMELESS[names[0]])
                 for text in rng.choice(wordings, 3, replace=False)],
            )  # fmt: skip


def try_all(
    assistant: Assistant, group: str, cases: list[Case], cache: Path, seed: int
) -> list[Tried]:
    """Every case asked as recorded, and as filmed where the estimator makes a motion of it."""
    tried = []
    for case, one in zip(cases, film(shots(cases, seed), cache), strict=True):
        tried += _try(assistant.open(case.motion), case, group, RECORDED)
        estimate = one.estimate()
        if estimate is not None:
            session = assistant.open(estimate.motion)
            session.sides_told = estimate.sides_told
            tried += _try(session, case, group, FILMED)
    return tried


def try_scenes(assistant: Assistant, data: Path, count: int, seed: int) -> list[Tried]:
    """What only pixels tell, asked of drawn films with the recorded motion."""
    _, clips = split(load_clips(data, PACK_WEIGHTS))
    library = ClipLibrary(clips, PACK_WEIGHTS)
    tried = []
    for number in range(count):
        shot, _ = shoot(number, library, clips, seed)
        session = assistant.open(shot.sequence.motion, video=shot.video, boxes=shot.boxes)
        answers = assistant.answer_batch([(session, one.question) for one in shot.questions])
        tried += [
            Tried(
                f"scene {number}", SEEN, FILMED,
                Evidence(answer.token_probabilities, shown=answer.shown),
                is_right(answer.answer, one),
            )
            for answer, one in zip(answers, shot.questions, strict=True)
            if answer.shown is not None
        ]  # fmt: skip
    return tried


def _try(session: Session, case: Case, group: str, source: str) -> list[Tried]:
    pairs = [(session, one.text) for one in case.questions]
    answers = session.assistant.answer_batch(pairs)
    return [
        Tried(
            case.name, group, source,
            Evidence(answer.token_probabilities, answer.heard, session.motion.estimated),
            one.is_right(answer.answer),
        )
        for answer, one in zip(answers, case.questions, strict=True)
        if answer.token_probabilities
        and (group == KNOWN or abstention_reason(answer.answer) is None)
    ]  # fmt: skip


def fitted(tried: list[Tried]) -> Calibration:
    """The calibration of these answers."""
    weights = np.ones(len(tried))
    for source in (RECORDED, FILMED):
        names_act = [one.source == source and one.evidence.heard is not None for one in tried]
        unnamed = np.array([one.group == UNNAMED for one in tried]) & names_act
        known = ~unnamed & names_act
        share = NAMELESS_SHARE[source] / (1 - NAMELESS_SHARE[source])
        weights[unnamed] = share * known.sum() / max(unnamed.sum(), 1)
    return Calibration.fit(
        [one.evidence for one in tried], [one.right for one in tried], weights=list(weights)
    )


def table(tried: list[Tried], before: Calibration) -> str:
    """What each half's calibration makes of the other half, beside the weights' own."""
    names = sorted({one.case for one in tried})
    halves = [set(names[::2]), set(names[1::2])]
    lines = [
        "| motion | answers | n | right | sure before | sure | ECE before | ECE "
        "| wrong and sure before | wrong and sure | right and unsure |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    after = {}
    for half, other in (halves, halves[::-1]):
        calibration = fitted([one for one in tried if one.case in half])
        for one in tried:
            if one.case in other:
                after[id(one)] = calibration.confidence(one.evidence)
    for source in (RECORDED, FILMED):
        for group in (KNOWN, UNNAMED, SEEN):
            for acts in (False, True):
                some = [one for one in tried if (one.source, one.group) == (source, group)
                        and (one.evidence.heard is not None) == acts]  # fmt: skip
                if not some:
                    continue
                what = f"{group}, {'naming one' if acts else 'all other'}"
                lines.append(_line(source, what, some, before, after))
    return "\n".join(lines)


def _line(
    source: str, what: str, some: list[Tried], before: Calibration, after: dict[int, float]
) -> str:
    right = np.array([one.right for one in some])
    old = np.array([before.confidence(one.evidence) for one in some])
    new = np.array([after[id(one)] for one in some])
    cells = [
        source, what, str(len(some)), f"{right.mean():.3f}",
        *(f"{sure.mean():.3f}" for sure in (old, new)),
        *(f"{expected_calibration_error(sure, right):.3f}" for sure in (old, new)),
        *(f"{(~right & (sure >= 0.5)).mean():.3f}" for sure in (old, new)),
        f"{(right & (new < 0.5)).mean():.3f}",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Ask, fit, show; write with --write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="Of films; needed without --seen-alone.")
    parser.add_argument("--model", type=Path, default=shipped_weights())
    parser.add_argument("--sequences", type=int, default=240)
    parser.add_argument("--scenes", type=int, default=150)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--seen-alone", action="store_true")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if args.cache is None and not args.seen_alone:
        parser.error("give --cache, a folder for the films, or --seen-alone.")
    start = time.perf_counter()
    assistant = Assistant.from_pretrained(args.model)
    own = assistant.calibration
    assistant.calibration = Calibration()  # says everything, that everything can be counted
    tried: list[Tried] = []
    if not args.seen_alone:
        known = unseen_people(args.data, args.sequences, args.seed)
        wordings = {one.text for case in known for one in case.questions if one.kind == "action"}
        unnamed = list(nameless(args.data, sorted(wordings), args.seed))
        tried += try_all(assistant, KNOWN, known, args.cache, args.seed)
        tried += try_all(assistant, UNNAMED, unnamed, args.cache, args.seed + 1)
    if assistant.model.video_encoder is not None:
        tried += try_scenes(assistant, args.data, args.scenes, args.seed + 2)
    print(table(tried, own))
    print(f"{len(tried)} answers, {time.perf_counter() - start:.0f} s")
    if args.write and args.seen_alone:
        scales = {**own.scales, "seen": fitted(tried).scales["seen"]}
        replace(own, scales=scales).save(args.model)
    elif args.write:
        replace(fitted(tried), least_sure=own.least_sure).save(args.model)


if __name__ == "__main__":
    main()
