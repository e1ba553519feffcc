"""Evaluation: protocol vocab, figures, controls, resumable runs, BABEL-QA, selection."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llamo.data.splice import Segment, Sequence
from llamo.errors import InvalidData, UnreadableFile
from llamo.evaluation.babel_qa import evaluate_babel_qa, read_babel_qa
from llamo.evaluation.controls import majority, mean_pose, question_only, shuffled
from llamo.evaluation.guidance import (
    Asked,
    OppositeQuestions,
    measure_guidance,
    opposite_questions,
)
from llamo.evaluation.humman_qa import evaluate_humman_qa
from llamo.evaluation.items import Clip, Item, read_items
from llamo.evaluation.metrics import (
    category_weights,
    counting,
    expected_calibration_error,
    figure,
    macro,
    risk_coverage,
    spread,
)
from llamo.evaluation.predictions import Output
from llamo.evaluation.qa import evaluate_qa
from llamo.evaluation.scorer import Scorer
from llamo.evaluation.selection import (
    Selection,
    common_share,
    jaccard,
    measure_overlap,
    measure_selection,
    random_common_share,
    share_inside,
    uniform_times,
)
from llamo.evaluation.verbs import infinitive
from llamo.evaluation.vocab import Vocabulary, normalise, score, stands_in_order
from llamo.motion import Motion

# --- the answer normaliser ---------------------------------------------------------------------

INFINITIVES = """
sits sit | sitting sit | sat sit | ran run | running run | waving wave | waves wave | waved wave
taken take | took take | taking take | clapping clap | clapped clap | raising raise | crosses cross
rolling roll | bowling bowl | threw throw | catches catch | pushes push | boxing box | boxes box
jogging jog | squatting squat | kneeling kneel | knelt kneel | lunges lunge | lunging lunge
circling circle | juggling juggle | rotated rotate | saluting salute | swinging swing | swung swing
hopping hop | moving move | used use | skating skate | dancing dance | stretching stretch
swiping swipe | drawing draw | knocked knock | carries carry | carried carry | stopping stop
passing pass | adding add | squeezing squeeze | buzzes buzz | lying lie | lies lie | opening open
leaving leave | changing change | shrugging shrug | nodding nod | sways sway | is be | does do
writing write | stood stand | exercising exercise | balances balance | bent bend | hands hand
""".replace("|", "\n").strip()  # fmt: skip


@pytest.mark.parametrize("pair", INFINITIVES.split("\n"))
def test_inflected_verbs_become_infinitives(pair: str) -> None:
    inflected, expected = pair.split()
    assert infinitive(inflected) == expected
    assert infinitive(expected) == expected


NO_VERBS = "left right something thing king yes this across during speed need bed red"


@pytest.mark.parametrize("word", NO_VERBS.split())
def test_words_that_only_look_inflected_stay(word: str) -> None:
    assert infinitive(word) == word


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The person is waving, twice!", "person be wave 2"),
        ("An apple a day", "apple day"),
        ("twenty-one", "21"),
        ("two hundred and five times", "205 time"),
        ("a hundred", "100"),
        ("one two three", "1 2 3"),
        ("twenty fifteen", "20 15"),
        ("2.50 m", "2.5 m"),
        ("10.", "10"),
        ("1,000", "1000"),
        ("2-10", "2 10"),
        ("-5 deg", "-5 deg"),
        ("90°", "90"),
        ("take/pick something up", "take pick something up"),
        ("can't", "cant"),
        ("  ", ""),
        ("…!?", ""),
    ],
)
def test_text_is_normalised(text: str, words: str) -> None:
    assert " ".join(normalise(text)) == words


def test_words_stand_in_order_but_need_not_be_neighbours() -> None:
    assert stands_in_order(("pick", "up"), ("pick", "box", "up"))
    assert not stands_in_order(("pick", "up"), ("up", "pick"))
    assert not stands_in_order(("hop", "hop"), ("hop",))


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("wave", "wave"),
        ("She waves.", "wave"),
        ("She waves both of her hands", "wave both hands"),
        ("They jump, then wave both hands", "wave both hands"),  # longest in words
        ("They wave and jump", None),  # two of one word
        ("both hands wave", "wave"),  # the longer entry's words are out of order
        ("clapping", None),
        ("", None),
        ("not correct", "not correct"),
        ("No, it is not correct", "not correct"),
        ("It is correct", "correct"),
        ("incorrect", None),
        ("10", "10"),
        ("ten times", "10"),
        ("one", "1"),
        ("1 or 10", None),
        ("100", None),
        ("take or pick something up", "take/pick something up"),
        ("He takes something, picks it up", None),
    ],
)
def test_text_is_matched_to_the_longest_entry(text: str, entry: str | None) -> None:
    answers = ["wave", "wave both hands", "jump", "correct", "not correct", "1", "10"]
    assert Vocabulary([*answers, "take/pick something up"]).match(text) == entry


def test_entries_that_normalise_alike_are_one() -> None:
    vocabulary = Vocabulary(["walk", "walking", "the walk"])
    assert len(vocabulary) == 1
    assert vocabulary.match("walks slowly") == "walk"


def scored(text: str, answer: str | None, *accept: str, abstained: bool = False) -> tuple:
    one = score(text, abstained, answer, accept, Vocabulary(["walk", "run", "left hand"]))
    return one.prediction, one.correct, one.exact


def test_answer_and_accepted_answers_are_right() -> None:
    assert scored("walk", "walk") == ("walk", True, True)
    assert scored("The person walks.", "walk") == ("walk", True, False)
    assert scored("run", "walk") == ("run", False, False)
    assert scored("run", "walk", "run") == ("run", True, True)
    assert scored("strolls", "walk", "stroll") == ("stroll", True, False)
    assert scored("strolls", "run") == (None, False, False)
    assert scored("walk or run", "walk", "run") == (None, False, False)


def test_abstention_is_right_only_where_nothing_can_be_told() -> None:
    assert scored("I can't tell", None, abstained=True) == (None, True, True)
    assert scored("walk", None) == ("walk", False, False)
    assert scored("I can't tell: they walk", "walk", abstained=True) == (None, False, False)


# --- figures -----------------------------------------------------------------------------------


def test_accuracy_counts_and_its_interval_holds_it() -> None:
    one = figure([True, True, False, True], list("abcd"))
    assert one["accuracy"] == 0.75
    assert one["n"] == 4
    assert one["ci95"][0] < 0.75 <= one["ci95"][1]
    assert one == figure([True, True, False, True], list("abcd"))
    assert figure([], []) == {"accuracy": None, "n": 0, "ci95": [None, None]}


def test_interval_is_wider_when_questions_share_motions() -> None:
    correct = [True] * 50 + [False] * 50
    apart = figure(correct, range(100))["ci95"]
    together = figure(correct, [i // 10 for i in range(100)])["ci95"]
    assert apart[1] - apart[0] == pytest.approx(0.196, abs=0.02)  # 2 * 1.96 * sqrt(.25 / 100)
    assert together[1] - together[0] == pytest.approx(0.196 * 10**0.5, abs=0.08)


def test_macro_counts_each_group_alike() -> None:
    one = macro([True, True, True, False], ["a", "a", "a", "b"], range(4))
    assert one["accuracy"] == 0.5
    assert one["ci95"][0] <= 0.5 <= one["ci95"][1]


def test_mean_of_batch_means() -> None:
    # batches of four: members 1 of 1 right, then 1 of 3 right -> (1 + 1/3) / 2
    member = np.array([True, False, False, False, True, True, True, False])
    correct = np.array([True, True, False, False])
    one = figure(correct, range(4), weights=category_weights(member))
    assert one["accuracy"] == pytest.approx((1 + 1 / 3) / 2)


def test_calibration_error_by_hand() -> None:
    assert expected_calibration_error([1.0, 1.0], [True, True]) == 0
    assert expected_calibration_error([1.0, 1.0], [True, False]) == 0.5
    # two bins: |1 - .9| and |0 - .1|, each half of the answers
    assert expected_calibration_error([0.9, 0.1], [True, False]) == pytest.approx(0.1)
    # one bin: over- and underconfidence cancel within it
    assert expected_calibration_error([0.5, 0.5], [True, False]) == pytest.approx(0)
    assert expected_calibration_error([], []) is None


def test_risk_grows_with_coverage() -> None:
    curve = risk_coverage([0.9, 0.8, 0.7, 0.6], [True, True, False, False], points=4)
    assert [point["coverage"] for point in curve] == [0.25, 0.5, 0.75, 1]
    assert [point["risk"] for point in curve] == pytest.approx([0, 0, 1 / 3, 0.5])
    assert [point["threshold"] for point in curve] == [0.9, 0.8, 0.7, 0.6]
    ties = risk_coverage([0.5, 0.5], [True, False], points=2)
    assert [point["risk"] for point in ties] == [0.5, 0.5]


def test_counting_by_hand() -> None:
    one = counting([5, 4.6, 2, None], [5, 4, 4, 2])  # errors 0, 1 (4.6 is 5), 2, none given
    assert one["obz"] == 0.25
    assert one["obo"] == 0.5
    assert one["mae"] == pytest.approx((0 + 1 / 4.1 + 2 / 4.1 + 2 / 2.1) / 4)
    assert one["mae_poserac"] == pytest.approx((0 + 1 / 4 + 2 / 4 + 1) / 4)
    assert one["rmse"] == pytest.approx(((0 + 1 + 4 + 4) / 4) ** 0.5)
    assert one["without_count"] == 1
    assert counting([], [])["obo"] is None


def test_spread_over_people() -> None:
    one = spread([True, True, False, True], ["7", "7", "9", None])
    assert one is not None
    assert one["people"] == {"7": {"accuracy": 1.0, "n": 2}, "9": {"accuracy": 0.0, "n": 1}}
    assert (one["mean"], one["min"], one["max"]) == (0.5, 0, 1)
    assert spread([True], [None]) is None


# --- controls ----------------------------------------------------------------------------------


def item(number: int, question: str, answer: str | None, kind: str = "action") -> Item:
    clip = Clip(f"{number}.npz")
    return Item(f"line {number}", str(number), clip, question, answer, kind, groups=(kind,))


def test_majority_is_the_most_frequent_answer_of_its_type() -> None:
    items = [
        item(0, "?", "walk"), item(1, "?", "walks"), item(2, "?", "run"),
        item(3, "?", None, "side"), item(4, "?", None, "side"), item(5, "?", "left", "side"),
    ]  # fmt: skip
    assert majority(items) == ["walk", "walk", "walk", None, None, None]


def test_question_only_finds_a_leak_and_finds_none_where_there_is_none(
    rng: np.random.Generator,
) -> None:
    leaky = [
        item(i, f"Which hand does person {i} use to {act}?", answer)
        for i in range(40)
        for act, answer in [("wave", "left"), ("throw", "right")]
    ]
    guesses, fit = question_only(leaky)
    assert fit == "self"
    assert np.mean([guess == one.answer for guess, one in zip(guesses, leaky, strict=True)]) == 1
    fair = [item(i, "Which hand?", str(rng.choice(["left", "right"]))) for i in range(200)]
    guesses, _ = question_only(fair)
    assert np.mean([guess == one.answer for guess, one in zip(guesses, fair, strict=True)]) < 0.6


def test_question_only_never_sees_another_question_on_the_same_clip() -> None:
    same = [
        Item("", str(i), Clip(f"{i // 2}.npz"), f"clip number {i // 2}", f"answer {i // 2}", "x")
        for i in range(20)
    ]
    guesses, _ = question_only(same)
    assert not any(guess == one.answer for guess, one in zip(guesses, same, strict=True))


def test_question_only_fits_on_training_questions_where_given() -> None:
    train = [item(0, "up?", "yes"), item(1, "down?", "no")] * 5
    guesses, fit = question_only([item(7, "up?", "no"), item(8, "down?", "no")], train)
    assert (guesses, fit) == (["yes", "no"], "train")


def test_mean_pose_keeps_length_and_weighs_by_confidence() -> None:
    joints = np.zeros((3, 22, 3), np.float32)
    joints[:, :, 1] = np.array([0, 1, 5])[:, None]
    still = mean_pose(Motion(joints, 20))
    assert len(still) == 3
    assert still.fps == 20
    assert np.allclose(still.joints[:, :, 1], 2)
    confidence = np.ones((3, 22), np.float32)
    confidence[2] = 0  # the frame at height 5 was not seen
    still = mean_pose(Motion(joints, 20, confidence=confidence))
    assert np.allclose(still.joints[:, :, 1], 0.5)
    assert np.allclose(still.confidence, 2 / 3)


def test_shuffled_shows_another_clip_of_the_type_with_another_answer() -> None:
    items = [item(i, "?", answer) for i, answer in enumerate(["walk", "walks", "run", None])]
    items += [item(9, "?", "left", "side")]
    partners = shuffled(items, seed=3)
    assert set(partners) == {0, 1, 2, 3}  # "side" has one answer only
    assert all(
        partner.type == items[i].type and partner.key != items[i].key
        for i, partner in partners.items()
    )
    assert partners == shuffled(items, seed=3)


# --- whole runs, with a small fake in the assistant's place --------------------------------------


@dataclass
class FakeAnswer:
    answer: str
    confidence: float
    abstained: bool = False


@dataclass
class FakeAssistant:
    """Tells the height that the clip's pelvis reaches: a still clip is one, its motion another."""

    name: str = "fake"
    fingerprint: str = "of these weights"
    fail_after: int | None = None
    opened: list[Any] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, clip: str | Motion, fps: float | None = None, up: str | None = None) -> float:
        from llamo.formats import read_motion

        self.opened.append(clip)
        motion = clip if isinstance(clip, Motion) else read_motion(clip, fps=fps, up=up)
        return float(motion.joints[:, 0, 1].max())

    def answer_batch(
        self,
        pairs: list[tuple[float, str]],
        batch_size: int = 64,
        use_motion_tokens: bool = True,
        use_kinematic_text: bool = True,
    ) -> list[FakeAnswer]:
        answers = []
        for height, question in pairs:
            if self.fail_after is not None and len(self.asked) >= self.fail_after:
                raise KeyboardInterrupt
            self.asked.append(question)
            if "why" in question:
                answers.append(FakeAnswer("I can't tell: no sound.", 0.9, abstained=True))
            elif not use_motion_tokens:
                answers.append(FakeAnswer("no idea", 0.1))
            else:
                answers.append(FakeAnswer("It jumps." if height > 1.2 else "It walks.", 0.8))
        return answers


def standing(frames: int = 20) -> np.ndarray:
    """(T, 22, 3) a pose with the pelvis at 1 m and the head at 1.6 m, y-up."""
    joints = np.zeros((frames, 22, 3), np.float32)
    heights = np.linspace(0, 1.6, 22)
    joints[:, :, 1] = heights
    joints[:, 0, 1], joints[:, 15, 1] = 1.0, 1.6
    joints[:, [1, 4, 7, 10, 13, 16, 18, 20], 0] = 0.2
    joints[:, [2, 5, 8, 11, 14, 17, 19, 21], 0] = -0.2
    return joints


def jumping() -> np.ndarray:
    joints = standing()
    joints[8:12, :, 1] += 0.5  # the mean pose lies 0.1 m above standing
    return joints


def write_lines(path: Path, lines: list[dict[str, Any] | str]) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    lines: list[dict[str, Any] | str] = []
    for i in range(6):
        answer = "jump" if i % 2 else "walk"
        joints = jumping() if i % 2 else standing()
        np.savez(folder / f"{i}.npz", joints=joints, fps=20.0, skeleton="smpl22", schema=1)
        about = {"motion": f"{i}.npz", "person": i // 2}
        lines.append(
            {"id": f"a{i}", **about, "question": "What?", "answer": answer, "type": "action"}
        )
        lines.append({"id": i, **about, "question": "why?", "answer": None, "type": "reason"})
    return write_lines(folder / "questions.jsonl", lines)


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_run_writes_report_and_predictions(questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    seen: list[tuple[int, int]] = []
    report = evaluate_qa(
        questions, out, FakeAssistant(), batch_size=5, command="llamo eval qa",
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert json.loads((out / "report.json").read_text()) == report
    assert {
        "protocol", "overall", "exact", "by_type", "controls", "model", "command", "data_sha256",
        "calibration", "by_person",
    } <= set(report)  # fmt: skip
    assert report["protocol"] == "vocab"
    assert report["model"] == "fake"
    assert report["overall"]["accuracy"] == 1
    assert report["overall"]["n"] == 12
    assert report["exact"]["accuracy"] == 0.5  # "It jumps." is no string match
    assert list(report["by_type"]) == ["action", "reason"]
    controls = report["controls"]
    assert controls["majority"]["by_type"]["action"]["accuracy"] == 0.5
    assert controls["question_only"]["fit"] == "self"
    assert controls["zeroed_motion"]["by_type"]["action"]["accuracy"] == 0.5  # all stand still
    assert controls["zeroed_tokens"]["by_type"]["action"]["accuracy"] == 0
    assert controls["zeroed_text"]["by_type"]["action"]["accuracy"] == 1
    assert controls["shuffled_motion"]["by_type"]["action"]["accuracy"] == 0
    assert controls["shuffled_motion"]["n"] == 6  # "reason" has no other answer
    assert controls["zeroed_motion"]["gain"]["points"] == pytest.approx(0.25)
    assert report["abstention"]["cannot_be_settled"]["accuracy"] == 1
    assert report["abstention"]["can_be_settled"]["accuracy"] == 0
    assert report["by_person"]["overall"]["people"]["2"]["n"] == 4
    assert seen[-1] == (54, 54)  # 12 questions, 3 zeroed controls, 6 shuffled
    text = (out / "report.md").read_text()
    assert all(name in text for name in ("majority", "shuffled_motion", "ECE", "Spread"))
    lines = read_lines(out / "predictions.jsonl")
    assert [line["id"] for line in lines] == [line["id"] for line in read_lines(questions)]
    assert lines[2] == {
        **read_lines(questions)[2],
        "text": "It jumps.", "prediction": "jump", "correct": True, "confidence": 0.8,
        "abstained": False,
    }  # fmt: skip


def test_each_clip_is_opened_once_and_asked_in_batches(questions: Path, tmp_path: Path) -> None:
    assistant = FakeAssistant()
    evaluate_qa(questions, tmp_path / "out", assistant, batch_size=3, controls=False)
    assert len(assistant.opened) == 6
    assert len(assistant.asked) == 12


def test_a_stopped_run_goes_on_where_it_was(questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        evaluate_qa(questions, out, FakeAssistant(fail_after=5), batch_size=2)
    assert len(read_lines(out / "predictions.jsonl")) == 4  # whole batches, whole lines
    with (out / "predictions.jsonl").open("a") as lines:
        lines.write('{"id": "cut sho')  # as a killed process leaves it
    assistant = FakeAssistant()
    report = evaluate_qa(questions, out, assistant, batch_size=2, controls=["majority"])
    assert len(assistant.asked) == 8
    assert report["overall"]["n"] == 12
    again = FakeAssistant()
    assert evaluate_qa(questions, out, again, controls=["majority"])["overall"] == report["overall"]
    assert not again.asked


def test_another_model_or_other_data_is_refused_unless_overwritten(
    questions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    evaluate_qa(questions, out, FakeAssistant(), controls=False)
    with pytest.raises(InvalidData, match=r"other model.*overwrite"):
        evaluate_qa(questions, out, FakeAssistant(name="other"), controls=False)
    with pytest.raises(InvalidData, match=r"other weights"):
        evaluate_qa(questions, out, FakeAssistant(fingerprint="of others"), controls=False)
    write_lines(questions, read_lines(questions)[:4])
    with pytest.raises(InvalidData, match="other data"):
        evaluate_qa(questions, out, FakeAssistant(), controls=False)
    report = evaluate_qa(questions, out, FakeAssistant(), controls=False, overwrite=True)
    assert report["overall"]["n"] == 4


def test_a_report_does_not_go_where_a_file_is(questions: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be a folder"):
        evaluate_qa(questions, questions, FakeAssistant(), controls=False)


def test_limit_asks_the_first_but_keeps_the_vocabulary(questions: Path, tmp_path: Path) -> None:
    report = evaluate_qa(questions, tmp_path / "out", FakeAssistant(), limit=1, controls=False)
    assert report["overall"]["n"] == 1
    assert read_lines(tmp_path / "out" / "predictions.jsonl")[0]["prediction"] == "walk"


def test_given_predictions_are_scored_without_a_model(questions: Path, tmp_path: Path) -> None:
    given = [{"id": one["id"], "answer": "jumping"} for one in read_lines(questions)]
    path = write_lines(tmp_path / "given.jsonl", [*given])
    report = evaluate_qa(questions, tmp_path / "out", predictions=path)
    assert report["overall"]["accuracy"] == 0.25
    assert set(report["controls"]) == {"majority", "question_only"}
    assert report["calibration"] is None
    assert report["model"] == "given.jsonl"
    write_lines(path, [*given[:3], {"id": given[3]["id"]}, "nonsense"])
    with pytest.raises(InvalidData, match=r"line 4: text .*line 5"):
        evaluate_qa(questions, tmp_path / "out2", predictions=path)
    write_lines(path, [*given[:3]])
    with pytest.raises(InvalidData, match="answers 3 of 12"):
        evaluate_qa(questions, tmp_path / "out2", predictions=path)


def test_questions_are_scored_without_their_motions(questions: Path, tmp_path: Path) -> None:
    for motion in questions.parent.glob("*.npz"):
        motion.unlink()
    lines = [{"id": one["id"], "text": "walks"} for one in read_lines(questions)]
    given = write_lines(tmp_path / "given.jsonl", [*lines])
    report = evaluate_qa(questions, tmp_path / "out", predictions=given)
    assert report["by_type"]["action"]["accuracy"] == 0.5
    assert report["motions"] == 6
    with pytest.raises(InvalidData, match="motion file 0.npz is not there"):
        evaluate_qa(questions, tmp_path / "out2", FakeAssistant())


def test_counts_are_read_as_numbers(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", joints=standing(), fps=20.0, skeleton="smpl22", schema=1)
    about = {"motion": "a.npz", "question": "How many?", "type": "count"}
    data = write_lines(
        tmp_path / "q.jsonl",
        [{"id": i, **about, "answer": count} for i, count in enumerate((2, 5))],
    )
    given = [{"id": 0, "text": "three times"}, {"id": 1, "text": "5"}]
    report = evaluate_qa(
        data, tmp_path / "out", predictions=write_lines(tmp_path / "p.jsonl", [*given])
    )
    assert report["counting"]["count"]["obo"] == 1
    assert report["counting"]["count"]["obz"] == 0.5
    assert report["overall"]["accuracy"] == 0.5  # 3 is not in the vocabulary: no prediction


def test_unknown_names_are_refused(questions: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="controls luck are not known"):
        evaluate_qa(questions, tmp_path, FakeAssistant(), controls=["luck"])
    with pytest.raises(InvalidData, match="protocol 'judge' is not known"):
        evaluate_qa(questions, tmp_path, FakeAssistant(), protocol="judge")
    with pytest.raises(InvalidData, match="nothing answers"):
        evaluate_qa(questions, tmp_path)


# --- bad data ------------------------------------------------------------------------------------

GOOD = {"id": "x", "motion": "m.npz", "question": "What?", "answer": "walk", "type": "action"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"question": ...}, "question missing"),
        ({"answer": ..., "type": ...}, "answer, type missing"),
        ({"motion": "gone.npz"}, "motion file gone.npz is not there"),
        ({"motion": "\0"}, "is not there"),
        ({"motion": "m.npy"}, "fps missing"),
        ({"motion": "m.npy", "fps": 0}, "fps must be a positive number, got 0"),
        ({"motion": "m.npy", "fps": "20"}, "fps must be"),
        ({"up": ["z"]}, "up must be a text"),
        ({"question": "x" * 3000}, "ask one thing at a time"),
        ({"unit": {}}, "unit must be a text"),
        ({"id": "first"}, "id 'first' stands on line 1 already"),
        ({"question": " "}, "question must be a text"),
        ({"answer": "the"}, "holds no word that counts"),
        ({"answer": True}, "answer must be a text"),
        ({"accept": "walk"}, "accept must be a list"),
        ({"id": None}, "id must be"),
    ],
)
def test_a_malformed_line_gets_one_clear_error(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    (tmp_path / "m.npz").touch()
    (tmp_path / "m.npy").touch()
    line = {name: value for name, value in {**GOOD, **change}.items() if value is not ...}
    path = write_lines(tmp_path / "q.jsonl", [{**GOOD, "id": "first"}, "", line])
    with pytest.raises(InvalidData) as caught:
        read_items(path)
    text = str(caught.value)
    assert "line 3: " in text
    assert message in text
    assert "\n" not in text


def test_lines_that_are_no_objects_are_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", ["{", "[1]", "nothing", *["{}"] * 5])
    with pytest.raises(InvalidData, match=r"line 1: not JSON.*line 2: expected.*and 3 more"):
        read_items(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read"):
        read_items(tmp_path / "gone.jsonl")
    (tmp_path / "q.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableFile, match="not UTF-8"):
        read_items(tmp_path / "q.jsonl")
    (tmp_path / "q.jsonl").write_text("\n")
    with pytest.raises(InvalidData, match="no questions"):
        read_items(tmp_path / "q.jsonl")


def test_a_clip_that_cannot_be_opened_names_its_line(questions: Path, tmp_path: Path) -> None:
    (questions.parent / "3.npz").write_bytes(b"no zip")
    with pytest.raises(InvalidData, match=r"questions.jsonl: line 7 \(id a3\)"):
        evaluate_qa(questions, tmp_path / "out", FakeAssistant(), controls=False)


def test_numbered_answers_and_clips_within_a_file_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "pack.npz").touch()
    line = {**GOOD, "motion": "pack.npz#12", "answer": 5, "id": 7}
    (one,) = read_items(write_lines(tmp_path / "q.jsonl", [line]))
    assert (one.answer, one.id, one.clip.file.name) == ("5", "7", "pack.npz")


# --- BABEL-QA ------------------------------------------------------------------------------------


def babel_question(babel_id: str, answer: str, query: str, relation: str) -> dict[str, Any]:
    return {
        "babel_id": babel_id, "program": [], "query_type": f"query_{query}",
        "relation_type": relation, "question": "What does the person do?", "answer": answer,
    }  # fmt: skip


@pytest.fixture
def babel(tmp_path: Path) -> Path:
    """Three motions, z-up as in AMASS: two that stand and one that jumps."""
    folder = tmp_path / "babel"
    for name, joints in (("11", standing()), ("22", jumping()), ("33", standing())):
        sequence = folder / "motion_sequences" / name
        sequence.mkdir(parents=True)
        np.save(sequence / "joints.npy", joints[..., [2, 0, 1]])  # y-up to z-up
    held = {
        "000001": babel_question("11", "walk", "action", "no_relation"),
        "000002": babel_question("22", "jump", "action", "before"),
        "000003": babel_question("33", "forward", "direction", "in_between"),
        "000004": babel_question("33", "walk", "action", "after"),
    }
    (folder / "questions.json").write_text(json.dumps(held))
    (folder / "motion_concepts.json").write_text(json.dumps({"11": []}))
    splits = {"train": ["000004"], "val": [], "test": [1, "000002", "000003"]}
    (folder / "split_question_ids.json").write_text(json.dumps(splits))
    return folder


def test_babel_qa_in_the_released_form(babel: Path, tmp_path: Path) -> None:
    report = evaluate_babel_qa(babel, "test", tmp_path / "out", FakeAssistant())
    assert report["up"] == {"decided": "auto", "axis": "z", "pelvis_to_head": [0.0, 0.0, 1.0]}
    assert list(report["by_type"]) == [
        "action", "direction", "body_part", "before", "after", "other", "no_relation"
    ]  # fmt: skip
    assert report["by_type"]["action"]["accuracy"] == 1
    assert report["by_type"]["direction"]["accuracy"] == 0
    assert report["by_type"]["other"]["n"] == 1
    assert report["by_type"]["body_part"]["accuracy"] is None
    assert report["overall"]["accuracy"] == pytest.approx(2 / 3)
    assert report["controls"]["question_only"]["fit"] == "train"
    assert report["controls"]["zeroed_motion"]["by_type"]["before"]["accuracy"] == 0
    text = (tmp_path / "out" / "report.md").read_text()
    assert ".458" in text
    assert "other protocols" in text
    assert read_lines(tmp_path / "out" / "predictions.jsonl")[0]["id"] == "000001"


def test_babel_qa_is_scored_without_its_motions(babel: Path, tmp_path: Path) -> None:
    import shutil

    shutil.rmtree(babel / "motion_sequences")
    given = write_lines(
        tmp_path / "p.jsonl", [{"id": f"00000{i}", "text": "walking"} for i in (1, 2, 3)]
    )
    report = evaluate_babel_qa(babel, "test", tmp_path / "out", predictions=given)
    assert report["overall"]["accuracy"] == pytest.approx(1 / 3)
    assert "up" not in report
    with pytest.raises(InvalidData, match=r"11/joints\.npy is not there"):
        evaluate_babel_qa(babel, "test", tmp_path / "out2", FakeAssistant())


def test_humman_qa_stands_beside_its_own_published_figures(babel: Path, tmp_path: Path) -> None:
    report = evaluate_humman_qa(babel, "test", tmp_path / "out", FakeAssistant(), controls=False)
    assert report["benchmark"] == "humman-qa test"
    assert report["overall"]["accuracy"] == pytest.approx(2 / 3)
    text = (tmp_path / "out" / "report.md").read_text()
    assert "0.752" in text and "0.901" in text
    assert "BABEL-QA" not in text


def test_babel_qa_as_lists_reads_types_off_the_program(babel: Path) -> None:
    program = [
        "[0]=scene(motion_seq)",
        "[1]=filter_direction([0], left)",
        "[2]=relate([1], before)",
    ]
    between = [*program, "[3]=filter_action([0], sit)", "[4]=relate([3], after)"]
    held = [
        ["000001", "What?", [*program, "?=query_action([2])"], "11", "walk"],
        ["000002", "What?", [*between, "?=query_body_part([5])"], "22", "left hand"],
        ["000003", "What?", [program[0], "?=query_direction([0])"], "22", "left"],
    ]
    (babel / "questions.json").write_text(json.dumps(held))
    (babel / "split_question_ids.json").write_text(json.dumps({"test": [1, 2, 3]}))
    groups = [one.groups for one in read_babel_qa(babel).items["test"]]
    assert groups == [("action", "before"), ("body_part", "other"), ("direction", "no_relation")]


def test_babel_qa_up_axis_is_asked_for_when_unclear(babel: Path, tmp_path: Path) -> None:
    for name in ("11", "22", "33"):
        np.save(babel / "motion_sequences" / name / "joints.npy", standing()[..., [1, 2, 0]])
    with pytest.raises(InvalidData, match=r"up axis is not clear.*--up"):
        evaluate_babel_qa(babel, "test", tmp_path / "out", FakeAssistant())
    with pytest.raises(InvalidData, match="split 'dev' has no questions"):
        evaluate_babel_qa(babel, "dev", tmp_path / "out", FakeAssistant())
    (babel / "motion_sequences" / "22" / "joints.npy").unlink()
    with pytest.raises(InvalidData, match=r"22/joints\.npy is not there"):
        evaluate_babel_qa(babel, "test", tmp_path / "out", FakeAssistant())


def test_babel_qa_averages_as_nspose_does(babel: Path, tmp_path: Path) -> None:
    report = evaluate_babel_qa(
        babel, "test", tmp_path / "out", FakeAssistant(), up="z", aggregate="nspose", controls=False
    )
    assert report["aggregate"] == "nspose"
    assert report["overall"]["accuracy"] == pytest.approx(2 / 3)  # one batch of three
    assert report["up"] == {"decided": "given", "axis": "z"}


def test_real_babel_qa_questions_have_known_types(data_dir: Path, tmp_path: Path) -> None:
    records = read_lines(data_dir / "text" / "babelqa_train_val.jsonl")
    (tmp_path / "questions.json").write_text(json.dumps({one["id"]: one for one in records}))
    splits = {
        split: [one["id"] for one in records if one["split"] == split] for split in ("train", "val")
    }
    (tmp_path / "split_question_ids.json").write_text(json.dumps(splits))
    data = read_babel_qa(tmp_path)
    assert {split: len(items) for split, items in data.items.items()} == {"train": 1800, "val": 384}
    val = data.items["val"]
    assert all(
        ("before" in one.question) == ("before" in one.groups or "other" in one.groups)
        for one in val
    )
    scorer = Scorer(val)
    for one in val:  # each answer, inflected or not, is recognised as itself
        assert scorer(one, Output(f"The person {one.answer}.", None, False)).correct
    guesses, fit = question_only(val, data.items["train"])
    right = [guess == one.answer for guess, one in zip(guesses, val, strict=True)]
    assert fit == "train"
    assert 0.35 < np.mean(right) < 0.6  # a vote on the question is far above chance


# --- selection -----------------------------------------------------------------------------------


def test_shares_and_overlaps_by_hand() -> None:
    assert share_inside([0.5, 1.0, 1.9, 2.0], (1.0, 2.0)) == 0.5
    assert share_inside([], (0, 1)) == 0
    assert uniform_times(8, 4).tolist() == [1, 3, 5, 7]
    assert common_share([1, 2, 3, 4], [3, 4, 5, 6]) == 0.5
    assert jaccard([1, 2, 3, 4], [3, 4, 5, 6]) == pytest.approx(1 / 3)
    assert common_share([1, 2], [1, 2, 3, 4]) == 1
    assert random_common_share(90, 16) == pytest.approx(0.18, abs=0.01)


def test_selection_is_measured_against_another_question_and_uniform_frames() -> None:
    guided = Selection("a", (0, 2), 8, [0.5, 1, 1.5, 6], [5, 6, 7, 1], True, False)
    blind = Selection("b", (6, 8), 8, [1, 3, 5, 7], [1, 3, 5, 7], True, True)
    report = measure_selection([guided, blind])
    assert report["inside"]["accuracy"] == 0.5  # (3/4 + 1/4) / 2
    assert report["inside_other"]["accuracy"] == 0.25
    assert report["inside_uniform"]["accuracy"] == 0.25
    assert report["gain_over_other"]["accuracy"] == 0.25
    assert report["forced_loss"]["accuracy"] == 0.5
    assert report["inside"]["n"] == 2
    overlap = measure_overlap([([1, 2], [2, 3]), ([4], [5])], ["a", "b"])
    assert overlap["common"]["accuracy"] == 0.25
    assert overlap["jaccard"]["accuracy"] == pytest.approx(1 / 6)


@dataclass
class FakeView:
    time_s: float
    frame: int


@dataclass
class GuidedAnswer(FakeAnswer):
    viewpoints: tuple[FakeView, ...] = ()


class GuidedAssistant:
    """Looks at the halves of a clip that ``before`` and ``after`` name, and says what it sees."""

    def open(self, clip: Motion) -> Motion:
        return clip

    def answer_batch(
        self,
        pairs: list[tuple[Motion, str]],
        batch_size: int = 64,
        forced_viewpoints: list[list[float]] | None = None,
    ) -> list[GuidedAnswer]:
        answers = []
        for i, (_, question) in enumerate(pairs):
            times = [0.2, 0.4] if "before" in question else [0.8, 0.4]
            if forced_viewpoints is not None:
                times = forced_viewpoints[i]
            views = tuple(FakeView(time, round(time * 20)) for time in times)
            answers.append(GuidedAnswer("walk" if times[0] < 0.5 else "sit", 1, viewpoints=views))
        return answers


def test_guidance_of_a_model_that_looks_where_it_is_told() -> None:
    motion = Motion(standing(), 20)
    pair = OppositeQuestions(
        0, motion, Asked("before the jump?", "walk", (0, 0.5)),
        Asked("after the jump?", "sit", (0.5, 1)), "order",
    )  # fmt: skip
    report = measure_guidance(GuidedAssistant(), [pair])
    assert report["inside"]["accuracy"] == 0.75
    assert report["inside_other"]["accuracy"] == 0.25
    assert report["correct"]["accuracy"] == 1
    assert report["correct_forced"]["accuracy"] == 0
    assert report["overlap"]["common"]["accuracy"] == 0.5
    with pytest.raises(InvalidData, match="no sequence"):
        measure_guidance(GuidedAssistant(), [])


def test_opposite_questions_name_the_neighbours_of_an_act() -> None:
    names = ("walk", "jump", "sit", "wave")
    segments = tuple(Segment(i, i + 1, i, action=name) for i, name in enumerate(names))
    pairs = opposite_questions([Sequence(Motion(standing(80), 20), segments)])
    order, place = pairs
    spans = {name: segment.span_s for name, segment in zip(names, segments, strict=True)}
    assert (order.first.answer, order.second.answer) in {("walk", "sit"), ("jump", "wave")}
    assert order.first.span_s == spans[order.first.answer]
    assert order.first.question != order.second.question
    assert (place.first.answer, place.second.answer) == ("walk", "wave")
