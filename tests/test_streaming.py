"""Answers in pieces: what is given is the answer, is never taken back, and holds nothing after."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import replace

import pytest
import torch
from tiny import waving_motion

from llamo import Assistant, LlamoError
from llamo.batch import Told
from llamo.data.figures import Act, perform
from llamo.decoding import GreedyAnswer
from llamo.errors import InvalidQuestion
from llamo.saying import pieces, settle, sure_beginning

MEASURED = "reps 5 | left knee most 106 | right knee most 104 | lean 20"

TEXTS = [
    "5",
    "7",
    "106 degrees",
    "The left knee bends to 106 degrees. Bend it further, to 106 degrees or so.",
    "The trunk leans forward. It leans by 33 degrees. The knees bend.",
    "It leans by 33 degrees. The knees bend.",
    "I can't tell: the legs are hidden. Nothing else is seen.",
    "Right! Is it 3.5 cm? No.",
    "",
]


@pytest.fixture(scope="module")
def assistant(tiny_model):
    assistant = Assistant.from_pretrained(tiny_model, device="cpu")
    assistant.max_new_tokens = 8
    return assistant


@pytest.fixture(scope="module")
def session(assistant):
    return assistant.open(waving_motion())


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_given_early_is_never_taken_back(text):
    said = settle(text, MEASURED, confidence=1.0, least_sure=0.0).text
    given = ""
    for end in range(len(text) + 1):
        sure = sure_beginning(text[:end], MEASURED)
        assert sure.startswith(given)
        given = sure
    assert said.startswith(given)
    assert "".join(pieces(said)) == said


def test_an_answer_ends_before_the_sentence_with_an_invented_number():
    said = settle(TEXTS[4], MEASURED, 1.0, 0.0)
    assert said == ("The trunk leans forward.", None)
    assert settle(TEXTS[4], None, 1.0, 0.0).text == TEXTS[4]
    first = settle(TEXTS[5], MEASURED, 1.0, 0.0)
    assert first.reason == "'33 degrees' came to mind, but was not measured"
    assert first.text.startswith("I can't tell: ")


def test_an_answer_ends_before_the_sentence_with_a_side_that_is_in_doubt():
    text = "The person waves. It is the left hand. The trunk leans."
    assert settle(text, None, 1.0, 0.0, sides_told=False) == ("The person waves.", None)
    assert sure_beginning(text, MEASURED, sides_told=False) == "The person waves."
    for said in ("right", "The left knee bends."):
        reason = settle(said, MEASURED, 1.0, 0.0, sides_told=False).reason
        assert reason == "left and right cannot be told in this video"
        assert settle(said, MEASURED, 1.0, 0.0).reason is None


def test_sentences_come_when_they_are_whole():
    text = "The left knee bends to 106 degrees. Bend it further."
    assert sure_beginning(text[:34], MEASURED) == ""
    assert sure_beginning(text[:35], MEASURED) == ""  # "106 degrees.5" would still be possible
    assert sure_beginning(text[:37], MEASURED) == text[:35]


def test_pieces_joined_are_the_answer_of_ask(session):
    for question in ("Which hand waves?", "How many times?", "Чего?", "Do the legs bend?"):
        stream = session.stream(question)
        told = "".join(stream)
        asked = session.ask(question)
        assert told == stream.answer.answer == asked.answer
        assert stream.answer.token_probabilities == asked.token_probabilities
        assert stream.answer.viewpoints == asked.viewpoints
        assert next(stream, None) is None


def test_an_answer_is_whole_only_after_its_last_piece(session):
    stream = session.stream("Which hand waves?")
    next(stream)
    with pytest.raises(LlamoError, match="not whole"):
        _ = stream.answer
    stream.close()
    assert list(stream) == []
    with pytest.raises(LlamoError, match="not whole"):
        _ = stream.answer


def test_bad_questions_are_refused_before_the_first_piece(session):
    with pytest.raises(InvalidQuestion):
        session.stream(" ")


def _script(monkeypatch, words):
    """The model says these words, one a token; gives the tokens that are still held."""
    held = []

    def steps(*args):
        for count in range(1, len(words) + 1):
            tokens = torch.arange(count)[None]
            held.append(weakref.ref(tokens))
            yield GreedyAnswer(tokens, torch.zeros(1, count), None)
            del tokens

    def text(processor, said):
        return "".join(words[: said.tokens.shape[1]]).strip()

    def read(model, processor, rows, said):
        return [Told(text(None, said), (1.0,) * said.tokens.shape[1], (), None)]

    monkeypatch.setattr("llamo.streaming.tell_steps", steps)
    monkeypatch.setattr("llamo.streaming.text_of", text)
    monkeypatch.setattr("llamo.streaming.read_tokens", read)
    return held


def test_a_sentence_comes_while_the_next_is_made(session, monkeypatch):
    held = _script(monkeypatch, ["The arm", " swings", ".", " It", " stays", " up", "."])
    stream = session.stream("What happens?")
    assert next(stream) == "The"
    assert len(held) == 4  # known to be whole by the word after it
    assert "".join(["The", *stream]) == "The arm swings. It stays up."


def test_where_a_text_can_still_fall_nothing_comes_before_its_end(tiny_model, monkeypatch):
    assistant = Assistant.from_pretrained(tiny_model, device="cpu")
    assistant.calibration = replace(assistant.calibration, least_sure=0.99)
    words = ["It", " swings", ".", " It", " stays", "."]
    held = _script(monkeypatch, words)
    assistant.calibration = replace(assistant.calibration, temperature=1e9)  # confidence 0.5
    stream = assistant.open(waving_motion()).stream("What happens?")
    assert next(stream) == "I"
    assert len(held) == len(words)
    assert "".join(stream).endswith("but too unsure.")
    assert stream.answer.abstained


def test_closing_in_the_middle_frees_what_it_held(session, monkeypatch):
    held = _script(monkeypatch, ["It", " swings", ".", " It", " stays", "."])
    with session.stream("What happens?") as stream:
        next(stream)
        assert any(one() is not None for one in held)
    gc.collect()
    assert all(one() is None for one in held)


def test_another_question_is_answered_while_a_stream_waits(assistant, session, monkeypatch):
    expected = session.ask("How many times?").answer
    _script(monkeypatch, ["It", " swings", ".", " It", " stays", "."])
    with session.stream("What happens?") as stream:
        next(stream)
        answers = []
        other = threading.Thread(target=lambda: answers.append(session.ask("How many times?")))
        other.start()
        other.join(timeout=60)
        assert answers[0].answer == expected
        assert "".join(["It", *stream]) == "It swings. It stays."


def test_a_streamed_turn_is_remembered_when_it_has_ended(assistant):
    session = assistant.open(waving_motion())
    with session.stream("Which hand waves?", chat=True) as stream:
        next(stream)
    assert session.history == []
    stream = session.stream("Which hand waves?", chat=True)
    said = "".join(stream)
    assert session.history == [("Which hand waves?", said)]


def test_the_shipped_model_streams_what_it_answers(weights_dir):
    assistant = Assistant.from_pretrained(weights_dir, device="cpu")
    session = assistant.open(perform([Act("wave", "left", 3), Act("squat", repetitions=2)])[0])
    questions = ("Which hand waves?", "What does the person do after the wave?",
                 "How many squats does the person do?", "How far does the left knee bend?",
                 "Describe what the person does.", "Is the squat done correctly?")  # fmt: skip
    for least_sure in (assistant.calibration.least_sure, 0.0, 0.999):
        assistant.calibration = replace(assistant.calibration, least_sure=least_sure)
        for question in questions:
            stream = session.stream(question)
            assert "".join(stream) == stream.answer.answer == session.ask(question).answer


def test_a_conversation_streams_what_it_means(assistant):
    session = assistant.open(waving_motion())
    session.history.append(("How far does the left knee bend?", "20 degrees"))
    stream = session.stream("And the other knee?", chat=True)
    said = "".join(stream)
    assert stream.answer.question == "How far does the right knee bend?"
    assert session.history[-1] == ("How far does the right knee bend?", said)
    lost = session.stream("And after that?", chat=True)
    assert "".join(lost).startswith("I can't tell: ")
    assert len(session.history) == 2


def test_what_was_wrongly_denied_is_asked_again(assistant, session, monkeypatch):
    question = "What happens after the wave?"
    first = session.ask(question)
    denied = []

    def is_denied(of, asked, text):
        denied.append((of, asked, text))
        return len(denied) % 2 == 1  # of every two questions the first

    monkeypatch.setattr("llamo.batch.is_wrongly_denied", is_denied)
    again, kept = assistant.answer_batch([(session, question), (session, question)])
    assert denied == [(session, question, first.answer)] * 2
    assert kept.answer == first.answer and again.answer != first.answer
    denied.clear()
    streamed = session.stream(question)
    assert "".join(streamed) == again.answer == streamed.answer.answer
    assert streamed.answer.token_probabilities == pytest.approx(again.token_probabilities, abs=1e-5)
