"""One assistant, many sessions: threads, event loops, and batches with something bad in them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from tiny import waving_motion

from llamo import Assistant, LlamoError
from llamo.data.figures import Act, perform
from llamo.errors import InvalidQuestion

QUESTIONS = ("Which hand waves?", "How many times?", "What does the person do before the squat?")


@pytest.fixture(scope="module")
def assistant(tiny_model):
    assistant = Assistant.from_pretrained(tiny_model, device="cpu")
    assistant.max_new_tokens = 6
    return assistant


@pytest.fixture(scope="module")
def motions():
    acts = ("wave", "squat", "kick", "bow")
    return [perform([Act(name)], fps=20.0)[0] for name in acts]


def told(answer):
    return answer.answer, answer.viewpoints, answer.measurements


def test_threads_that_mix_clips_get_what_each_would_get_alone(assistant, motions):
    alone = {}
    for number, motion in enumerate(motions):
        session = assistant.open(motion)
        for question in QUESTIONS:
            alone[number, question] = told(session.ask(question))
    assert len(set(alone.values())) > len(motions)  # the clips do differ
    sessions = [assistant.open(motion) for motion in motions]

    def visitor(seed: int):
        """One who opens clips, asks old sessions, streams and asks in batches, in an own order."""
        seen = []
        for turn in range(6):
            number, question = (seed + turn) % len(motions), QUESTIONS[(seed * turn) % 3]
            session = sessions[number]
            if (seed + turn) % 3 == 0:
                session = assistant.open(motions[number])
            if (seed + turn) % 4 == 1:
                stream = session.stream(question)
                assert "".join(stream) == stream.answer.answer
                answer = stream.answer
            elif (seed + turn) % 4 == 2:
                other = (number + 1) % len(motions)
                pairs = [(session, question), (sessions[other], question)]
                answer, second = assistant.answer_batch(pairs)
                seen.append(((other, question), told(second)))
            else:
                answer = session.ask(question)
            seen.append(((number, question), told(answer)))
        return seen

    with ThreadPoolExecutor(8) as pool:
        for seen in pool.map(visitor, range(8)):
            for key, answer in seen:
                assert answer[0] == alone[key][0], key
                assert answer[2] == alone[key][2], key
                assert [v.time_s for v in answer[1]] == [v.time_s for v in alone[key][1]]


def test_conversations_do_not_mix(assistant, motions):
    sessions = [assistant.open(motion) for motion in motions]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: [one.chat(f"{q} {id(one)}") for q in QUESTIONS], sessions))
    for one in sessions:
        assert [asked for asked, _ in one.history] == [f"{q} {id(one)}" for q in QUESTIONS]


@pytest.fixture
def mixed(assistant, tmp_path):
    session = assistant.open(waving_motion())
    return [
        (session, "Which hand waves?"), (session, " "), (session, "x" * 3000),
        (tmp_path / "missing.npz", "How many times?"), (session, 7), (session, "How many times?"),
    ]  # fmt: skip


def test_one_bad_question_fails_the_batch_unless_it_may_abstain(assistant, mixed):
    with pytest.raises(InvalidQuestion, match="empty"):
        assistant.answer_batch(mixed)
    answers = assistant.answer_batch(mixed, on_error="abstain")
    assert len(answers) == len(mixed)
    session = mixed[0][0]
    for place in (0, 5):
        assert answers[place].answer == session.ask(mixed[place][1]).answer
    reasons = {1: "empty", 2: "3,000 characters", 3: "missing.npz", 4: "must be text"}
    for place, reason in reasons.items():
        assert answers[place].abstained and reason in answers[place].reason
        assert answers[place].answer.startswith("I can't tell: ")
        assert len(answers[place].question) <= 2000
        answers[place].to_dict()


def test_only_faults_of_the_input_become_answers(assistant, monkeypatch):
    monkeypatch.setattr("llamo.assistant.relevant", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        assistant.answer_batch([(assistant.open(waving_motion()), "How?")], on_error="abstain")


def test_an_event_loop_goes_on_while_it_answers(assistant, motions):
    async def app():
        sessions = await asyncio.gather(*(assistant.open_async(one) for one in motions))
        asked = await asyncio.gather(*(one.ask_async(QUESTIONS[0]) for one in sessions))
        batch = await assistant.answer_batch_async([(one, QUESTIONS[0]) for one in sessions])
        pieces = []
        async with sessions[0].stream(QUESTIONS[0]) as stream:
            async for piece in stream:
                pieces.append(piece)
            answer = stream.answer
        turn = await sessions[0].chat_async(QUESTIONS[1])
        return asked, batch, pieces, answer, turn

    asked, batch, pieces, answer, turn = asyncio.run(app())
    assert [one.answer for one in asked] == [one.answer for one in batch]
    assert "".join(pieces) == answer.answer == asked[0].answer
    assert turn.question == QUESTIONS[1]


def test_a_cancelled_stream_is_closed(assistant):
    session = assistant.open(waving_motion())

    async def app():
        async def read():
            async with session.stream("Which hand waves?") as stream:
                streams.append(stream)
                async for _ in stream:
                    await asyncio.sleep(60)

        streams = []
        task = asyncio.create_task(read())
        while not streams:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return streams[0]

    stream = asyncio.run(app())
    assert next(stream, None) is None
    with pytest.raises(LlamoError, match="not whole"):
        _ = stream.answer
    assert session.ask("Which hand waves?").answer  # nobody holds the lock
