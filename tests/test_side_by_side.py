"""Batches side by side: in order, as many as there are threads, and nothing left behind."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch

from llamo import Assistant
from llamo.data.figures import make_figure
from llamo.side_by_side import side_by_side

CPU = torch.device("cpu")


@pytest.fixture(params=[1, 2, 9])
def threads(request: pytest.FixtureRequest):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_results_come_in_order_and_threads_come_back(threads: int):
    seen = set()

    def work(number: int) -> tuple[int, int]:
        seen.add(threading.get_ident())
        return number, torch.get_num_threads()

    done = list(side_by_side(work, range(12), CPU))
    assert [number for number, _ in done] == list(range(12))
    assert {each for _, each in done} == {1 if threads < 8 else 2}
    assert len(seen) <= min(threads, 4)
    assert torch.get_num_threads() == threads


def test_an_error_is_raised_and_threads_come_back(threads: int):
    with pytest.raises(ZeroDivisionError):
        list(side_by_side(lambda number: 1 // number, [2, 1, 0, 1], CPU))
    assert torch.get_num_threads() == threads


def test_elsewhere_than_on_a_cpu_one_follows_the_other():
    here = threading.get_ident()
    done = side_by_side(lambda _: threading.get_ident(), range(3), torch.device("cuda"))
    assert set(done) == {here}


@pytest.fixture(scope="module")
def shipped(weights_dir: Path) -> Assistant:
    return Assistant.from_pretrained(weights_dir, device="cpu")


def test_answers_are_those_of_one_batch_after_the_other(shipped: Assistant, threads: int):
    sessions = shipped.open_many([make_figure(kind, side="left") for kind in ("wave", "kick")])
    asked = ["Which hand waves?", "What does the person do?", "Is the person jumping?"] * 4
    pairs = [(session, question) for session in sessions for question in asked]
    alone = [session.ask(question) for session, question in pairs]
    for tokens in (True, False):
        together = shipped.answer_batch(pairs, batch_size=5, use_motion_tokens=tokens)
        assert [one.question for one in together] == [question for _, question in pairs]
        if tokens:
            assert [one.answer for one in together] == [one.answer for one in alone]
        else:
            assert all(not one.viewpoints for one in together)
    assert shipped.model.config.use_motion_tokens
