"""Clip and question -> what the model takes: token ids, masks, positions, padded features."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from tokenizers import AddedToken
from torch.nn.utils.rnn import pad_sequence
from transformers import BatchFeature, PreTrainedTokenizerBase, ProcessorMixin

from llamo.errors import InvalidQuestion
from llamo.person_words import say_person

if TYPE_CHECKING:
    from llamo.motion import Motion

MOTION_TOKEN = "<motion>"
"""Stands where a viewpoint frame enters the LM."""

PLAIN_TEMPLATE = "Question: {question} Motion: {motion} {measured} Answer: "
"""The prompt of an LM whose tokenizer has no chat template."""

Turn = tuple[str, str]
"""An earlier question and its answer."""


class LlamoProcessor(ProcessorMixin):
    """Writes prompts: earlier turns, the question, K ``<motion>`` tokens, measurements.

    Args:
        tokenizer: Of the LM; ``<motion>`` is added where it is missing.
        num_viewpoints: K.
        use_kinematic_text: Whether measurements are written into the prompt.
        use_history: Whether earlier turns are; False for a model that was trained on single
            questions, which earlier turns would only confuse.
        template: Prompt with ``{question}``, ``{motion}`` and ``{measured}``; None takes the
            tokenizer's chat template, or :data:`PLAIN_TEMPLATE` without one.
        max_question_tokens: Longer questions are refused.
        plain_people: Words for the person that no question of training has become "person"
            (``say_person``): for a language model from scratch, which knows no others.
    """

    attributes: ClassVar = ["tokenizer"]
    tokenizer_class = "AutoTokenizer"

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        num_viewpoints: int = 16,
        use_kinematic_text: bool = True,
        use_history: bool = True,
        template: str | None = None,
        max_question_tokens: int = 512,
        plain_people: bool = False,
        chat_template: str | None = None,
        **kwargs: Any,
    ) -> None:
        if MOTION_TOKEN not in tokenizer.get_vocab():
            tokenizer.add_tokens([AddedToken(MOTION_TOKEN, special=True)])
        self.num_viewpoints = num_viewpoints
        self.use_kinematic_text = use_kinematic_text
        self.use_history = use_history
        self.template = template
        self.max_question_tokens = max_question_tokens
        self.plain_people = plain_people
        chat_template = chat_template or tokenizer.chat_template
        super().__init__(tokenizer, chat_template=chat_template, **kwargs)
        self._template_ids = lru_cache(maxsize=4096)(self._encode_template)

    @property
    def motion_token_id(self) -> int:
        """For :class:`llamo.config.LlamoConfig`."""
        return self.tokenizer.convert_tokens_to_ids(MOTION_TOKEN)

    @property
    def model_input_names(self) -> list[str]:
        """What :meth:`__call__` may return."""
        return [
            "input_ids", "attention_mask", "labels", "question_positions", "question_mask",
            "motion_inputs", "motion_inputs_mask", "motion_features", "motion_mask",
            "motion_time_s", "video_features", "video_mask", "video_time_s",
        ]  # fmt: skip

    def knows_script(self, letters: str) -> bool:
        """Whether some token stands for letters of a text, not for bytes or "unknown"."""
        ids = self.tokenizer(letters, add_special_tokens=False)["input_ids"]
        tokens = [self.tokenizer.decode([one]).strip() for one in ids]
        return any(token and token in letters for token in tokens)

    def __call__(
        self,
        questions: str | Sequence[str],
        *,
        motions: Sequence[Motion] | None = None,
        motion_features: Sequence[Any] | None = None,
        motion_time_s: Sequence[Any] | None = None,
        video_features: Sequence[Any] | None = None,
        video_time_s: Sequence[Any] | None = None,
        answers: Sequence[str] | None = None,
        kinematic_text: Sequence[str | None] | None = None,
        history: Sequence[Sequence[Turn]] | None = None,
        num_viewpoints: int | None = None,
        padding_side: str | None = None,
    ) -> BatchFeature:
        """Prepare a batch.

        Args:
            questions: One, or B.
            motions: Motions, encoded inside the model; or
            motion_features: The encoder's output, B arrays (T, H), or None for a missing motion.
            motion_time_s: Seconds of each feature, B arrays (T,); default: the encoder's clock.
            video_features: B arrays (S, Hv), or None for a missing video.
            video_time_s: Seconds of each, B arrays (S,); needed with ``video_features``.
            answers: For training: adds ``labels``, -100 but on the answer and its end.
            kinematic_text: What was measured, as the LM reads it.
            history: Earlier turns of each conversation, oldest first. They stand in the prompt as
                text; the last question alone guides the selection.
            num_viewpoints: ``<motion>`` tokens; default K (all frames' number to feed them all).
            padding_side: "left" or "right"; default: right with answers, left to generate.

        Returns:
            Tensors: ``input_ids`` and ``attention_mask`` (B, N), ``labels`` (B, N),
            ``question_positions`` and ``question_mask`` (B, L), and the padded clip inputs.

        Raises:
            InvalidQuestion: Empty, or longer than ``max_question_tokens``.
        """
        questions = [questions] if isinstance(questions, str) else list(questions)
        side = padding_side or ("left" if answers is None else "right")
        count = self.num_viewpoints if num_viewpoints is None else num_viewpoints
        batch = self._prompts(questions, answers, kinematic_text, history, count, side)
        if motions is not None:
            from llamo.encoders.joint_features import joint_features

            inputs = [torch.from_numpy(joint_features(motion)) for motion in motions]
            batch["motion_inputs"], batch["motion_inputs_mask"] = _pad(inputs)
        _add_stream(batch, "motion", motion_features, motion_time_s)
        _add_stream(batch, "video", video_features, video_time_s)
        return BatchFeature(batch)

    def _prompts(
        self,
        questions: list[str],
        answers: Sequence[str] | None,
        kinematic_text: Sequence[str | None] | None,
        history: Sequence[Sequence[Turn]] | None,
        count: int,
        side: str,
    ) -> dict[str, torch.Tensor]:
        size = len(questions)
        measured = list(kinematic_text) if kinematic_text is not None else [None] * size
        if not self.use_kinematic_text:
            measured = [None] * size
        asked = [question.strip() for question in questions]
        if self.plain_people:
            asked = [say_person(question) for question in asked]
        question_ids = self._encode_words(asked)
        measured_ids = self._encode_words([text or "" for text in measured])
        end = [self.tokenizer.eos_token_id]
        answer_ids = [ids + end for ids in self._encode_words(list(answers or []))]
        rows, labels, spans = [], [], []
        for i, words in enumerate(question_ids):
            self._check(questions[i], words)
            turns: tuple[Turn, ...] = ()
            if history is not None and self.use_history:
                turns = tuple((asked, answered) for asked, answered in history[i])
            row: list[int] = []
            for piece in self._template_ids(turns):
                if piece == "question":
                    spans.append((len(row), len(row) + len(words)))
                    row += words
                elif piece == "motion":
                    row += [self.motion_token_id] * count
                elif piece == "measured":
                    row += measured_ids[i]
                else:
                    row += piece
            label = [-100] * len(row)
            if answers is not None:
                row, label = row + answer_ids[i], label + answer_ids[i]
            rows.append(torch.tensor(row))
            labels.append(torch.tensor(label))
        pad_id = self.tokenizer.pad_token_id
        padding = self.tokenizer.eos_token_id if pad_id is None else pad_id
        input_ids = pad_sequence(rows, True, float(padding), side)
        length = input_ids.shape[1]
        lengths = torch.tensor([len(row) for row in rows])[:, None]
        place = torch.arange(length)
        real = place < lengths if side == "right" else place >= length - lengths
        batch = {"input_ids": input_ids, "attention_mask": real.long()}
        shift = torch.zeros_like(lengths) if side == "right" else length - lengths
        starts, ends = torch.tensor(spans).T[..., None]  # (B, 1)
        positions = starts + torch.arange(int((ends - starts).max()))
        batch["question_mask"] = positions < ends
        batch["question_positions"] = (positions + shift).clamp(max=length - 1)
        if answers is not None:
            batch["labels"] = pad_sequence(labels, True, -100, side)
        return batch

    def _encode_words(self, texts: list[str]) -> list[list[int]]:
        """User's and measured text: what looks like a special token is only letters."""
        if not texts:
            return []
        return self.tokenizer(texts, add_special_tokens=False, split_special_tokens=True)[
            "input_ids"
        ]

    def _encode_template(self, turns: tuple[Turn, ...]) -> list[Any]:
        """The prompt as token ids and the names of the fields between them."""
        fields = {name: f"\ue000{name}\ue000" for name in ("question", "motion", "measured")}
        said = {f"said {i}": text for i, text in enumerate(sum(turns, ()))}
        marks = [f"\ue000{name}\ue000" for name in said]
        earlier = list(zip(marks[::2], marks[1::2], strict=True))
        if self.template is None and self.tokenizer.chat_template is not None:
            messages = []
            for question, answer in earlier:
                messages.append({"role": "user", "content": question})
                messages.append({"role": "assistant", "content": answer})
            content = "{question}\n{motion}\n{measured}".format(**fields)
            messages.append({"role": "user", "content": content})
            text = self.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
            )
        else:
            template = self.template or PLAIN_TEMPLATE
            before = [
                template.format(question=question, motion="", measured="") + answer + "\n"
                for question, answer in earlier
            ]
            text = (self.tokenizer.bos_token or "") + "".join(before) + template.format(**fields)
        pieces: list[Any] = []
        for piece in filter(None, text.split("\ue000")):
            if piece in said:
                pieces.append(self._encode_words([said[piece]])[0])
            elif piece in fields:
                pieces.append(piece)
            else:
                pieces.append(self.tokenizer(piece, add_special_tokens=False).input_ids)
        return pieces

    def _check(self, question: str, ids: list[int]) -> None:
        if not ids:
            raise InvalidQuestion("the question is empty; ask something about the motion.")
        if len(ids) > self.max_question_tokens:
            raise InvalidQuestion(
                f"the question has {len(ids)} tokens ({len(question)} characters), more than the "
                f"{self.max_question_tokens} that are read; ask in fewer words."
            )


def _pad(rows: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad at the end: (B, T, ...), and True on real rows, (B, T)."""
    padded = pad_sequence(list(rows), batch_first=True)
    lengths = torch.tensor([len(row) for row in rows])[:, None]
    return padded, torch.arange(padded.shape[1]) < lengths


def _add_stream(
    batch: dict[str, torch.Tensor],
    name: str,
    features: Sequence[Any] | None,
    time_s: Sequence[Any] | None,
) -> None:
    if features is None:
        return
    given = [None if one is None else torch.as_tensor(np.asarray(one)) for one in features]
    width = next((one.shape[1] for one in given if one is not None), 0)
    rows = [torch.zeros(0, width) if one is None else one.float() for one in given]
    batch[f"{name}_features"], batch[f"{name}_mask"] = _pad(rows)
    if time_s is not None:
        clocks = [torch.as_tensor(np.asarray([] if t is None else t)).float() for t in time_s]
        batch[f"{name}_time_s"], _ = _pad(clocks)


def concept_names(
    words: Sequence[Sequence[str]], tokenizer: PreTrainedTokenizerBase
) -> list[list[list[int]]] | None:
    """``LlamoConfig.concept_names``: the encoder's ``concept_words`` in an LM's tokens.

    Returns:
        Token ids of each name of each question that has words; None where none has.
    """
    return [
        [tokenizer(word, add_special_tokens=False)["input_ids"] for word in answers]
        for answers in words
        if answers
    ] or None
