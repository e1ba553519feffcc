"""Recipes: one YAML file says all that a training needs, beginning with the command."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import yaml

from llamo.errors import InvalidData
from llamo.train.build_settings import build_settings


@dataclass(frozen=True)
class VideoStage:
    """The video encoder, and how much of the pool is filmed.

    Args:
        encoder: What ``VideoEncoder.from_pretrained`` takes: a folder, ``hf-hub:`` and a timm
            model's name, or a file of weights. None pretrains one, by what follows.
        start: Folder of an encoder of the same backbone, pretrained with fewer views, to go on
            from; None begins with nothing.
        model: Keyword arguments of ``VideoEncoder``.
        steps: Optimiser steps.
        batch_size: Frames a step.
        label_smoothing: Of every target.
        learning_rate, weight_decay: AdamW.
        filmed: Share of the pool's sequences that are filmed as well; with a stage ``see`` it is
            that stage's own ``filmed`` that counts.
    """

    encoder: str | None = None
    start: str | None = None
    model: dict[str, Any] = field(default_factory=dict)
    steps: int = 3000
    batch_size: int = 64
    label_smoothing: float = 0.05
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    filmed: float = 0.2


@dataclass(frozen=True)
class EncoderStage:
    """Motion-encoder pretraining.

    Args:
        model: Keyword arguments of ``MotionEncoder``.
        steps: Optimiser steps.
        batch_size: Sequences a step.
        seconds: Length of a sequence.
        single_share: Share of sequences that hold one clip alone.
        noise: Strength of the augmentation.
        label_smoothing: Of the action targets.
        estimated: Copies of each clip as a video's estimate would be, beside the clip itself.
        learning_rate, weight_decay: AdamW.
    """

    model: dict[str, Any] = field(default_factory=dict)
    steps: int = 2000
    batch_size: int = 32
    seconds: float = 8.0
    single_share: float = 0.3
    noise: float = 1.0
    label_smoothing: float = 0.1
    estimated: int = 0
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05


@dataclass(frozen=True)
class PoolStage:
    """Sequences with questions, encoded once.

    Args:
        sequences: How many sequences are made.
        shares: Share of each kind: ``single``, ``splice``, ``repeat``, ``figures``.
        estimated: Share of the sequences whose motion is as a video's estimate would be.
        workers: Processes that make them; 0 works in this one.
    """

    sequences: int = 8000
    shares: dict[str, float] = field(
        default_factory=lambda: {"single": 0.38, "splice": 0.42, "repeat": 0.15, "figures": 0.05}
    )
    estimated: float = 0.0
    workers: int = 2


@dataclass(frozen=True)
class ReadStage:
    """A language model from nothing learns to read, before it sees anything.

    Args:
        steps: Optimiser steps.
        questions: Of a step.
        learning_rate, weight_decay: AdamW.
    """

    steps: int = 2500
    questions: int = 32
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05


@dataclass(frozen=True)
class AlignStage:
    """Alignment: where to look, and how to read what is written, before anything is answered.

    Args:
        steps: Optimiser steps; 0 leaves the stage out.
        reading: Share of the steps that read as well; less where a stage ``read`` came before.
        learning_rate, weight_decay: AdamW.
    """

    steps: int = 500
    reading: float = 1.0
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05


@dataclass(frozen=True)
class InstructStage:
    """Instruction tuning: enhancer, Cross Talker and language model; the encoders stay frozen.

    Args:
        model: Keyword arguments of ``LlamoConfig``.
        language_model: Keyword arguments of ``LlamaConfig`` for a model from scratch; or ``name``,
            the name or path of any causal LM of transformers, with ``lora``, ``quantization``,
            ``attn_implementation`` and ``dtype`` as of ``from_parts``.
        vocabulary: Tokens of the tokenizer trained on the questions, for an LM from scratch.
        steps: Optimiser steps.
        clips_per_step: Clips a step; each is enhanced once for all its questions.
        questions_per_clip: Questions a clip and step.
        learning_rate, weight_decay: AdamW.
        feature_noise, clip_noise: Gaussian noise on the frozen features of each frame, and of each
            clip as a whole, in their own standard deviation.
        question_noise: Share of the questions with words lost or made up, see
            ``llamo.train.question_noise``.
        easy_share: Share of the steps that ask one simple thing about one act, before all kinds of
            questions mix; see ``llamo.train.instruct``.
        text_dropout: Share of samples without the kinematic text, so that motion tokens count.
    """

    model: dict[str, Any] = field(default_factory=dict)
    language_model: dict[str, Any] = field(default_factory=dict)
    vocabulary: int = 4096
    steps: int = 6000
    clips_per_step: int = 24
    questions_per_clip: int = 4
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    feature_noise: float = 0.3
    clip_noise: float = 0.3
    question_noise: float = 0.4
    easy_share: float = 0.15
    text_dropout: float = 0.1


@dataclass(frozen=True)
class LiftStage:
    """The lifter: from where joints lie in a picture to where they are.

    Args:
        model: Keyword arguments of ``Lifter``.
        films: Training people filmed; drawing and looking take 40 ms a frame.
        tested: Held-out people filmed to report on.
        steps: Optimiser steps.
        batch_size: Clips a step.
        learning_rate, weight_decay: AdamW.
        workers: Processes that film; 0 works in this one.
    """

    model: dict[str, Any] = field(default_factory=dict)
    films: int = 1200
    tested: int = 60
    steps: int = 3000
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    workers: int = 2


@dataclass(frozen=True)
class AdaptStage:
    """The motion encoder's last lesson: films are told as recordings are.

    Args:
        films: Training people filmed and estimated; drawing and looking take 40 ms a frame.
        recordings: Recorded sequences beside them, three in five with drawn errors as well.
        tested: Held-out people filmed to report on.
        steps: Optimiser steps.
        batch_size: Sequences a step.
        seconds: Longest piece of a sequence.
        learning_rate, weight_decay: AdamW.
        workers: Processes that film; 0 works in this one.
    """

    films: int = 1200
    recordings: int = 1500
    tested: int = 60
    steps: int = 1200
    batch_size: int = 24
    seconds: float = 8.0
    learning_rate: float = 3e-4
    weight_decay: float = 0.01
    workers: int = 2


@dataclass(frozen=True)
class SeeStage:
    """A finished model of motion gets its video stream, which is tuned.

    Args:
        start: Weights folder of that model; None takes the one that the stages before have made.
        pool: Sequences for it; all of them are filmed that can be.
        rank: Of the language model's adapters for questions about a video.
        steps: Optimiser steps; all else is as in instruction tuning.
        pixels_first: Share of the steps that ask nothing but what only pixels tell, in one word.
        learning_rate: AdamW's. Nothing decays: words that are not trained stay as they are.
        feature_noise, clip_noise: As of instruction tuning.
    """

    start: str | None = None
    pool: PoolStage = field(default_factory=PoolStage)
    rank: int = 32
    steps: int = 900
    pixels_first: float = 0.4
    learning_rate: float = 2.0e-3
    feature_noise: float = 0.2
    clip_noise: float = 0.15
    weight_decay: ClassVar[float] = 0.0


@dataclass(frozen=True)
class FinetuneStage:
    """Fine-tuning on questions of one's own, from finished weights; the encoder stays frozen.

    Args:
        start: Weights folder to start from; ``llamo-tiny`` is the one that ships.
        copies: Varied copies of each training clip: other body sizes, headings and noise.
        mirror: Every other copy is as in a mirror, *left* and *right* of its words swapped. False
            where a side hides in other words (a southpaw), which no mirror would swap.
        rehearsal: Sequences of figures that move by rule, with questions of the first training.
        rehearsal_share: Share of the steps that ask these, so that less is forgotten.
        steps, clips_per_step, questions_per_clip, learning_rate, weight_decay, feature_noise,
            clip_noise, question_noise, text_dropout: As of ``InstructStage``.
    """

    start: str = "llamo-tiny"
    copies: int = 7
    mirror: bool = True
    rehearsal: int = 200
    rehearsal_share: float = 0.3
    steps: int = 300
    clips_per_step: int = 8
    questions_per_clip: int = 3
    learning_rate: float = 4e-4
    weight_decay: float = 0.05
    feature_noise: float = 0.3
    clip_noise: float = 0.2
    question_noise: float = 0.3
    text_dropout: float = 0.1


@dataclass(frozen=True)
class Recipe:
    """What to train, on what.

    Args:
        name: Name of the model.
        packs: Packs of labelled motion; leave one out to train without it.
        hold_out: Keep the people of ``llamo.data.clips.HELD_OUT`` for validation.
        figures: Also train on figures that move by rule.
        seed: Of everything that is drawn.
        finetune: Fine-tune on data of one's own instead of all other stages.
        video: Its video encoder; None: a model of motion alone.
        read: How its language model learns to read first; None leaves that to alignment.
        lift: How a lifter is trained, for estimators that see in 2-D; nothing else uses it.
        adapt: How its motion encoder learns of films; None leaves the stage out.
        see: How it learns to look at videos last, having learnt of motion alone before; None has
            the video, where there is one, looked at from the first step.
    """

    name: str
    packs: tuple[str, ...]
    hold_out: bool = True
    figures: bool = True
    seed: int = 0
    video: VideoStage | None = None
    lift: LiftStage | None = None
    encoder: EncoderStage = field(default_factory=EncoderStage)
    pool: PoolStage = field(default_factory=PoolStage)
    read: ReadStage | None = None
    align: AlignStage = field(default_factory=AlignStage)
    instruct: InstructStage = field(default_factory=InstructStage)
    adapt: AdaptStage | None = None
    see: SeeStage | None = None
    finetune: FinetuneStage | None = None


def read_recipe(path: str | Path) -> Recipe:
    """Read and check a recipe.

    Args:
        path: A YAML file, or the name of a recipe that ships, such as ``own-data``.

    Raises:
        InvalidData: Not a YAML mapping, or a key that no stage knows.
    """
    path = find_recipe(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidData(f"recipe {path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise InvalidData(f"recipe {path} must be a YAML mapping of settings.")
    return build_settings(Recipe, content, str(path))


def find_recipe(path: str | Path) -> Path:
    """The file of a recipe: of this path, or of this name among those that ship."""
    inside = Path(str(files("llamo.train"))) / "recipes" / f"{path}.yaml"
    plain = re.fullmatch(r"[\w.-]+", str(path)) is not None and not Path(path).exists()
    return inside if plain and inside.is_file() else Path(path)
