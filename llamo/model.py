"""LLaMo: frozen encoders -> feature enhancer -> Cross Talker -> language model (section 3).

B batch, T motion frames, S video frames, N prompt tokens, L question tokens, K viewpoint frames,
H width, D LLM width.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoModelForCausalLM, GenerationMixin, PreTrainedModel

from llamo.config import LlamoConfig
from llamo.cross_talker import EncodedClip
from llamo.cross_talker.select import selection_loss
from llamo.cross_talker.words import asking_loss, embed_names, spell_names
from llamo.encoders.motion import MotionEncoder
from llamo.encoders.video import VideoEncoder
from llamo.errors import ModelError
from llamo.language import (
    add_lora,
    language_logits,
    load_beside_named_language_model,
    loaded,
    own_weights,
)
from llamo.outputs import PROMPT_INPUTS, LlamoOutput, Prompt, score_answers, with_motion
from llamo.parts import (
    build_cross_talker,
    build_enhancer,
    build_motion_encoder,
    build_video_encoder,
    frozen,
    homeless_weights,
)
from llamo.row_lora import adapting, add_row_lora
from llamo.streams import encode_motion, motion_stream, recognised


class LlamoForConditionalGeneration(PreTrainedModel, GenerationMixin):
    """Answers a question about a motion.

    Args:
        config: Every size and switch.
        motion_encoder: A built encoder; default: a new one from ``config.motion_config``.
        video_encoder: Likewise, from ``config.video_config``.
        language_model: A built LM; default: a new one from ``config.text_config``.
    """

    config_class = LlamoConfig
    base_model_prefix = "language_model"
    supports_gradient_checkpointing = True
    accepts_loss_kwargs = False
    passes = 1  # of a training batch, see `language_logits`
    _supports_sdpa = _supports_flash_attn = _supports_flash_attn_2 = True

    def __init__(
        self,
        config: LlamoConfig,
        motion_encoder: MotionEncoder | None = None,
        language_model: PreTrainedModel | None = None,
        video_encoder: VideoEncoder | None = None,
    ) -> None:
        super().__init__(config)
        self.motion_encoder = frozen(motion_encoder or build_motion_encoder(config))
        self.video_encoder = frozen(video_encoder or build_video_encoder(config))
        self._keys_to_ignore_on_load_unexpected = homeless_weights(self.video_encoder)
        if config.use_motion_tokens:
            self.enhancer = build_enhancer(config)
            self.cross_talker = build_cross_talker(config, language_model)
        if language_model is None:
            language_model = AutoModelForCausalLM.from_config(config.text_config)
        else:
            for module in language_model.modules():
                module._is_hf_initialized = True  # type: ignore[assignment]  # not to be drawn again
        if config.lora is not None:
            add_lora(language_model, config.lora)
        if config.video_rank is not None:
            add_row_lora(language_model, config.video_rank)
        self.language_model = language_model
        self.post_init()

    def encode_clip(
        self,
        motion_inputs: torch.Tensor | None = None,
        motion_inputs_mask: torch.Tensor | None = None,
        motion_features: torch.Tensor | None = None,
        motion_mask: torch.Tensor | None = None,
        motion_time_s: torch.Tensor | None = None,
        video_features: torch.Tensor | None = None,
        video_mask: torch.Tensor | None = None,
        video_time_s: torch.Tensor | None = None,
    ) -> EncodedClip:
        """Everything that does not depend on the question: do it once a clip.

        Args:
            motion_inputs: The motion encoder's input, (B, F, C); or
            motion_features: Its output F_M, (B, T, motion_width).
            motion_inputs_mask, motion_mask: True on real frames, (B, F) and (B, T).
            motion_time_s: Seconds of each feature, (B, T); default: the encoder's clock.
            video_features, video_mask, video_time_s: F_V (B, S, video_width), (B, S), (B, S).
        """
        if motion_inputs is not None and motion_features is None:
            motion_features, motion_mask = encode_motion(
                self.motion_encoder, motion_inputs, motion_inputs_mask
            )
        motion_features, motion_mask, motion_time_s = motion_stream(
            self.motion_encoder, motion_features, motion_mask, motion_time_s,
            without=(video_features, self.config.motion_width),
        )  # fmt: skip
        features, mask, time_s = self.enhancer(
            motion_features.to(self.cross_talker_dtype), motion_mask, motion_time_s,
            None if video_features is None else video_features.to(self.cross_talker_dtype),
            video_mask, video_time_s,
        )  # fmt: skip
        odds = None
        has_words = self.config.concept_names is not None or self.config.seen_names is not None
        if has_words and self.motion_encoder is not None:
            odds = recognised(
                self.motion_encoder, self.video_encoder, motion_features, motion_mask, time_s,
                (video_features, video_mask, video_time_s),
            ).to(features)  # fmt: skip
        seen = None if video_mask is None else mask & video_mask.any(1, keepdim=True)
        names = self._names(self.config.concept_names, embed_names)
        return self.cross_talker.remember(features, mask, time_s, odds, names, seen)

    def prompt(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        question_positions: torch.Tensor | None = None,
        question_mask: torch.Tensor | None = None,
        enhanced_features: EncodedClip | None = None,
        clip_index: torch.Tensor | None = None,
        forced_viewpoints: torch.Tensor | None = None,
        **clip: torch.Tensor | None,
    ) -> Prompt:
        """F_fusion in place of the question's and the ``<motion>`` tokens.

        Args:
            input_ids: (B, N).
            attention_mask: 1 on real tokens, (B, N).
            question_positions: Where the last question's tokens stand in ``input_ids``, (B, L).
            question_mask: True on real question tokens, (B, L).
            enhanced_features: What :meth:`encode_clip` gave; otherwise its arguments in ``clip``.
            clip_index: The clip of each question, (B,); None: as many clips as questions.
            forced_viewpoints: Frames to take whatever their scores, (B, K), -1 on surplus; a row
                of nothing but -1 selects for itself.
        """
        embeddings, is_motion = self._embed(input_ids)  # (B, N, D), (B, N)
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask.long()
        if not self.config.use_motion_tokens:
            return Prompt(embeddings, mask * ~is_motion, None, None)
        if question_positions is None or question_mask is None:
            raise ModelError("question_positions and question_mask say which tokens guide.")
        question_mask = question_mask.bool()
        encoded = enhanced_features or self.encode_clip(**clip)
        if clip_index is not None:
            encoded = encoded.take(clip_index)
        rows = question_positions[..., None].expand(-1, -1, embeddings.shape[-1])
        question = embeddings.gather(1, rows).to(self.cross_talker_dtype)  # F_T (B, L, D)
        sees = self.config.video_width is not None and bool(encoded.seen.any())
        talk = self.cross_talker(
            question, question_mask, encoded, forced_viewpoints,
            self._names(self.config.concept_names, embed_names),
            self._names(self.config.seen_names, spell_names) if sees else None,
        )  # fmt: skip
        if talk.text is not None:
            embeddings = embeddings.scatter_add(1, rows, talk.text.to(embeddings.dtype))
        embeddings, mask = with_motion(embeddings, mask, is_motion, talk)
        if not sees:
            return Prompt(embeddings, mask, talk, encoded)
        seeing = encoded.seen.any(1)
        if talk.seen is not None:
            seeing = seeing & talk.seen.wanted
        if not seeing.any():
            return Prompt(embeddings, mask, talk, encoded)
        prompt = Prompt(embeddings, mask, talk, encoded, seeing)
        return prompt if talk.seen is None else prompt.shown(talk.seen.tokens, before=is_motion)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        viewpoint_targets: torch.Tensor | None = None,
        anchor_targets: torch.Tensor | None = None,
        seen_targets: torch.Tensor | None = None,
        answers_only: bool = False,
        **inputs: Any,
    ) -> LlamoOutput:
        """The whole flow, with the loss.

        Args:
            input_ids: Prompt and answer, (B, N).
            attention_mask: 1 on real tokens, (B, N).
            labels: The answer's tokens, -100 elsewhere, (B, N).
            viewpoint_targets: True on frames that hold the answer, (B, T); a row without any is
                not supervised.
            anchor_targets: True on frames that the question names, (B, T).
            seen_targets: Shares of the video encoder's questions that show the answer, and last 1
                where none does, (B, Q + 1); a row of zeros is not supervised.
            answers_only: Only tell how well each answer is known; the vocabulary is projected
                where the answers stand alone.
            **inputs: As of :meth:`prompt` and :meth:`encode_clip`.
        """
        prompt = self.prompt(input_ids, attention_mask, **inputs)
        output = LlamoOutput()
        more = prompt.embeddings.shape[1] - input_ids.shape[1]  # of what is seen
        if labels is not None:  # before an answer, wherever in the prompt
            labels = functional.pad(labels, (more, 0), value=-100)
        if answers_only and labels is not None:
            logits = language_logits(self.language_model, prompt, labels[:, 1:] != -100)
            output.answer_losses, output.answers_right = score_answers(logits, labels)
            return output
        if labels is None or not self.training:
            output.logits = language_logits(self.language_model, prompt)  # (B, N, V), eq. 10
        if labels is not None:
            output.answer_loss = self._answer_loss(prompt, labels, output.logits)
            output.loss = output.answer_loss
        if output.logits is not None:
            output.logits = output.logits[:, more:]
        if prompt.talk is not None and prompt.clip is not None:
            chosen = prompt.talk.selection
            output.viewpoints, output.viewpoint_mask = chosen.frames, chosen.valid
            output.viewpoint_time_s = prompt.clip.time_s.gather(1, chosen.frames)
            output.scores, output.log_scores = chosen.scores, chosen.log_scores
            output.reach = prompt.talk.reach
            if viewpoint_targets is not None and output.loss is not None:
                output.selection_loss = selection_loss(chosen, viewpoint_targets, anchor_targets)
                output.loss = output.loss + self.config.selection_weight * output.selection_loss
            seen = prompt.talk.seen
            if seen is not None and seen_targets is not None and output.loss is not None:
                targets = seen_targets * prompt.clip.seen.any(1, keepdim=True)
                output.loss = output.loss + asking_loss(seen.log_shares, targets)
        return output

    def looking_loss(
        self,
        input_ids: torch.Tensor,
        viewpoint_targets: torch.Tensor,
        question_positions: torch.Tensor,
        question_mask: torch.Tensor,
        anchor_targets: torch.Tensor | None = None,
        clip_index: torch.Tensor | None = None,
        **clip: torch.Tensor | None,
    ) -> torch.Tensor:
        """The selection's loss alone: where to look, without the LM saying what is there.

        Arguments are those of :meth:`prompt`, :meth:`forward` and :meth:`encode_clip`.
        """
        encoded = self.encode_clip(**clip)
        if clip_index is not None:
            encoded = encoded.take(clip_index)
        embeddings, _ = self._embed(input_ids)
        rows = question_positions[..., None].expand(-1, -1, embeddings.shape[-1])
        question = embeddings.gather(1, rows).to(self.cross_talker_dtype)
        _, chosen = self.cross_talker.look(question, question_mask.bool(), encoded)
        return selection_loss(chosen, viewpoint_targets, anchor_targets)

    def language_loss(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        """The answers' loss of the LM alone, on prompts without ``<motion>`` tokens."""
        embeddings, _ = self._embed(input_ids)
        return self._answer_loss(Prompt(embeddings, attention_mask, None, None), labels)

    def _names(
        self, questions: list[list[list[int]]] | None, made: Callable[..., torch.Tensor]
    ) -> torch.Tensor | None:
        """What an encoder recognises, ``made`` of the LM's embeddings; None: it has no words."""
        if questions is None:
            return None
        return made(questions, self.get_input_embeddings()).to(self.cross_talker_dtype)

    def _embed(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, N) ids -> embeddings (B, N, D), and where ``<motion>`` stands (B, N)."""
        is_motion = input_ids == self.config.motion_token_id
        # The placeholder's own embedding is never read, so the LM need not have one.
        return self.get_input_embeddings()(input_ids.masked_fill(is_motion, 0)), is_motion

    def _answer_loss(
        self, prompt: Prompt, labels: torch.Tensor, logits: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Eq. 11, or its mean over tokens; ``logits`` (B, N, V) where they are known already."""
        targets = labels[:, 1:]
        is_answer = targets != -100  # (B, N - 1)
        if logits is None:
            answers = language_logits(self.language_model, prompt, is_answer, self.passes)
        else:
            answers = logits[:, :-1][is_answer]
        losses = functional.cross_entropy(answers.float(), targets[is_answer], reduction="sum")
        per_sample = self.config.loss_reduction == "sample_sum"
        return losses / (len(labels) if per_sample else is_answer.sum().clamp(min=1))

    @torch.no_grad()
    def generate(  # type: ignore[override]
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None, **kwargs: Any
    ) -> torch.Tensor:
        """Generate as transformers does (beams, sampling, streamer, ...); gives new tokens only.

        Args:
            input_ids: Prompts, padded on the left, (B, N).
            attention_mask: 1 on real tokens, (B, N).
            **kwargs: As of :meth:`prompt` and :meth:`encode_clip`; the rest goes to the LM.
        """
        ours = {name: kwargs.pop(name) for name in PROMPT_INPUTS if name in kwargs}
        prompt = self.prompt(input_ids, attention_mask, **ours)
        with adapting(prompt.seeing):
            return self.language_model.generate(  # type: ignore[operator]
                inputs_embeds=prompt.embeddings, attention_mask=prompt.mask, **kwargs
            )

    @property
    def cross_talker_dtype(self) -> torch.dtype:
        """The LM may be bf16 or quantised; what is trained beside it need not."""
        return self.cross_talker.fuse.join.weight.dtype

    def train(self, mode: bool = True) -> LlamoForConditionalGeneration:
        """Training mode for everything but the frozen encoders."""
        super().train(mode)
        for encoder in (self.motion_encoder, self.video_encoder):
            if encoder is not None:
                encoder.eval()
        return self

    def get_input_embeddings(self) -> nn.Module:
        """The LM's token embeddings."""
        return self.language_model.get_input_embeddings()

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Replace the LM's token embeddings."""
        self.language_model.set_input_embeddings(value)

    def get_output_embeddings(self) -> nn.Module:
        """The LM's vocabulary projection."""
        return self.language_model.get_output_embeddings()

    def _init_weights(self, module: nn.Module) -> None:
        """Every part initialises itself where it is built."""

    @classmethod
    def from_parts(
        cls,
        motion_encoder: MotionEncoder | None = None,
        language_model: str | PreTrainedModel | None = None,
        *,
        video_encoder: VideoEncoder | None = None,
        attn_implementation: str | None = None,
        dtype: torch.dtype | str = "auto",
        **config: Any,
    ) -> LlamoForConditionalGeneration:
        """Join pretrained encoders and a pretrained LM.

        Args:
            motion_encoder: The frozen encoder; None for a model that is fed features.
            language_model: A causal LM, or its name or path.
            video_encoder: The frozen encoder of videos; None for a model of motion alone.
            attn_implementation, dtype: Of an LM that is loaded.
            **config: Arguments of :class:`LlamoConfig`. With ``lora``, an LM given by name stays
                outside the checkpoint, which then holds its name and the adapters.
        """
        name = language_model if isinstance(language_model, str) else None
        language_model = loaded(language_model, config, attn_implementation, dtype)
        settings = LlamoConfig(
            text_config=None if language_model is None else language_model.config,
            motion_config=None if motion_encoder is None else motion_encoder.config,
            video_config=None if video_encoder is None else video_encoder.config,
            language_model=name if config.get("lora") else None,
            **config,
        )
        return cls(settings, motion_encoder, language_model, video_encoder)

    def save_pretrained(  # type: ignore[override]
        self, save_directory: str | Path, **kwargs: Any
    ) -> None:
        """Write config and weights; of an LM that the config names, the adapters alone."""
        if self.config.language_model is not None:
            kwargs["state_dict"] = own_weights(kwargs.get("state_dict") or self.state_dict())
        super().save_pretrained(save_directory, **kwargs)

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls, pretrained_model_name_or_path: str | Path, *args: Any, **kwargs: Any
    ) -> LlamoForConditionalGeneration:
        """Read what :meth:`save_pretrained` wrote."""
        config = kwargs.get("config") or LlamoConfig.from_pretrained(pretrained_model_name_or_path)
        if config.language_model is None:
            result = super().from_pretrained(pretrained_model_name_or_path, *args, **kwargs)
            model = result[0] if isinstance(result, tuple) else result
            frozen(model.motion_encoder)  # loading makes new parameters, which would be trained
            frozen(model.video_encoder)
            return result
        return load_beside_named_language_model(cls, Path(pretrained_model_name_or_path), config)
