"""The adapt stage: the motion encoder learns to tell of a film what it tells of the recording.

Paper: where there is no motion it is estimated from the video (section 3.1); its errors are not
spoken of. Here: the finished encoder is the teacher of a copy of itself (Hinton et al. 2015). What
the teacher tells of a recording the copy learns to tell of its film, too; of recordings it goes on
telling the same. Because: errors drawn at random are not quite those of an estimator, and where
the features keep their meaning, whatever reads them needs no further training.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from llamo.data.augment import augment
from llamo.data.clips import LabelledClip
from llamo.data.estimated import as_estimated
from llamo.encoders.joint_features import RATE_HZ, joint_features, mirror_features
from llamo.encoders.motion import MotionEncoder
from llamo.train.claim import claim
from llamo.train.film_pairs import Pair, filmed_pairs, films_of, library_of
from llamo.train.loop import Loop, StageData
from llamo.train.recipe import AdaptStage

_SINGLE, _SPLICE = 0.5, 0.4  # shares of the recordings; the rest are repetitions
_AUGMENTED, _DRAWN = 0.5, 0.6
_SHARES = {"filmed": 0.55, "drawn": 0.12, "recorded": 0.33}
"""What a batch holds: films, recordings with drawn errors, and recordings as they are."""

_CONCEPTS = 0.3  # weight of what the classifiers tell beside the features


def adapt_motion(
    encoder: MotionEncoder,
    clips: Sequence[LabelledClip],
    held_out: Sequence[LabelledClip],
    stage: AdaptStage,
    out: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> MotionEncoder:
    """Adapt an encoder to films; resume where an earlier run stopped.

    Args:
        encoder: As pretrained; stays as it is.
        clips: To train on.
        held_out: People of whom a few are filmed to report how far off films are; may be empty.
        stage: Sizes and steps.
        out: Folder of films, checkpoint, curve and, at the end, the encoder.

    Returns:
        The adapted encoder, frozen.

    Raises:
        InvalidData: The folder was begun with other settings.
        MissingDependency: MediaPipe is not installed.
    """
    done = out / "encoder"
    if (done / "model.safetensors").exists():
        return MotionEncoder.from_pretrained(done).requires_grad_(False)
    claim(out / "settings.json", asdict(stage), f"{out} was begun with other settings; delete it.")
    filmed = filmed_pairs(
        films_of(clips, stage.films, out / "films", seed=seed, workers=stage.workers)
    )
    drawn, recorded = other_pairs(clips, stage.recordings, seed)
    tested: list[Pair] = []
    if held_out:
        tested = filmed_pairs(films_of(
            held_out, stage.tested, out / "tested", seed=seed + 1, workers=stage.workers
        ))  # fmt: skip
    torch.manual_seed(seed)
    teacher = encoder.to(device).eval()
    student = deepcopy(teacher).requires_grad_(True).train()
    if student.concepts is not None:  # what the features mean is not up for change
        student.concepts.requires_grad_(False)
    spread = _spread(teacher, recorded)
    drawer = PairDrawer({"filmed": filmed, "drawn": drawn, "recorded": recorded}, stage.seconds)

    def loss(batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        return adaptation_loss(student, teacher, spread, *batch)

    def validate() -> dict[str, float]:
        return {"films, apart": apart(student, teacher, tested)} if tested else {}

    loop = Loop(
        {"encoder": student},
        out,
        steps=stage.steps,
        learning_rate=stage.learning_rate,
        weight_decay=stage.weight_decay,
        title="films",
        validate_every=max(1, stage.steps // 4),
    )
    loop.run(StageData(lambda rng, _: drawer.batch(stage.batch_size, rng), seed, device), loss,
             validate)  # fmt: skip
    student.to("cpu").eval().requires_grad_(False)
    student.save_pretrained(done)
    return student


def other_pairs(
    clips: Sequence[LabelledClip], count: int, seed: int
) -> tuple[list[Pair], list[Pair]]:
    """Recordings with drawn errors, and recordings as they are; of sequences of clips.

    Args:
        clips: What sequences are made of.
        count: How many recordings; not all of them get errors.
        seed: Of everything.
    """
    rng = np.random.default_rng([seed, 12])
    library = library_of(clips)
    drawn, recorded = [], []
    for _ in range(count):
        luck = rng.random()
        if _SINGLE <= luck < _SINGLE + _SPLICE:
            sequence = library.draw_splice(rng)
        elif luck >= _SINGLE + _SPLICE and library.countable:
            sequence = library.draw_repeat(rng)
        else:
            sequence = library.draw_single(rng)
        if rng.random() < _AUGMENTED:
            sequence = augment(sequence, rng)
        features = joint_features(sequence.motion)
        recorded.append(Pair(features, features))
        if rng.random() < _DRAWN:
            seen = joint_features(as_estimated(sequence.motion, rng))
            length = min(len(seen), len(features))
            drawn.append(Pair(seen[:length], features[:length]))
    return drawn, recorded


class PairDrawer:
    """Draws batches of pieces of pairs, every other one in a mirror.

    Args:
        pairs: Of each of ``filmed``, ``drawn`` and ``recorded``; some may be empty.
        seconds: Longest piece.
    """

    def __init__(self, pairs: dict[str, list[Pair]], seconds: float) -> None:
        self._pairs = {name: some for name, some in pairs.items() if some}
        shares = np.array([_SHARES[name] for name in self._pairs])
        self._shares, self._longest = shares / shares.sum(), round(seconds * RATE_HZ)

    def batch(
        self, size: int, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What is seen and what was recorded, both (B, F, C), and which frames are real (B, F)."""
        drawn = [self._piece(rng) for _ in range(size)]
        lengths = torch.tensor([len(pair.seen) for pair in drawn])
        seen, recorded = (
            pad_sequence(
                [torch.from_numpy(getattr(pair, name)) for pair in drawn], batch_first=True
            )
            for name in Pair._fields
        )
        return seen, recorded, torch.arange(seen.shape[1]) < lengths[:, None]

    def _piece(self, rng: np.random.Generator) -> Pair:
        kind = str(rng.choice(list(self._pairs), p=self._shares))
        some = self._pairs[kind]
        pair = some[int(rng.integers(len(some)))]
        late = max(0, len(pair.seen) - self._longest)
        start = 2 * int(rng.integers(late // 2 + 1))  # the encoder's features are of every other
        piece = Pair(*(part[start : start + self._longest] for part in pair))
        if rng.random() < 0.5:
            piece = Pair(*map(mirror_features, piece))
        return Pair(*(np.ascontiguousarray(part, np.float32) for part in piece))


def adaptation_loss(
    student: MotionEncoder,
    teacher: MotionEncoder,
    spread: torch.Tensor,
    seen: torch.Tensor,
    recorded: torch.Tensor,
    mask: torch.Tensor,
) -> torch.Tensor:
    """How far what the student tells of films is from what the teacher tells of recordings.

    Args:
        student, teacher: Of one shape.
        spread: (H,) standard deviation of each feature.
        seen, recorded: (B, F, C) joint features.
        mask: (B, F) True on real frames.
    """
    with torch.no_grad():
        wanted, real = teacher(recorded, mask)
    told, _ = student(seen, mask)
    away = ((told - wanted) / spread)[real]
    loss = functional.smooth_l1_loss(away, torch.zeros_like(away))
    if student.concepts is None:
        return loss
    sizes = list(student.settings.concept_sizes)
    for own, other in zip(
        _logits(student, told[real]).split(sizes, -1),
        _logits(teacher, wanted[real]).split(sizes, -1),
        strict=True,
    ):
        loss = loss + _CONCEPTS * functional.kl_div(
            own.log_softmax(-1), other.log_softmax(-1), log_target=True, reduction="batchmean"
        )
    return loss


@torch.no_grad()
def apart(student: MotionEncoder, teacher: MotionEncoder, pairs: Sequence[Pair]) -> float:
    """Mean square between what each tells: the student of films, the teacher of recordings."""
    learning = student.training
    student.eval()
    found = []
    for pair in pairs:
        mask = torch.ones(1, len(pair.seen), dtype=torch.bool)
        (told, _), (wanted, _) = (
            encoder(torch.from_numpy(features)[None].to(encoder.mean.device),
                    mask.to(encoder.mean.device))
            for encoder, features in ((student, pair.seen), (teacher, pair.recorded))
        )  # fmt: skip
        found.append(float(((told - wanted) ** 2).mean()))
    student.train(learning)
    return float(np.mean(found))


def _logits(encoder: MotionEncoder, features: torch.Tensor) -> torch.Tensor:
    """All concepts' logits, of those without words, too."""
    return features[..., encoder.settings.width :] * encoder.concept_scale + encoder.concept_mean


@torch.no_grad()
def _spread(encoder: MotionEncoder, recorded: Sequence[Pair]) -> torch.Tensor:
    told = []
    for pair in recorded[:200]:
        mask = torch.ones(1, len(pair.recorded), dtype=torch.bool)
        features, _ = encoder(
            torch.from_numpy(pair.recorded)[None].to(encoder.mean.device),
            mask.to(encoder.mean.device),
        )
        told.append(features[0])
    return torch.cat(told).std(0).clamp(min=1e-3)
