"""Clips, sequences and questions: by hand, as properties, then on real packs."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llamo.data import wordings
from llamo.data.ask import word
from llamo.data.ask_measure import ask_measurements, format_measure
from llamo.data.augment import LIMBS, augment, hide_limb
from llamo.data.babelqa import read_babelqa
from llamo.data.baseline import NaiveBayes, leaks
from llamo.data.body_fit import bone_lengths, fit_bones
from llamo.data.clips import (
    HELD_OUT,
    LabelledClip,
    load_clips,
    mirror_clip,
    split,
    swap_sides,
)
from llamo.data.export import export_eval_set, rows_of
from llamo.data.export_babelqa import ask_in_babel_words, babel_wordings
from llamo.data.grammar import HELD_PEOPLE, PEOPLE, Wording, compile_pattern
from llamo.data.library import ClipLibrary, cut_off, from_rest_to_rest
from llamo.data.phrases import (
    countable,
    gerund,
    inflect,
    known_actions,
    may_be_same,
    past,
    phrase_for,
    plural,
    third_person,
)
from llamo.data.question import CANT_TELL, REASONS, Question, Scene
from llamo.data.questions import ASKERS, ask_about
from llamo.data.sides import active_side
from llamo.data.splice import Segment, Sequence, mirror_sequence, repeat, splice
from llamo.errors import InvalidData
from llamo.kinematics.measurement import Measurement
from llamo.motion import Motion
from llamo.skeleton import SMPL22

QUERIES = {
    name: value for name, value in vars(wordings).items() if isinstance(value, wordings.Query)
}

POSE = np.array(
    [
        [0, 0.95, 0], [0.1, 0.9, 0], [-0.1, 0.9, 0], [0, 1.05, 0], [0.1, 0.5, 0], [-0.1, 0.5, 0],
        [0, 1.2, 0], [0.1, 0.08, 0], [-0.1, 0.08, 0], [0, 1.3, 0], [0.1, 0.02, 0.15],
        [-0.1, 0.02, 0.15], [0, 1.45, 0], [0.08, 1.4, 0], [-0.08, 1.4, 0], [0, 1.6, 0],
        [0.18, 1.4, 0], [-0.18, 1.4, 0], [0.2, 1.1, 0], [-0.2, 1.1, 0], [0.22, 0.85, 0],
        [-0.22, 0.85, 0],
    ],
    np.float32,
)  # fmt: skip


def made_clip(
    action: str, *, side: str | None = None, frames: int = 40, pack: str = "made", **labels: Any
) -> LabelledClip:
    """A standing figure: the hand of its side swings, and with a direction it walks 1 m/s."""
    joints = np.repeat(POSE[None], frames, axis=0).copy()
    swing = 0.3 * np.sin(np.linspace(0, 2 * np.pi, frames))
    for name in ("left", "right"):
        if side in (name, "both"):
            joints[:, SMPL22.index(f"{name}_wrist"), 2] += swing
    if labels.get("direction") == "forward":
        joints[..., 2] += np.arange(frames)[:, None] / 20
    limb = "hand" if side else None
    part = f"{side} {limb}" if side in ("left", "right") else None
    return LabelledClip(
        pack, 0, action, 1, Motion(joints, 20.0), action, action, side=side, body_part=part,
        side_named=bool(side), **labels,
    )  # fmt: skip


@pytest.fixture
def clips() -> list[LabelledClip]:
    return [
        made_clip("wave", side="left"),
        made_clip("squat", exercise="deep squat", correct=True),
        made_clip("walk", direction="forward", frames=50),
        made_clip("clap", side="both"),
        made_clip("catch", side="right"),
    ]


# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("wave", ("waves", "waving", "waved")),
        ("catch", ("catches", "catching", "caught")),
        ("lie", ("lies", "lying", "lay")),
        ("swing", ("swings", "swinging", "swung")),
        ("squat", ("squats", "squatting", "squatted")),
        ("carry", ("carries", "carrying", "carried")),
        ("throw", ("throws", "throwing", "threw")),
    ],
)
def test_verbs_inflect(verb: str, forms: tuple[str, str, str]) -> None:
    assert (third_person(verb), gerund(verb), past(verb)) == forms


def test_a_phrase_of_two_verbs_inflects_both() -> None:
    assert (
        inflect("*pick something up and *throw it", "ing") == "picking something up and throwing it"
    )


def test_plurals_change_the_head_noun() -> None:
    assert plural("punch") == "punches"
    assert plural("drawing of a circle") == "drawings of a circle"
    assert countable("tennis swing") and not countable("waving")


def test_every_action_of_the_table_has_surfaces() -> None:
    for name in known_actions():
        phrase = phrase_for(name)
        assert phrase.verbs and phrase.nouns
        assert all("*" in verb for verb in (*phrase.verbs, *phrase.held_verbs))


def test_related_actions_are_never_set_apart() -> None:
    assert may_be_same("wave", "raise a hand")
    assert not may_be_same("wave", "kick")


def test_choices_slots_and_agreement() -> None:
    for seed in range(40):
        wording = Wording(random.Random(seed), X=phrase_for("wave"))
        text = wording.render("[what|which act] {do} {S} do before {P} {X.p}")
        assert "{" not in text and "[" not in text
        if wording.person.plural:
            assert " does " not in text
    assert len(compile_pattern("a [b|c [d|~e]] {S}")) == 4


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_query_has_wordings_enough_and_two_held_out(name: str) -> None:
    query = QUERIES[name]
    patterns = (*query.direct, *query.embedded, *query.nominal)
    held = [pattern for pattern in patterns if pattern.startswith("~")]
    assert len(held) >= 2
    assert len(patterns) - len(held) >= 6


def test_held_out_wordings_never_occur_in_training() -> None:
    for name, query in QUERIES.items():
        options: dict[str, Any] = {
            "X": phrase_for("wave"), "Y": phrase_for("kick"), "limb": "hand", "limbs": "hands",
            "side": "left", "part": "left knee", "G": "shirt", "gis": "is", "C": "red",
            "CG": "a red shirt", "L": "left", "N": "ball", "A": "a ball",
        }  # fmt: skip
        ids = {
            held: {
                word(name, query, random.Random(seed), held, **options)[1].split("/")[0]
                for seed in range(60)
            }
            for held in (False, True)
        }
        assert not ids[False] & ids[True], name


def test_no_held_out_pattern_says_what_a_training_pattern_says() -> None:
    families = {name: [*q.direct, *q.embedded, *q.nominal] for name, q in QUERIES.items()}
    for name, table in (("WHEN", wordings.WHEN), ("WHOLE", wordings.ORDER_WHOLE)):
        families |= {f"{name} {relation}": list(patterns) for relation, patterns in table.items()}
    for name, patterns in families.items():
        said = {
            held: {text for p in patterns if p.startswith("~") == held for text in unfolded(p)}
            for held in (False, True)
        }
        assert said[True], name
        assert not said[False] & said[True], name


def unfolded(pattern: str) -> set[str]:
    """Every text of a pattern's choices, slots left as they are."""
    choice = re.search(r"\[([^\[\]]*)\]", pattern)
    if choice is None:
        return {" ".join(pattern.replace("~", "").split())}
    before, after = pattern[: choice.start()], pattern[choice.end() :]
    return {
        text for option in choice.group(1).split("|") for text in unfolded(before + option + after)
    }


def test_held_people_are_new() -> None:
    assert not {p.subject for p in HELD_PEOPLE} - {"they"} & {p.subject for p in PEOPLE}


def test_sides_swap_in_text() -> None:
    assert swap_sides("Right hand, then left foot") == "Left hand, then right foot"


# --- clips and sequences -----------------------------------------------------------------------


def test_active_side_is_the_limb_that_moves() -> None:
    assert active_side(made_clip("wave", side="left").motion.joints, "hand") == "left"
    assert active_side(made_clip("wave", side="both").motion.joints, "hand") is None


def test_mirroring_twice_gives_the_clip_back() -> None:
    clip = made_clip("wave", side="left", direction="left")
    mirrored = mirror_clip(clip)
    assert (mirrored.side, mirrored.body_part, mirrored.direction) == (
        "right",
        "right hand",
        "right",
    )
    assert active_side(mirrored.motion.joints, "hand") == "right"
    back = mirror_clip(mirrored)
    assert back.side == "left" and np.allclose(back.motion.joints, clip.motion.joints)


def test_fitted_bones_have_the_wanted_length_and_stay_on_the_floor() -> None:
    joints = np.repeat(POSE[None], 5, axis=0)
    wanted = bone_lengths(joints) * 1.2
    fitted = fit_bones(joints, wanted)
    assert np.allclose(bone_lengths(fitted), wanted, atol=1e-5)
    assert np.isclose(fitted[..., 1].min(), joints[..., 1].min(), atol=1e-5)


def test_segments_of_a_splice_hold_their_clips(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = splice(clips, rng)
    assert [s.says for s in sequence.segments] == ["wave", "squat", "walk", "clap", "catch"]
    for before, after in zip(sequence.segments, sequence.segments[1:], strict=False):
        assert after.start_s - before.end_s >= 0.25
    assert sequence.segments[-1].end_s <= sequence.duration_s + 1e-6
    wave = sequence.motion.trim(*sequence.segments[0].span_s)
    assert active_side(wave.joints, "hand") == "left"


def test_a_splice_is_smooth_and_keeps_floor_and_heading(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    turned = replace(clips[2], motion=clips[2].motion.mirror())
    sequence = splice([clips[0], turned, clips[2]], rng, tempo=(1.0, 1.0))
    speed = np.linalg.norm(np.diff(sequence.motion.joints[:, 0], axis=0), axis=-1) * 20
    assert speed.max() < 1.2  # the walk's 1 m/s, no jump at a seam
    assert np.allclose(sequence.motion.headings(), 0, atol=0.05)
    assert sequence.motion.joints[..., 1].min() > -0.01


def test_like_length_segments(clips: list[LabelledClip], rng: np.random.Generator) -> None:
    sequence = splice(clips, rng, segment_s=2.0)
    durations = [s.duration_s for s in sequence.segments]
    assert max(durations) / min(durations) < 1.35


@pytest.mark.parametrize("k", [1, 2, 6, 10])
def test_repetitions_do_not_change_the_length(
    k: int, clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = repeat([clips[1]], k, rng, total_s=25.0)
    assert len(sequence.segments) == k
    assert sequence.duration_s == pytest.approx(25.0, abs=0.05)


def test_mirrored_sequence_mirrors_words_and_joints(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = splice(clips[:1], rng)
    mirrored = mirror_sequence(sequence)
    assert mirrored.segments[0].side == "right"
    assert active_side(mirrored.motion.joints, "hand") == "right"


def test_augmentation_keeps_times_and_sides(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = splice(clips, rng)
    varied = augment(sequence, rng)
    assert varied.segments == sequence.segments and len(varied.motion) == len(sequence.motion)
    wave = varied.motion.trim(*varied.segments[0].span_s)
    assert active_side(wave.joints, "hand") == "left"


@pytest.mark.parametrize("limb", sorted(LIMBS))
def test_hidden_limbs_have_no_confidence(
    limb: str, clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    hidden = hide_limb(splice(clips[:1], rng), limb, rng)
    assert hidden.motion.confidence is not None
    assert (hidden.motion.confidence == 0).all(0).nonzero()[0].tolist() == sorted(LIMBS[limb])


def test_splicing_nothing_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(InvalidData, match="at least one clip"):
        splice([], rng)


# --- questions ---------------------------------------------------------------------------------


def ask(sequence: Sequence, kind: str, tries: int = 60, held_out: bool = False) -> list[Question]:
    return [
        question
        for seed in range(tries)
        for question in ask_about(sequence, np.random.default_rng(seed), held_out, [kind])
    ]


def test_equal_generators_ask_equal_questions(clips: list[LabelledClip]) -> None:
    sequence = splice(clips, np.random.default_rng(1))
    first, second = (ask_about(sequence, np.random.default_rng(2)) for _ in range(2))
    assert first == second and first


def test_the_side_of_a_wave_is_known_and_of_a_clap_is_not(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    wave, clap = splice(clips[:1], rng), splice(clips[3:4], rng)
    assert {q.answer.split()[0] for q in ask(wave, "side")} == {"left"}
    answers = {(q.wording_id.split(".")[0], q.abstains) for q in ask(clap, "side")}
    assert {name for name, abstains in answers if not abstains} == {"side_or_both"}
    assert {name for name, abstains in answers if abstains} == {"side", "left_right"}


def test_order_answers_lie_where_the_segments_say(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = splice(clips, rng)
    asked = [q for q in ask(sequence, "order", 300) if q.type == "order_action"]
    seen: Counter[str] = Counter()
    for question in asked:
        if question.abstains:
            assert question.answer.startswith(CANT_TELL)
            continue
        assert question.span_s is not None
        at = next(s for s in sequence.segments if s.span_s == question.span_s)
        assert question.answer in (at.action, at.exercise)
        if len(question.anchors) == 1:
            seen["before" if question.span_s < question.anchors[0] else "after"] += 1
            gap = abs(sequence.segments.index(at) - next(
                i for i, s in enumerate(sequence.segments) if s.span_s == question.anchors[0]
            ))  # fmt: skip
            assert gap == 1
    assert seen["before"] > 10 and seen["after"] > 10


def test_nothing_comes_before_the_first_act_or_a_repeated_one(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = splice([clips[0], clips[2], clips[0]], rng)
    reasons = Counter(q.reason for q in ask(sequence, "order", 200) if q.abstains)
    assert reasons["twice"] > 5 and set(reasons) <= {"twice", "absent"}


def test_yes_and_no_come_in_pairs_of_the_same_words(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = replace(splice(clips[:1], rng), plausible=("wave", "kick", "walk", "bow"))
    pairs = ask(sequence, "yes_no")
    assert Counter(q.answer for q in pairs)["yes"] == Counter(q.answer for q in pairs)["no"]
    for yes, no in zip(pairs[::2], pairs[1::2], strict=True):
        assert (yes.answer, no.answer) == ("yes", "no")
        assert yes.wording_id == no.wording_id


def test_counts_are_digits(clips: list[LabelledClip], rng: np.random.Generator) -> None:
    sequence = repeat([clips[1]], 7, rng)
    assert {q.answer for q in ask(sequence, "count")} == {"7"}
    assert ask(sequence, "count")[0].accept == ("seven",)


def test_correctness_can_be_asked_both_ways(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    answers = {
        (q.wording_id.split(".")[0], q.answer) for q in ask(splice([clips[1]], rng), "correct", 90)
    }
    assert answers == {("correct", "yes"), ("mistake", "no"), ("correct_or_not", "correct")}


def test_hidden_legs_settle_no_question_about_legs(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    squat = hide_limb(splice([clips[1]], rng), "legs", rng)
    asked = ask(squat, "correct")
    assert asked and all(q.reason == "legs" for q in asked)
    assert not ask(squat, "action")


def test_a_cut_off_act_has_no_known_length(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    sequence = cut_off(splice(clips[:2], rng, idle_share=1.0), rng)
    cut = next(s for s in sequence.segments if s.cut)
    asked = [q for q in ask(sequence, "time", 200) if q.anchors == (cut.span_s,)]
    assert any(q.reason == "cut" for q in asked)
    assert all(q.abstains for q in asked if q.type == "time_duration")


def test_a_clip_cut_in_the_middle_of_its_movement_is_not_joined_into_a_count() -> None:
    """A wrist goes 30 cm forward and back; one clip ends where the wrist is furthest."""
    wrist = SMPL22.index("left_wrist")

    def reach(frames: int) -> LabelledClip:
        joints = np.repeat(POSE[None], 40, axis=0).copy()
        joints[:, wrist, 2] += 0.3 * np.sin(np.linspace(0, np.pi, 40))
        return replace(made_clip("push"), motion=Motion(joints[:frames], 20.0))

    assert from_rest_to_rest([reach(40), reach(20), reach(40)]) == [True, False, True]


def test_reasons_are_said_in_one_family(clips: list[LabelledClip]) -> None:
    library = ClipLibrary(clips, {"made": 1.0})
    rng = np.random.default_rng(3)
    said = {q.answer for _ in range(80) for q in ask_about(library.draw(rng), rng) if q.abstains}
    assert said <= {f"{CANT_TELL}: {reason}." for reason in REASONS.values()}


def test_every_question_is_finished_text(clips: list[LabelledClip]) -> None:
    library = ClipLibrary(clips, {"made": 1.0})
    rng = np.random.default_rng(4)
    for number in range(150):
        for question in ask_about(library.draw(rng), rng, held_out=bool(number % 2)):
            assert not re.search(r"[{}\[\]|~*]|  ", question.question), question.question
            assert question.held_out == bool(number % 2)
            assert question.axis in ("body", "seq", "dir", "rea", "hall")


def test_unknown_kinds_are_a_mistake_of_the_caller(
    clips: list[LabelledClip], rng: np.random.Generator
) -> None:
    with pytest.raises(KeyError):
        ask_about(splice(clips[:1], rng), rng, kinds=["weather"])
    assert "order" in ASKERS


def test_measurements_are_said_as_the_text_says_them(rng: np.random.Generator) -> None:
    assert format_measure(63.4, "deg") == "63 degrees"
    assert format_measure(1.2, "m") == "120 cm"
    knee = Measurement("left_knee_flexion_max", 63.4, "deg", 3.0, 1.0, 1.0)
    question = ask_measurements([knee], rng)[0]
    assert question.answer == "63 degrees" and "60 degrees" in question.accept
    assert "left knee" in question.question.lower() and question.measure == knee.name


def test_naive_bayes_reads_words() -> None:
    model = NaiveBayes(["is it red", "is it blue"] * 3, ["yes", "no"] * 3)
    assert model.predict("so, red?") == "yes"


@pytest.mark.parametrize("form", ["dict", "list", "lines"])
def test_babelqa_files_of_each_form(form: str, tmp_path: Path) -> None:
    program = ["[0]=scene(m)", "[1]=filter_action([0], sit)", "[2]=relate([1], before)",
               "?=query_direction([2])"]  # fmt: skip
    record = {"question": "Where?", "program": program, "babel_id": "12", "answer": "left"}
    if form == "dict":
        path = tmp_path / "questions.json"
        path.write_text(json.dumps({"000007": record}))
    elif form == "list":
        path = tmp_path / "questions.json"
        path.write_text(json.dumps([[7, "Where?", program, "12", "left"]]))
    else:
        path = tmp_path / "questions.jsonl"
        path.write_text(json.dumps({"id": "000007", "split": "val", **record}) + "\n")
    question = read_babelqa(path)[0]
    assert (question.id, question.query, question.relation) == ("000007", "direction", "before")


# --- real packs --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(data_dir: Path) -> list[LabelledClip]:
    return load_clips(data_dir, ["utd_mhad", "hdm05", "ui_prmd"])


def test_real_clips_speak_and_split_by_people(real: list[LabelledClip]) -> None:
    train, held = split(real)
    assert {c.person for c in held if c.pack == "ui_prmd"} == HELD_OUT["ui_prmd"]
    assert not {(c.pack, c.person) for c in train} & {(c.pack, c.person) for c in held}
    assert all(c.says for c in real)


def test_named_sides_agree_with_geometry(real: list[LabelledClip]) -> None:
    named = [
        c for c in real
        if c.side_named and c.side in ("left", "right") and c.label != "depositFloorR"
        and c.limb == "hand"
    ]  # fmt: skip
    found = [active_side(c.motion.joints, c.limb or "") for c in named]
    wrong = [c.label for c, side in zip(named, found, strict=True) if side not in (None, c.side)]
    assert len(named) > 200 and len(wrong) <= 0.03 * len(named)


def test_the_question_alone_does_not_answer(real: list[LabelledClip]) -> None:
    library = ClipLibrary(real)
    rng = np.random.default_rng(5)
    fit, test = (
        [q for _ in range(250) for q in ask_about(library.draw(rng), rng)] for _ in range(2)
    )
    rows = {leak.type: leak for leak in leaks(fit, test)}
    assert rows["yes_no"].question_only < 0.58
    assert rows["count"].question_only < 0.3


def test_exported_questions_are_balanced_and_readable(data_dir: Path, tmp_path: Path) -> None:
    path = export_eval_set(
        data_dir, tmp_path, per_type=12, types=("side", "correct", "count", "yes_no", "cant_tell")
    )
    rows = list(rows_of(path))
    by_type = Counter(row["type"] for row in rows)
    assert by_type["side"] == by_type["side_mirrored"] and by_type["cant_tell"] == 12
    unsettled = [row for row in rows if row["type"] == "cant_tell" and row["answer"] is None]
    assert len(unsettled) == 6
    with np.load(tmp_path / rows[0]["motion"], allow_pickle=False) as arrays:
        assert arrays["joints"].shape[1:] == (22, 3) and int(arrays["schema"]) == 1
    pairs = {row["pair"]: row for row in rows if row["type"] == "side"}
    for row in rows:
        if row["type"] == "side_mirrored":
            assert row["answer"] == swap_sides(pairs[row["pair"]]["answer"])


BABEL_LINES = (
    '{"id": "1", "babel_id": "9", "question": "What action does the person do before they squat?",'
    ' "program": ["[1]=filter_action([0], squat)", "[2]=relate([1], before)",'
    ' "?=query_action([2])"], "answer": "wave"}\n'
    '{"id": "2", "babel_id": "9", "question": "What body part does the person use before they move'
    ' left and after they sit?", "program": ["[2]=relate([1], before)", "[4]=relate([3], after)",'
    ' "?=query_body_part([5])"], "answer": "left leg"}\n'
)


def test_babel_wordings_leave_room_for_our_acts(tmp_path: Path) -> None:
    path = tmp_path / "babel.jsonl"
    path.write_text(BABEL_LINES)
    assert babel_wordings(path) == {
        ("action", ("before",)): ("What action does the person do before they {}?",),
        ("body_part", ("before", "after")): (
            "What body part does the person use before they {} and after they {}?",
        ),
    }


def test_babel_words_ask_for_what_stands_beside_the_named_act() -> None:
    wordings = {
        ("action", ("before",)): ("What before they {}?",),
        ("action", ("while",)): ("What while they {}?",),
        ("body_part", ("before", "after")): ("What part before they {} and after they {}?",),
    }
    segments = tuple(
        Segment(float(at), at + 1.0, at, action=name, body_part=part)
        for at, (name, part) in enumerate(
            [("walk", None), ("kick", "left leg"), ("sit", None)]
        )
    )  # fmt: skip
    motion = Motion(np.tile(np.random.default_rng(0).normal(size=(1, 22, 3)), (60, 1, 1)), 20)
    scene = Scene(Sequence(motion, segments), random.Random(0))
    asked = {q.question: q for q in ask_in_babel_words(scene, wordings, np.random.default_rng(0))}
    assert asked["What while they use their left leg?"].answer == "kick"
    between = asked["What part before they sit and after they walk?"]
    assert (between.answer, between.span_s) == ("left leg", (1.0, 2.0))
    assert asked["What before they kick?"].answer == "walk"
    assert "What while they kick?" not in asked  # an act that is asked for has another name
