"""What the encoder recognises, in the LM's words: from its log-odds to frames and tokens."""

from __future__ import annotations

from pathlib import Path

import torch
from small_models import byte_tokenizer, rows, small_batch, small_model
from torch import nn

from llamo.cross_talker import CrossTalker, EncodedClip
from llamo.cross_talker.words import ConceptWords, embed_names
from llamo.encoders.motion import MotionEncoder
from llamo.model import LlamoForConditionalGeneration
from llamo.processing import concept_names

ENCODER = {
    "width": 8, "conv_layers": 1, "attention_layers": 1, "heads": 2, "concepts": 4,
    "concept_sizes": [1, 3], "concept_words": [[], ["left", "right", "both"]],
}  # fmt: skip


def speaking_model() -> LlamoForConditionalGeneration:
    """Fed with features whose last three channels are log-odds of left, right and both."""
    names = concept_names(ENCODER["concept_words"], byte_tokenizer())
    return small_model(motion_config=ENCODER, motion_width=12, concept_names=names)


def test_words_are_weighted_by_the_probability_of_each_questions_answers() -> None:
    words = ConceptWords([2, 2], 3)
    names = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 5]])
    odds = torch.tensor([1.0, 1.0, -2.0, -2.0])
    torch.testing.assert_close(words(odds, names), torch.tensor([0.5, 0.5, 3.0]))
    sure = torch.tensor([[30.0, 0, 0, 30]])
    torch.testing.assert_close(words(sure, names), torch.tensor([[1.0, 0, 5]]))


def test_nothing_is_said_of_what_nobody_could_look_into() -> None:
    words = ConceptWords([2, 2], 3)
    names = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 5]])
    odds = torch.tensor([[0.0, 0.0, 30.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(words(odds, names), torch.tensor([[0.0, 0, 1], [0, 0, 0]]))


def test_the_same_word_sounds_different_as_the_answer_to_another_question() -> None:
    words = ConceptWords([1, 1], 2)
    with torch.no_grad():
        words.accent[1] = torch.tensor([0.0, -2.0])
    name = torch.tensor([[1.0, 1.0], [1.0, 1.0]])
    torch.testing.assert_close(words(torch.ones(2), name), torch.tensor([2.0, 0.0]))


def test_a_name_is_the_mean_of_its_tokens() -> None:
    table = nn.Embedding.from_pretrained(torch.eye(4))
    names = embed_names([[[1]], [[2, 3]]], table)
    torch.testing.assert_close(names, torch.tensor([[0.0, 1, 0, 0], [0, 0, 0.5, 0.5]]))


def test_names_are_the_words_of_questions_that_have_words() -> None:
    tokenizer = byte_tokenizer()
    names = concept_names([["up", "down"], [], ["no"]], tokenizer)
    assert [[tokenizer.decode(one) for one in answers] for answers in names or ()] == [
        ["up", "down"], ["no"],
    ]  # fmt: skip
    assert concept_names([[], []], tokenizer) is None


def test_log_odds_undo_the_standardising_of_the_worded_questions() -> None:
    encoder = MotionEncoder(**ENCODER)
    encoder.concept_mean.copy_(torch.tensor([9.0, 1, 2, 3]))
    encoder.concept_scale.copy_(torch.tensor([9.0, 2, 2, 2]))
    features = torch.cat([torch.randn(5, 8), torch.ones(5, 4)], dim=-1)
    torch.testing.assert_close(encoder.log_odds(features), torch.tensor([[3.0, 4, 5]]).expand(5, 3))


def test_a_motion_token_says_what_its_window_shows_in_the_mean() -> None:
    """A sure frame outvotes the viewpoint itself; a frame outside the window has no vote."""
    torch.manual_seed(0)
    talk = CrossTalker(16, 32, k=1, heads=2, use_receptive_field=False, concept_sizes=[2]).eval()
    features, mask = torch.randn(1, 3, 16), torch.ones(1, 3, dtype=torch.bool)
    names, question = torch.randn(2, 32), torch.randn(1, 4, 32)
    words = torch.ones(1, 4, dtype=torch.bool)
    time_s = torch.tensor([[0.0, 0.001, 1.0]])  # the first two frames share their window
    odds = torch.tensor([[[90.0, 0.0], [0.0, 30.0], [0.0, 99.0]]])
    clip = talk.remember(features, mask, time_s, odds, names)
    forced = torch.tensor([[1]])
    spoken = talk(question, words, clip, forced, names).motion
    silent = talk(question, words, clip, forced).motion
    # Beside its window, each token says what all viewpoints show in the mean: here, itself.
    torch.testing.assert_close((spoken - silent)[0, 0], names[0] + names[1])


def test_every_motion_token_also_says_what_is_looked_at_in_the_mean() -> None:
    """Three viewpoints, two of which say the one thing and one more loudly the other."""
    torch.manual_seed(0)
    talk = CrossTalker(16, 32, k=3, heads=2, use_receptive_field=False, concept_sizes=[2]).eval()
    with torch.no_grad():
        talk.said.accent.fill_(-1)  # the windows themselves say nothing
    features, mask = torch.randn(1, 40, 16), torch.ones(1, 40, dtype=torch.bool)
    names, question = torch.randn(2, 32), torch.randn(1, 4, 32)
    words = torch.ones(1, 4, dtype=torch.bool)
    odds = torch.zeros(1, 40, 2)
    odds[0, :, 0], odds[0, [3, 20]] = 500.0, torch.tensor([0.0, 40.0])
    odds[0, 37] = torch.tensor([170.0, 0.0])
    clip = talk.remember(features, mask, torch.arange(40)[None].float(), odds, names)
    for forced, said in (([3, 20, 37], names[0]), ([3, 20, -1], names[1])):
        chosen = torch.tensor([forced])
        spoken = talk(question, words, clip, chosen, names).motion
        silent = talk(question, words, clip, chosen).motion
        torch.testing.assert_close((spoken - silent)[0], said.expand(3, -1))


def test_frames_carry_words_to_where_the_question_looks() -> None:
    model = speaking_model()
    batch = small_batch((14,))
    louder = {**batch, "motion_features": batch["motion_features"].clone()}
    louder["motion_features"][:, 6, -3:] += torch.tensor([0.0, 9.0, 0.0])
    encode = {name: value for name, value in batch.items() if name.startswith("motion")}
    plain = model.encode_clip(**encode)
    changed = model.encode_clip(**{**encode, "motion_features": louder["motion_features"]})
    torch.testing.assert_close(
        changed.log_odds[0, 6] - plain.log_odds[0, 6], torch.tensor([0.0, 9.0, 0.0])
    )
    assert not torch.allclose(changed.features[0, 6], plain.features[0, 6], atol=1e-3)


def test_every_new_parameter_gets_a_gradient() -> None:
    model = speaking_model().train()
    batch = small_batch((30, 9, 0), (12, 0, 6))
    targets = torch.zeros(3, 30, dtype=torch.bool)
    targets[0, 5:9] = True
    model(**batch, viewpoint_targets=targets).loss.backward()
    parts = (".heard.", ".said.", ".gathered.")
    ours = {n: p for n, p in model.named_parameters() if any(part in n for part in parts)}
    assert len(ours) == 6
    assert all(p.grad is not None and p.grad.any() for p in ours.values())


def test_a_batch_of_motion_video_and_both_answers_as_apart() -> None:
    """Alone without padding too, and with log-odds that are not centred on 0."""
    model = speaking_model()
    model.motion_encoder.concept_mean.copy_(torch.tensor([0.0, 3, -2, 5]))
    batch = small_batch((14, 9, 0), (6, 0, 20))
    together = model(**batch).logits
    for row, frames in enumerate((14, 9, 0)):
        single = rows(batch, [row])
        for name in ("motion_features", "motion_mask", "motion_time_s"):
            single[name] = single[name][:, :frames]
        alone = model(**single).logits
        torch.testing.assert_close(together[row], alone[0], atol=1e-4, rtol=1e-3)


def test_clips_encoded_together_keep_their_own_words() -> None:
    """Taken apart and put together in another order, each clip speaks of itself."""
    model = speaking_model().eval()
    batch = small_batch((14, 9, 11))
    encode = {name: value for name, value in batch.items() if name.startswith("motion")}
    clips = model.encode_clip(**encode)
    assert clips.log_odds[0, :9].ne(clips.log_odds[1, :9]).any()
    again = EncodedClip.stack([clips.alone(2), clips.alone(0)])
    for name in ("memory", "log_odds", "time_s"):
        expected = getattr(clips, name)[[2, 0]]
        mask = again.mask.view(*again.mask.shape, *(1 for _ in expected.shape[2:]))
        assert len(getattr(again, name)) == 2
        torch.testing.assert_close(getattr(again, name) * mask, expected * mask)


def test_save_and_reload_is_identical(tmp_path: Path) -> None:
    model = speaking_model()
    batch = small_batch((14, 9))
    model.save_pretrained(tmp_path)
    again = LlamoForConditionalGeneration.from_pretrained(tmp_path)
    assert torch.equal(model(**batch).logits, again(**batch).logits)
    assert again.motion_encoder.settings.concept_words == ENCODER["concept_words"]
