"""The sizes and switches of a LLaMo, each stated once."""

from __future__ import annotations

from typing import Any, ClassVar

from transformers import AutoConfig, PretrainedConfig

from llamo.errors import ModelError


class LlamoConfig(PretrainedConfig):
    """What builds a :class:`llamo.model.LlamoForConditionalGeneration`.

    Args:
        text_config: Config of the causal LM, or the dict of one (with its ``model_type``).
        motion_config: Keyword arguments of the motion encoder; None for a model that is fed
            features.
        motion_width: Channels of the motion features; default: the encoder's.
        video_config: Keyword arguments of the video encoder; None for a model that has none.
        video_width: Channels of the video features; default: the encoder's; None without one
            builds no video stream.
        width: H, the width of enhancer and Cross Talker.
        heads: Attention heads of both.
        enhancer_layers: Self-attention blocks on each stream.
        enhancer_window_s: How far a frame looks to each side, in seconds.
        use_enhancer: Otherwise features are only projected to H.
        reader_layers: Rounds in which the question is read against the clip.
        num_viewpoints: K.
        viewpoint_margin: How far below the best one's log score a viewpoint's may be; None: any.
        selection: How viewpoints are chosen: "text", "uniform", or "all" frames.
        word_pooling: How the words' attention becomes a frame's score: "vote", or "max" (eq. 2).
        selection_noise: Scale of the Gumbel noise on the scores in training.
        selection_weight: Weight of the selection's supervision in the loss.
        segment_size: S_n, frames averaged into one segment.
        use_receptive_field: Predict each viewpoint's window; otherwise a fixed one.
        use_fusion: Bidirectional fusion; otherwise motion is only projected.
        use_motion_tokens: Otherwise the LM reads text alone.
        concept_names: Token ids of what the motion encoder's pretraining told apart, a list of
            names for each of its questions (``llamo.processing.concept_names``); None leaves them
            unsaid.
        seen_names: Likewise, of the video encoder's.
        video_rank: Rank of the LM's adapters through which questions about a clip with a video pass
            (``llamo.row_lora``); None: the LM has none.
        dropout: Of enhancer and Cross Talker, in training.
        loss_reduction: "token_mean", or "sample_sum": over an answer's tokens, mean over samples
            (eq. 11).
        motion_token_id: Id of the placeholder ``<motion>``.
        language_model: Name or path of a pretrained LM that the checkpoint refers to instead of
            holding it (adapters on a large model); None: the checkpoint holds the LM.
        lora: Keyword arguments of ``peft.LoraConfig``; None trains the LM itself.
        quantization: "4bit" or "8bit" (bitsandbytes) with ``language_model``; else None.
    """

    model_type = "llamo"
    sub_configs: ClassVar = {"text_config": AutoConfig}

    def __init__(
        self,
        text_config: PretrainedConfig | dict[str, Any] | None = None,
        motion_config: dict[str, Any] | None = None,
        motion_width: int | None = None,
        video_config: dict[str, Any] | None = None,
        video_width: int | None = None,
        width: int = 192,
        heads: int = 4,
        enhancer_layers: int = 1,
        enhancer_window_s: float = 8.0,
        use_enhancer: bool = True,
        reader_layers: int = 2,
        num_viewpoints: int = 16,
        viewpoint_margin: float | None = 2.0,
        selection: str = "text",
        word_pooling: str = "vote",
        selection_noise: float = 0.5,
        selection_weight: float = 1.0,
        segment_size: int = 10,
        use_receptive_field: bool = True,
        use_fusion: bool = True,
        use_motion_tokens: bool = True,
        concept_names: list[list[list[int]]] | None = None,
        seen_names: list[list[list[int]]] | None = None,
        video_rank: int | None = None,
        dropout: float = 0.0,
        loss_reduction: str = "token_mean",
        motion_token_id: int = 0,
        language_model: str | None = None,
        lora: dict[str, Any] | None = None,
        quantization: str | None = None,
        **kwargs: Any,
    ) -> None:
        if text_config is None:
            text_config = {"model_type": "llama"}
        if isinstance(text_config, dict):
            text_config = AutoConfig.for_model(**text_config)
        self.text_config = text_config
        self.motion_config = motion_config
        encoder = {"width": 192, "concepts": 0, **(motion_config or {})}
        self.motion_width = motion_width or encoder["width"] + encoder["concepts"]
        self.video_config = video_config
        self.video_width = video_width
        if video_config is not None:
            views, concepts = video_config["views"], video_config["concepts"]
            self.video_width = concepts + len(views) * (
                video_config["width"] or video_config["pooled"]
            )
        self.width = width
        self.heads = heads
        self.enhancer_layers = enhancer_layers
        self.enhancer_window_s = enhancer_window_s
        self.use_enhancer = use_enhancer
        self.reader_layers = reader_layers
        self.num_viewpoints = num_viewpoints
        self.viewpoint_margin = viewpoint_margin
        self.selection = _one_of("selection", selection, ("text", "uniform", "all"))
        self.word_pooling = _one_of("word_pooling", word_pooling, ("vote", "max"))
        self.selection_noise = selection_noise
        self.selection_weight = selection_weight
        self.segment_size = segment_size
        self.use_receptive_field = use_receptive_field
        self.use_fusion = use_fusion
        self.use_motion_tokens = use_motion_tokens
        self.concept_names = concept_names
        self.seen_names = seen_names
        self.video_rank = video_rank
        self.dropout = dropout
        self.loss_reduction = _one_of(
            "loss_reduction", loss_reduction, ("token_mean", "sample_sum")
        )
        self.motion_token_id = motion_token_id
        self.language_model = language_model
        self.lora = lora
        self.quantization = _one_of("quantization", quantization, (None, "4bit", "8bit"))
        if width % (2 * heads):
            raise ModelError(f"width must be an even multiple of heads, got {width} and {heads}.")
        # The base class hands its attention kernel down, and would undo what a built LM has chosen.
        kwargs.setdefault("attn_implementation", text_config._attn_implementation)
        super().__init__(**kwargs)

    @property
    def language_width(self) -> int:
        """D, the width of the LM."""
        return self.text_config.hidden_size


def _one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise ModelError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}.")
    return value


AutoConfig.register("llamo", LlamoConfig, exist_ok=True)
