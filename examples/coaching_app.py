"""A whole coaching app: open a clip once, measure it, ask it, compare it, write the report.

python examples/coaching_app.py examples/squats.npz --exercise squat --reference coach.npz
"""

from __future__ import annotations

import argparse
from pathlib import Path

from llamo import Assistant, LlamoError, Session

QUESTIONS = ("What does the person do?", "How many times?", "Which hand does the person use?")


def coach(session: Session, exercise: str | None, reference: str | None, report: Path) -> None:
    """Everything that a coach wants to know of one clip."""
    print(session.describe())
    count = session.count()
    print(f"{count.count} repetitions (confidence {count.confidence:.2f})")
    if exercise is not None:
        measured = session.measure(exercise=exercise)
        for finding in measured.findings:
            print(f"  {finding.measurement}  {finding.verdict}")
        for finding in measured.to_work_on:
            print(f"  work on: {finding.advice}")
    if reference is not None:
        different = [one for one in session.compare(reference, exercise).differences if one.clear]
        for one in different[:5]:
            print(f"  beside the reference, {one}")
    for answer in session.assistant.answer_batch([(session, one) for one in QUESTIONS]):
        print(f"{answer.question} {answer}  (confidence {answer.confidence:.2f})")
    found = session.find("When does the person squat?")
    print(
        "squats:", [f"{one.start_s:.1f}-{one.end_s:.1f} s" for one in found.spans] or found.reason
    )
    session.report(report, QUESTIONS, exercise=exercise)
    print(f"report: {report}")


def main() -> None:
    """Read the command line, coach, say in one line what is wrong with the input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", help="motion file or video")
    parser.add_argument("--exercise", help="such as squat, or a .yaml of your own")
    parser.add_argument("--reference", help="clip of someone who does it well")
    parser.add_argument("--report", type=Path, default=Path("report.html"))
    parser.add_argument("--model", help="weights folder; llamo-tiny by default")
    options = parser.parse_args()
    try:
        session = Assistant.from_pretrained(options.model).open(options.clip)
        coach(session, options.exercise, options.reference, options.report)
    except LlamoError as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main()
