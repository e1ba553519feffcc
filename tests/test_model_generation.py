"""Generation: with the cache, greedy, in beams and in pieces, whatever the padding."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from small_models import KINDS, PAD, rows, small_batch, small_model

from llamo.decoding import answer_greedy, last_token_alone


def question_of(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The batch without answers: prompts of 17 tokens."""
    prompt = {name: value for name, value in batch.items() if name != "labels"}
    for name in ("input_ids", "attention_mask"):
        prompt[name] = prompt[name][:, :17]
    return prompt


@pytest.mark.parametrize("kind", KINDS)
def test_generation_with_the_cache_is_generation_without(kind: str) -> None:
    model = small_model(kind)
    prompt = question_of(small_batch((14, 2)))
    fast = model.generate(**prompt, max_new_tokens=5, do_sample=False, eos_token_id=None)
    for step in range(5):
        best = model(**prompt).logits[:, -1].argmax(-1)
        assert best.equal(fast[:, step])
        one = torch.ones(2, 1, dtype=torch.long)
        prompt["input_ids"] = torch.cat([prompt["input_ids"], best[:, None]], dim=1)
        prompt["attention_mask"] = torch.cat([prompt["attention_mask"], one], dim=1)


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_loop_is_generate(kind: str) -> None:
    model = small_model(kind)
    prompt = question_of(small_batch((14, 2)))
    expected = model.generate(**prompt, max_new_tokens=6, do_sample=False, eos_token_id=None)
    answer = answer_greedy(model, **prompt, eos_token_id=[], max_new_tokens=6)
    assert answer.tokens.equal(expected)
    log_p = model(**prompt).logits[:, -1].log_softmax(-1)
    torch.testing.assert_close(answer.log_probs[:, 0], log_p.max(-1).values)
    torch.testing.assert_close(answer.confidence, answer.log_probs.sum(1).exp())


def test_generation_stops_at_the_end_token() -> None:
    model = small_model()
    prompt = question_of(small_batch((14, 9)))
    free = model.generate(**prompt, max_new_tokens=8, do_sample=False, eos_token_id=None)
    end = int(free[0, 2])
    stop = int((free[0] == end).nonzero()[0])
    one = rows(prompt, [0])
    tokens = model.generate(**one, max_new_tokens=8, do_sample=False, eos_token_id=end)
    assert tokens[0].tolist() == free[0, : stop + 1].tolist()
    answer = answer_greedy(model, **prompt, eos_token_id=end, pad_token_id=PAD, max_new_tokens=8)
    assert answer.tokens[0, : stop + 1].tolist() == tokens[0].tolist()
    assert (answer.tokens[0, stop + 1 :] == PAD).all()
    assert (answer.log_probs[0, stop + 1 :] == 0).all()
    longest = len(answer.tokens[1])  # who goes on alone says what it says alone
    alone = answer_greedy(
        model, **rows(prompt, [1]), eos_token_id=end, pad_token_id=PAD, max_new_tokens=longest
    ).tokens[0]
    assert answer.tokens[1, : len(alone)].tolist() == alone.tolist()


def test_left_padding_changes_no_answer() -> None:
    model = small_model()
    prompt = question_of(small_batch((14, 9)))
    plain = model.generate(**prompt, max_new_tokens=4, do_sample=False, eos_token_id=None)
    padding = torch.full((2, 3), PAD)
    padded = {
        **prompt,
        "input_ids": torch.cat([padding, prompt["input_ids"]], dim=1),
        "attention_mask": torch.cat([torch.zeros_like(padding), prompt["attention_mask"]], dim=1),
        "question_positions": prompt["question_positions"] + 3,
    }
    assert model.generate(
        **padded, max_new_tokens=4, do_sample=False, eos_token_id=None
    ).equal(plain)  # fmt: skip
    assert answer_greedy(model, **padded, eos_token_id=[], max_new_tokens=4).tokens.equal(plain)


def test_generation_beams_samples_and_streams() -> None:
    model = small_model()
    prompt = question_of(small_batch((14,)))
    options = {"max_new_tokens": 4, "eos_token_id": None}
    beams = model.generate(**prompt, num_beams=3, num_return_sequences=2, **options)
    assert beams.shape == (2, 4)
    torch.manual_seed(0)
    sampled = model.generate(**prompt, do_sample=True, top_p=0.9, **options)
    assert sampled.shape == (1, 4)

    class Listener:
        def __init__(self) -> None:
            self.heard: list[int] = []
            self.ended = False

        def put(self, value: torch.Tensor) -> None:
            self.heard += value.flatten().tolist()

        def end(self) -> None:
            self.ended = True

    listener = Listener()
    tokens = model.generate(**prompt, do_sample=False, streamer=listener, **options)
    assert listener.heard == tokens[0].tolist()
    assert listener.ended


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_computed_for_tokens_whose_logits_nobody_reads(kind: str) -> None:
    language_model = small_model(kind).language_model.eval()
    seen: list[int] = []
    last = language_model.get_decoder().layers[-1].mlp
    watch = last.register_forward_hook(lambda module, given, out: seen.append(out.shape[1]))
    tokens = torch.randint(0, 50, (2, 9))
    with torch.inference_mode():
        whole = language_model(tokens).logits[:, -1]
        with last_token_alone(language_model):
            alone = language_model(tokens, logits_to_keep=1).logits[:, -1]
        after = language_model(tokens).logits
    watch.remove()
    assert seen == [9, 1, 9]
    torch.testing.assert_close(alone, whole)
    assert after.shape[1] == 9
    torch.testing.assert_close(after[:, -1], whole)
    with last_token_alone(language_model), ThreadPoolExecutor(1) as elsewhere:
        torch.testing.assert_close(elsewhere.submit(language_model, tokens).result().logits, after)
    with pytest.raises(ZeroDivisionError), last_token_alone(language_model):
        raise ZeroDivisionError
    assert not last._forward_pre_hooks


def test_an_answer_begins_otherwise_where_its_first_token_is_barred() -> None:
    model = small_model()
    prompt = question_of(small_batch((14, 9)))
    free = answer_greedy(model, **prompt, eos_token_id=[], max_new_tokens=4)
    barred = free.tokens[:, 0].clone()
    other = answer_greedy(
        model, **prompt, eos_token_id=[], max_new_tokens=4, not_first=barred
    )  # fmt: skip
    assert (other.tokens[:, 0] != barred).all()
    logits = model(**prompt).logits[:, -1].scatter(1, barred[:, None], float("-inf"))
    assert other.tokens[:, 0].equal(logits.argmax(-1))
    torch.testing.assert_close(other.log_probs[:, 0], logits.log_softmax(-1).max(-1).values)
