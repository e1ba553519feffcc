"""What the encoders alone say of what an answer names: an act, or something seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from llamo.acts import act_names

if TYPE_CHECKING:
    from llamo.model import LlamoForConditionalGeneration
    from llamo.outputs import Prompt


@torch.no_grad()
def heard(
    model: LlamoForConditionalGeneration, prompt: Prompt, texts: Sequence[str]
) -> list[float | None]:
    """How probably each answer's act happens in the moments that its question selected.

    The encoder's classifier, over all acts, weighted by how much each moment was looked at.

    Args:
        model: Whose encoder.
        prompt: Of the answers.
        texts: (B,) the answers.

    Returns:
        (B,) probabilities; None where the answer is no act that the encoder tells, or the model
        looked at no motion.
    """
    names = {name.lower(): place for place, name in enumerate(act_names(model))}
    acts = [names.get(text.strip().lower()) for text in texts]
    if prompt.talk is None or prompt.clip is None or not any(act is not None for act in acts):
        return [None] * len(acts)
    chosen = prompt.talk.selection
    odds = prompt.clip.log_odds[..., : len(names)].float()  # (B, T, acts)
    rows = chosen.frames.clamp(min=0)[..., None].expand(-1, -1, odds.shape[-1])
    likely = odds.gather(1, rows).softmax(-1)  # (B, K, acts)
    weight = chosen.scores.gather(1, chosen.frames.clamp(min=0)).float() * chosen.valid
    weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-9)
    mean = (likely * weight[..., None]).sum(1).cpu()  # (B, acts)
    return [None if act is None else float(mean[row, act]) for row, act in enumerate(acts)]


@torch.no_grad()
def shown(
    model: LlamoForConditionalGeneration, prompt: Prompt, texts: Sequence[str]
) -> list[float | None]:
    """How probably each answer is what the video shows of what its question asks for.

    The video encoder's classifiers, where the question looked; each by how much it is asked.

    Args:
        model: Whose encoder.
        prompt: Of the answers.
        texts: (B,) the answers.

    Returns:
        (B,) probabilities; None where the answer names nothing that the encoder tells, or there
        was no video.
    """
    seen = None if prompt.talk is None else prompt.talk.seen
    if seen is None or prompt.seeing is None or model.video_encoder is None:
        return [None] * len(texts)
    questions = [words for words in model.video_encoder.settings.concept_words if words]
    shares, sees = seen.log_shares.exp().cpu(), prompt.seeing.tolist()
    likely = seen.likely.split([len(words) for words in questions], dim=-1)
    told: list[float | None] = []
    for row, text in enumerate(texts):
        said = text.strip().lower()
        found = [
            float(shares[row, place] * likely[place][row, words.index(said)])
            for place, words in enumerate([word.lower() for word in some] for some in questions)
            if said in words
        ]
        told.append(sum(found) if found and sees[row] else None)
    return told
