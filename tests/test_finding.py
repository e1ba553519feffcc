"""When something happens: by hand on made-up probabilities, then on figures with known spans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from llamo import Assistant
from llamo.acts import BRIDGED_S, SHORTEST_S, Acts, ActSpan, moving_spans
from llamo.data.figures import Act, perform
from llamo.describing import Happening, happenings_of, sentence
from llamo.errors import InvalidQuestion
from llamo.finding import find

NAMES = ("wave", "squat", "kick", "lunge")
TIME_S = np.arange(120) / 10


def acts(happens: dict[tuple[str, float, float], float], sides=None, moving=()) -> Acts:
    """An encoder that gives these acts these probabilities in these spans."""
    likely = np.full((len(TIME_S), len(NAMES)), 0.01)
    for (name, start_s, end_s), probability in happens.items():
        inside = (start_s - 1e-9 <= TIME_S) & (end_s + 1e-9 >= TIME_S)
        likely[inside, NAMES.index(name)] = probability
    told = None
    if sides is not None:
        told = np.tile([0.1, 0.1, 0.8], (len(TIME_S), 1))
        for (start_s, end_s), row in sides.items():
            told[(start_s <= TIME_S) & (end_s >= TIME_S)] = row
    return Acts(NAMES, TIME_S, likely, told, moving)


ROUTINE = acts(
    {("wave", 1.0, 2.0): 0.9, ("squat", 4.0, 6.0): 0.95, ("wave", 8.0, 9.0): 0.99,
     ("kick", 10.0, 11.0): 0.7},
    sides={(1.0, 2.0): [0.9, 0.05, 0.05], (8.0, 9.0): [0.05, 0.9, 0.05]},
)  # fmt: skip


def spans(found):
    return [(round(one.start_s, 2), round(one.end_s, 2)) for one in found.spans]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When does the person wave?", [(1.0, 2.0), (8.0, 9.0)]),
        ("when is she squatting", [(4.0, 6.0)]),
        ("Find the squat.", [(4.0, 6.0)]),
        ("When does he wave with the left hand?", [(1.0, 2.0)]),
        ("When does he wave with his right hand?", [(8.0, 9.0)]),
        ("When does the person wave the second time?", [(8.0, 9.0)]),
        ("When is the last wave?", [(8.0, 9.0)]),
        ("When does the person wave after the squat?", [(8.0, 9.0)]),
        ("When does the person wave before they squat?", [(1.0, 2.0)]),
        ("When does he squat after waving with the left hand?", [(4.0, 6.0)]),
        ("When does he squat before waving with the right hand?", [(4.0, 6.0)]),
    ],
)
def test_spans_are_those_of_the_act_that_the_question_names(question, expected):
    found = find(question, ROUTINE)
    assert spans(found) == expected
    assert found.reason is None and not found.abstained
    assert all(0.85 <= one.score <= 1 for one in found.spans)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("When is the person happy?", "names no movement"),
        ("When does the person juggle?", "names no movement"),
        ("When does the person throw?", "was not taught what “throw” looks like"),
        ("When does the person kick?", "may see somebody kicking, but am too unsure"),
        ("When does the person lunge?", "nobody lunging"),
        ("When does he squat before the lunge?", "nobody lunging"),
        ("When does he squat after waving with the right hand?", "nobody squatting after that"),
        ("When does the person squat before the first wave?", "nobody squatting before that"),
        ("When does the person wave the third time?", "2 times only"),
    ],
)
def test_what_is_not_there_has_a_reason(question, reason):
    found = find(question, ROUTINE)
    assert found.abstained and found.spans == ()
    assert reason in found.reason
    assert found.to_dict()["spans"] == []


def test_an_act_whose_limbs_are_hidden_is_not_told():
    assert find("When does he squat?", ROUTINE, ["legs"]).reason == "the legs are not visible"
    assert find("When does he wave?", ROUTINE, ["arms"]).reason == "the arms are not visible"
    assert not find("When does he wave?", ROUTINE, ["legs"]).abstained


def test_short_doubts_are_bridged_and_long_ones_part():
    short = acts({("wave", 1.0, 2.0): 0.9, ("wave", 2.0 + BRIDGED_S - 0.05, 4.0): 0.9})
    assert len(short.spans_of(["wave"])) == 1
    apart = acts({("wave", 1.0, 2.0): 0.9, ("wave", 2.6, 4.0): 0.9})
    assert len(apart.spans_of(["wave"])) == 2
    assert acts({("wave", 1.0, 1.0 + SHORTEST_S / 3): 0.9}).spans_of(["wave"]) == []


def test_edges_go_to_where_the_body_starts_and_stops_to_move():
    happens = {("wave", 3.0, 4.0): 0.9}
    (one,) = acts(happens, moving=[(0.0, 1.0), (2.5, 4.75)]).spans_of(["wave"])
    assert (one.start_s, one.end_s) == (2.5, 4.75)
    (far,) = acts(happens, moving=[(0.0, 12.0)]).spans_of(["wave"])
    assert (far.start_s, far.end_s) == (3.0, 4.0)  # who never rests shows no edges


def test_of_two_acts_at_one_time_the_surer_is_told():
    both = acts({("wave", 1.0, 3.0): 0.9, ("kick", 1.2, 2.8): 0.97, ("squat", 5.0, 6.0): 0.9})
    assert [one.act for one in both.all_spans()] == ["kick", "squat"]


def test_moving_spans_are_those_in_which_a_joint_moves():
    motion, played = perform([Act("wave", "left", 3), Act("squat")], pause_s=1.0)
    found = moving_spans(motion)
    assert len(found) == 2
    for (start_s, end_s), one in zip(found, played, strict=True):
        assert start_s == pytest.approx(one.start_s, abs=0.25)
        assert end_s == pytest.approx(one.end_s, abs=0.25)


def test_a_description_tells_acts_in_order_with_sides_and_counts():
    acts_played = [Act("wave", "left", 3), Act("squat", repetitions=3), Act("walk", None, 6)]
    motion, played = perform(acts_played)
    told = [ActSpan(name, one.start_s, one.end_s, 0.9, "left")
            for name, one in zip(("wave", "squat", "walk"), played, strict=True)]  # fmt: skip
    happenings = happenings_of(told, motion)
    assert happenings[1].repetitions == 3
    assert happenings[2].repetitions is None  # steps are not counted
    when = [f"({one.start_s:.1f} to {one.end_s:.1f} s)" for one in told]
    assert sentence(happenings) == (
        f"The person waves with the left hand {when[0]}, then squats 3 times {when[1]}, "
        f"and finally walks {when[2]}."
    )
    assert sentence(happenings[1:]) == (
        f"The person squats 3 times {when[1]}, then walks {when[2]}."
    )
    assert happenings[1].text_of(counted=False) == "squats"
    assert Happening(ActSpan("wave both hands", 0, 1, 0.9, "left"), 1).text == "waves both hands"


def test_a_model_without_words_for_acts_abstains(tiny_model):
    session = Assistant.from_pretrained(tiny_model, device="cpu").open(perform([Act("wave")])[0])
    assert "no words" in session.find("When does the person wave?").reason
    with pytest.raises(InvalidQuestion):
        session.find("")
    described = session.describe()
    assert described.happenings == () and isinstance(str(described), str)


def test_no_side_is_told_of_a_video_whose_sides_are_in_doubt(tiny_model, monkeypatch):
    session = Assistant.from_pretrained(tiny_model, device="cpu").open(perform([Act("wave")])[0])
    waving = acts({("wave", 1.0, 2.0): 0.9}, sides={(1.0, 2.0): [0.9, 0.05, 0.05]})
    monkeypatch.setattr(Acts, "of", lambda *_: waving)
    assert waving.all_spans()[0].side == "left"
    monkeypatch.setattr(session, "sides_told", False)
    for told in (session.acts.all_spans(), session.find("When does the person wave?").spans):
        assert told and {one.side for one in told} == {None}
    described = session.describe()
    assert {one.span.side for one in described.happenings} == {None}
    assert "The person waves" in described.text and "hand" not in described.text
    for question in ("When does he wave with the right hand?", "When does he wave on his right?"):
        assert session.find(question).reason == "left and right cannot be told in this video"


@pytest.fixture(scope="module")
def shipped(weights_dir):
    return Assistant.from_pretrained(weights_dir, device="cpu")


def overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    common = max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
    return common / (max(one[1], other[1]) - min(one[0], other[0])) if common else 0.0


def test_spans_of_figures_are_far_better_than_the_whole_clip(shipped):
    """Bodies, tempo and order that no threshold was chosen on."""
    said = {"wave": "wave", "squat": "squat", "kick": "kick", "bow": "bow", "clap": "clap",
            "jump": "jump"}  # fmt: skip
    motions, truths = [], []
    for seed in range(6):
        rng = np.random.default_rng([20_261, seed])
        names = rng.choice(sorted(said), size=3, replace=False).tolist()
        motion, played = perform([Act(name, None, 3 if name in ("wave", "clap") else 1)
                                  for name in names], rng=rng, pause_s=0.7)  # fmt: skip
        motions.append(motion)
        truths.append(played)
    found, blind, stray = [], [], 0
    for session, played in zip(shipped.open_many(motions), truths, strict=True):
        for one in played:
            wanted = (one.start_s, one.end_s)
            told = session.find(f"When does the person {said[one.act.action]}?")
            found.append(max([overlap((s.start_s, s.end_s), wanted) for s in told.spans] or [0.0]))
            blind.append(overlap((0.0, session.motion.duration_s), wanted))
        absent = next(name for name in sorted(said) if name not in {p.act.action for p in played})
        stray += not session.find(f"When does the person {said[absent]}?").abstained
    assert np.mean(found) > 0.8
    assert np.mean(found) > np.mean(blind) + 0.5
    assert stray <= 1


def test_who_stands_still_is_told_to(shipped):
    motion, _ = perform([Act("wave")])
    still = replace(motion, joints=np.repeat(motion.joints[:1], 90, axis=0), rotations=None)
    assert shipped.open(still).describe().text == "I can't tell: the person does not move."


def test_a_described_figure_is_told_as_it_was_played(shipped):
    motion, _ = perform([Act("wave", "right", 4), Act("squat", repetitions=3), Act("kick", "left")])
    described = shipped.open(motion).describe()
    assert [one.span.act for one in described.happenings] == ["wave", "squat", "kick"]
    assert "waves with the right hand" in described.text
    assert "squats 3 times" in described.text
    assert "kicks with the left leg" in described.text


def test_times_and_orders_are_answered_as_the_figures_played_them(shipped):
    motion, played = perform(
        [Act("wave", "right", 4), Act("squat"), Act("kick", "left")], pause_s=0.7
    )
    session = shipped.open(motion)
    squat = played[1]
    length = session.ask("How long does the squat take?")
    assert float(length.answer.split()[0]) == pytest.approx((squat.end_s - squat.start_s), abs=0.5)
    assert length.measurements[0].value == pytest.approx((squat.end_s - squat.start_s), abs=0.5)
    begins = session.ask("When does the person start to squat?")
    assert float(begins.answer.split()[0]) == pytest.approx(squat.start_s, abs=0.5)
    asked = {
        "Does the person squat before kicking?": "yes",
        "Is the kick earlier than the squat?": "no",
        "Does the squat come after the wave?": "yes",
    }
    assert {question: session.ask(question).answer for question in asked} == asked
    cut = shipped.open(motion.trim(0.0, squat.start_s + (squat.end_s - squat.start_s) / 2))
    assert cut.ask("How long does the squat take?").abstained
    assert session.ask("What happens after the clap?").abstained


def test_one_verdict_is_said_alike_in_all_wordings(shipped):
    session = shipped.open(perform([Act("squat", repetitions=4)])[0])
    good = session.ask("Is the deep squat done properly?")
    bad = session.ask("Are there any errors in the way the person does the deep squat?")
    word = session.ask("Is the deep squat correct or incorrect?")
    assert (good.answer, bad.answer, word.answer) in (
        ("yes", "no", "correct"),
        ("no", "yes", "incorrect"),
    )
    assert any(one.name == "form_not_correct" for one in bad.measurements)
