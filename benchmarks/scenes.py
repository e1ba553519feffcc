"""What the video adds: unseen people in unseen scenes, asked with motion, with video, with both.

    python benchmarks/scenes.py --data DIR [--model PATH] [--sequences 150] [--estimated] [--out F]

Sequences of the people whom training never saw are filmed before backdrops that it never showed,
and asked in wordings that it never used: what only pixels tell (colours, things held, the camera's
side, how many people), and what the motion tells. The motion is the recorded one, so that nothing
but the video differs; with --estimated it is what the estimator makes of the film, as in use, and
films of which it makes nothing are left out and counted. Every way in answers the same questions;
"both - motion" is paired by clip.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from llamo import Assistant
from llamo.data.ask_pixels import ask_pixels
from llamo.data.clips import LabelledClip, load_clips, split
from llamo.data.library import PACK_WEIGHTS, ClipLibrary
from llamo.data.question import Question
from llamo.data.questions import ask_about
from llamo.data.scenes import boxes_of, facts_of, film, stage
from llamo.data.splice import Sequence
from llamo.encoders.estimator import MediaPipePose
from llamo.errors import NothingToEstimate
from llamo.evaluation.metrics import average, figure
from llamo.seeing import followed_boxes
from llamo.train.instruct import same_answer
from llamo.train.scene_frames import jittered
from llamo.video import Video

FILM_HZ = 8.0
"""Frames a second that are rendered; the encoder looks at fewer."""

ESTIMATED_HZ, ESTIMATED_SIZE = 15.0, (400, 480)
"""The estimator needs more, and larger ones."""

STREAMS = ("both", "motion", "video")
PIXELS, MOTION, UNTOLD = "pixels", "motion", "pixels, cannot be told"


@dataclass(frozen=True)
class Shot:
    """A sequence that is filmed.

    Args:
        sequence: Of a person whom training never saw.
        video: Of it.
        boxes: (S, 3, 4) of the person and the hands, a little off.
        questions: That only pixels answer.
    """

    sequence: Sequence
    video: Video
    boxes: np.ndarray
    questions: list[Question]


def shoot(
    number: int,
    library: ClipLibrary,
    clips: list[LabelledClip],
    seed: int,
    size: tuple[int, int] | None = None,
    rate_hz: float = FILM_HZ,
) -> tuple[Shot, np.random.Generator]:
    """Film sequence ``number``; and what further is drawn about it is drawn from."""
    rng = np.random.default_rng([seed, number])
    single = rng.random() < 0.6
    sequence = library.draw_single(rng) if single else library.draw_splice(rng)
    others = [clips[int(rng.integers(len(clips)))].motion for _ in range(2)]
    scene = stage(sequence.motion, rng, others=others, held_out=True, size=size)
    times_s = np.arange(0, sequence.motion.duration_s + 1e-9, 1 / rate_hz)
    video, boxes = film(scene, times_s), jittered(boxes_of(scene, times_s), rng)
    return Shot(sequence, video, boxes, ask_pixels(facts_of(scene, times_s), rng, True)), rng


@dataclass(frozen=True)
class Asked:
    """A question, and whether each way in answered it right."""

    clip: int
    group: str
    one: Question
    said: dict[str, str]
    right: dict[str, bool]


def ask_clip(
    assistant: Assistant,
    number: int,
    library: ClipLibrary,
    clips: list[LabelledClip],
    seed: int,
    estimator: MediaPipePose | None,
) -> list[Asked]:
    """Film one sequence and ask it in every way; nothing where the estimator finds nobody."""
    size = None if estimator is None else ESTIMATED_SIZE
    rate_hz = FILM_HZ if estimator is None else ESTIMATED_HZ
    shot, rng = shoot(number, library, clips, seed, size, rate_hz)
    sequence, video, boxes = shot.sequence, shot.video, shot.boxes
    motion = sequence.motion
    if estimator is not None:
        try:
            estimate = estimator.estimate(video)
        except NothingToEstimate:
            return []
        motion, boxes = estimate.motion, followed_boxes(video, estimate)
    done = [one for one in ask_about(sequence, rng, held_out=True) if one.kind != "unseen"]
    questions = [(MOTION, one) for one in done if one.measure is None and one.kind != "describe"]
    questions += [(UNTOLD if one.abstains else PIXELS, one) for one in shot.questions]
    texts = {}
    for streams in STREAMS:
        session = assistant.open(motion, video=video, boxes=boxes, streams=streams)
        answers = assistant.answer_batch([(session, one.question) for _, one in questions])
        texts[streams] = [answer.answer for answer in answers]
    return [
        Asked(
            number, group, one, {streams: texts[streams][place] for streams in STREAMS},
            {streams: is_right(texts[streams][place], one) for streams in STREAMS},
        )
        for place, (group, one) in enumerate(questions)
    ]  # fmt: skip


def is_right(text: str, one: Question) -> bool:
    """The answer, or another text that is as right."""
    return any(same_answer(text, wanted) for wanted in (one.answer, *one.accept))


def summary(asked: list[Asked]) -> dict[str, Any]:
    """Accuracy of each group and kind, with the majority answer's beside it."""
    rows: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        rows[one.group].append(one)
        if one.group != UNTOLD:
            rows[f"{one.group}: {one.one.kind}"].append(one)
    return {name: _row(some) for name, some in sorted(rows.items())}


def _row(some: list[Asked]) -> dict[str, Any]:
    clips = [one.clip for one in some]
    row: dict[str, Any] = {
        streams: figure([one.right[streams] for one in some], clips) for streams in STREAMS
    }
    gain = [float(one.right["both"]) - float(one.right["motion"]) for one in some]
    row["both - motion"] = average(gain, clips)
    row["majority"] = _majority(some)
    return row


def _majority(some: list[Asked]) -> float:
    """Right where every question is given its type's most common answer."""
    by_type: dict[str, Counter[str]] = defaultdict(Counter)
    for one in some:
        by_type[one.one.type][one.one.answer] += 1
    return sum(max(answers.values()) for answers in by_type.values()) / len(some)


def show(rows: dict[str, Any], console: Console) -> None:
    """Print the table."""
    table = Table("questions", "n", *STREAMS, "both - motion", "majority")
    for name, row in rows.items():
        cells = [f"{100 * row[streams]['accuracy']:.1f}" for streams in STREAMS]
        gain = row["both - motion"]
        low, high = (100 * edge for edge in gain["ci95"])
        paired = f"{100 * gain['mean']:+.1f} ({low:+.1f}, {high:+.1f})"
        table.add_row(name, str(row["both"]["n"]), *cells, paired, f"{100 * row['majority']:.1f}")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", required=True, help="Folder with labels.json and motion/.")
    parser.add_argument("--model", help="Weights with a video encoder; default: llamo-tiny.")
    parser.add_argument("--sequences", type=int, default=150)
    parser.add_argument("--estimated", action="store_true", help="Estimate the motion.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="Write all answers and figures here, as JSON.")
    wanted = parser.parse_args()
    console = Console(stderr=True)
    assistant = Assistant.from_pretrained(wanted.model)
    if assistant.model.video_encoder is None:
        sys.exit(f"{assistant.name} has no video encoder; train one: docs/video.md says how.")
    _, clips = split(load_clips(wanted.data, PACK_WEIGHTS))
    library = ClipLibrary(clips, PACK_WEIGHTS)
    started = time.perf_counter()
    asked: list[Asked] = []
    refused = 0
    with MediaPipePose() if wanted.estimated else nullcontext() as estimator:
        for number in track(range(wanted.sequences), "scenes", console=console):
            some = ask_clip(assistant, number, library, clips, wanted.seed, estimator)
            asked += some
            refused += not some
    rows = summary(asked)
    show(rows, Console())
    took_s = time.perf_counter() - started
    console.print(f"{len(asked)} questions in {took_s:.0f} s; {refused} films without an estimate")
    if wanted.out is not None:
        answers = [
            {
                "clip": one.clip, "group": one.group, "kind": one.one.kind,
                "question": one.one.question, "gold": one.one.answer, **one.said,
            }
            for one in asked
        ]  # fmt: skip
        result = {"figures": rows, "without_estimate": refused, "answers": answers}
        wanted.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
