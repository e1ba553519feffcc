"""The stages of a small model's training, one method each, in the order in which they are called.

What a stage needs of those before it stands in the attributes that they set.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import torch

from llamo.data.clips import LabelledClip
from llamo.encoders.motion import MotionEncoder
from llamo.encoders.video import VideoEncoder
from llamo.errors import ModelError
from llamo.loading import load_model
from llamo.model import LlamoForConditionalGeneration
from llamo.model_info import weights_folder
from llamo.processing import LlamoProcessor
from llamo.train.adapt_motion import adapt_motion
from llamo.train.align import align
from llamo.train.batches import BatchDrawer
from llamo.train.export import export
from llamo.train.instruct import instruct
from llamo.train.new_model import new_model
from llamo.train.pretrain_lifter import pretrain_lifter
from llamo.train.pretrain_motion import pretrain_motion
from llamo.train.pretrain_video import pretrain_video
from llamo.train.question_pool import QuestionPool, make_pool
from llamo.train.read_words import read_words
from llamo.train.recipe import PoolStage, Recipe, VideoStage
from llamo.train.see import see

_VALIDATION_SEQUENCES = 240
_FILMED_TO_VALIDATE = 0.5  # of a model that learns to see


class SmallTraining:
    """A training that goes on where its folder says.

    Args:
        settings: The recipe.
        clips: To train on.
        held_out: People to validate on; may be empty.
        folder: Of the run; each stage has a folder of its own in it.
        device: Of the training; the question pool is always made on the CPU.
    """

    motion_encoder: MotionEncoder
    video_encoder: VideoEncoder | None = None
    questions: QuestionPool
    validation: QuestionPool | None
    drawer: BatchDrawer
    model: LlamoForConditionalGeneration
    processor: LlamoProcessor

    def __init__(
        self,
        settings: Recipe,
        clips: list[LabelledClip],
        held_out: list[LabelledClip],
        folder: Path,
        device: str,
    ) -> None:
        self.settings, self.clips, self.held_out = settings, clips, held_out
        self.folder, self.device, self.seed = folder, device, settings.seed

    def video(self) -> Path:
        """The video encoder that the recipe names, or one of its own."""
        assert self.settings.video is not None
        self.video_encoder = self._video_encoder(self.settings.video)
        return self.folder / "video" / "encoder"

    def lift(self) -> Path:
        """A lifter, which is for the estimator: nothing else of this training uses it."""
        assert self.settings.lift is not None
        pretrain_lifter(
            self.clips, self.held_out, self.settings.lift, self.folder / "lift",
            seed=self.seed, device=self.device,
        )  # fmt: skip
        return self.folder / "lift" / "lifter"

    def encoder(self) -> Path:
        """The motion encoder."""
        done = self.folder / "encoder" / "encoder"
        if (done / "model.safetensors").exists():
            self.motion_encoder = MotionEncoder.from_pretrained(done).requires_grad_(False)
        else:
            self.motion_encoder = pretrain_motion(
                self.clips, self.held_out, self.settings.encoder, done.parent,
                seed=self.seed, device=self.device,
            )  # fmt: skip
        return done

    def pool(self) -> Path:
        """Questions to learn from, others to validate on, and a model that knows nothing yet."""
        self.questions = make_pool(
            self.clips, self.motion_encoder, self.settings.pool, self.folder / "pool",
            seed=self.seed, video_encoder=self._seen_first, filmed=self._filmed,
        )  # fmt: skip
        self.validation = self._validation_pool(self.folder, self._seen_first)
        torch.manual_seed(self.seed)
        self.model, self.processor = new_model(
            self.motion_encoder, self.questions, self.settings.instruct, self._seen_first
        )
        self.drawer = BatchDrawer(self.questions, self.processor, self.settings.instruct)
        return self.folder / "pool"

    def read(self) -> Path:
        """The language model learns to read."""
        assert self.settings.read is not None
        read_words(
            self.model, self.drawer, self.settings.read, self.folder / "read",
            seed=self.seed, device=self.device,
        )  # fmt: skip
        return self.folder / "read"

    def align(self) -> Path:
        """Where to look, and how to read."""
        if self.settings.align.steps:
            align(
                self.model, self.drawer, self.settings.align, self.folder / "align",
                seed=self.seed, device=self.device,
            )  # fmt: skip
        return self.folder / "align"

    def instruct(self) -> Path:
        """Answers."""
        instruct(
            self.model, self.processor, self.drawer, self.validation, self.settings.instruct,
            self.folder / "instruct", seed=self.seed, device=self.device,
        )  # fmt: skip
        return self.folder / "instruct"

    def adapt(self) -> Path:
        """The motion encoder learns of films; what reads its features stays as it is."""
        assert self.settings.adapt is not None
        out = self.folder / "adapt"
        self.motion_encoder = adapt_motion(
            self.motion_encoder, self.clips, self.held_out, self.settings.adapt, out,
            seed=self.seed, device=self.device,
        )  # fmt: skip
        self.model.motion_encoder = self.motion_encoder
        if self.settings.see is None:
            self.validation = self._validation_pool(out, self._seen_first)
        return out

    def see(self) -> Path:
        """The finished model of motion learns to look at the video."""
        assert self.settings.see is not None
        assert self.video_encoder is not None
        out = self.folder / "see"
        if self.settings.see.start is not None:
            self._load(self.settings.see.start)
        self.validation = self._validation_pool(out, self.video_encoder)
        see(
            self.model, self.processor, self.video_encoder, self.clips, self.validation,
            self.settings.see, self.settings.instruct, out, seed=self.seed, device=self.device,
        )  # fmt: skip
        return out

    def export(self) -> Path:
        """The weights folder."""
        weights = self.folder / self.settings.name
        return export(self.model, self.processor, self.validation, weights, self.settings)

    @property
    def _seen_first(self) -> VideoEncoder | None:
        """What sees last has learnt without seeing until then."""
        return self.video_encoder if self.settings.see is None else None

    @property
    def _filmed(self) -> float:
        if self.settings.see is not None:
            return _FILMED_TO_VALIDATE
        return 0.0 if self.settings.video is None else self.settings.video.filmed

    def _video_encoder(self, stage: VideoStage) -> VideoEncoder:
        out = self.folder / "video"
        if stage.encoder is not None:
            return VideoEncoder.from_pretrained(stage.encoder, **stage.model)
        if (out / "encoder" / "model.safetensors").exists():
            return VideoEncoder.from_pretrained(out / "encoder")
        return pretrain_video(
            self.clips, self.held_out, stage, out, seed=self.seed, device=self.device
        )

    def _load(self, start: str) -> None:
        folder = weights_folder(start)
        self.model, self.processor = load_model(folder)
        encoder = self.model.motion_encoder
        if not isinstance(encoder, MotionEncoder) or self.model.video_encoder is not None:
            raise ModelError(
                f"a model learns to see that knows motion alone; {folder} "
                + ("has no motion encoder." if encoder is None else "sees already.")
            )
        self.motion_encoder = encoder
        packs = dict.fromkeys((*_trained_on(folder), *self.settings.packs))
        self.settings = replace(self.settings, packs=tuple(packs))  # whose terms bind the weights

    def _validation_pool(
        self, folder: Path, video_encoder: VideoEncoder | None
    ) -> QuestionPool | None:
        """Unseen people asked in unseen wordings."""
        if not self.held_out:
            return None
        stage = PoolStage(
            sequences=_VALIDATION_SEQUENCES,
            shares={"single": 0.45, "splice": 0.4, "repeat": 0.15},
            workers=self.settings.pool.workers,
        )
        return make_pool(
            self.held_out, self.motion_encoder, stage, folder / "validation", seed=self.seed + 1,
            held_out=True, video_encoder=video_encoder, filmed=self._filmed,
        )  # fmt: skip


def _trained_on(folder: Path) -> list[str]:
    try:
        return list(json.loads((folder / "recipe.json").read_text())["packs"])
    except (OSError, ValueError, KeyError):
        raise ModelError(
            f"{folder} does not say what it was trained on, and under which terms: it needs the "
            "recipe.json that its training wrote."
        ) from None
