"""``report.md``: the figures of ``report.json`` as tables to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llamo.evaluation.tables import head, sections, share, table, with_interval


def report_text(report: Mapping[str, Any], anchors: str = "") -> str:
    """The report in Markdown.

    Args:
        report: As in ``report.json``.
        anchors: Published figures to stand at the end, in tables of their own.
    """
    return sections(
        _head(report), _accuracy(report), _controls(report), _counting(report),
        _abstention(report), _calibration(report), _people(report), anchors,
    )  # fmt: skip


def _head(report: Mapping[str, Any]) -> str:
    facts = [
        f"protocol `{report['protocol']}`, averaged `{report['aggregate']}`; "
        f"{report['overall']['n']} questions on {report['motions']} motions"
    ]
    if "up" in report:
        facts.append(f"up axis: {report['up']['axis']} ({report['up']['decided']})")
    return head(report, facts)


def _accuracy(report: Mapping[str, Any]) -> str:
    controls = report["controls"]
    rows = [["", "n", f"`{report['protocol']}`", "`exact`", *(f"{name}" for name in controls)]]
    overall = {**report["overall"], "exact": report["exact"]}
    for name, one in {"all": overall, **report["by_type"]}.items():
        beside = [
            control if name == "all" else control["by_type"][name] for control in controls.values()
        ]
        figures = (with_interval(one), share(one["exact"]["accuracy"]), *map(with_interval, beside))
        rows.append([name, str(one["n"]), *figures])
    rows.append(["macro", "", with_interval(report["macro"])] + [""] * (len(controls) + 1))
    return "## Accuracy, beside the controls\n\n" + table(rows)


def _controls(report: Mapping[str, Any]) -> str:
    if not report["controls"]:
        return ""
    rows = [["control", "model minus control", "n", "fit"]]
    for name, control in report["controls"].items():
        gain = control["gain"]
        points = with_interval({"accuracy": gain["points"], "ci95": gain["ci95"]})
        rows.append([name, points, str(control["n"]), control.get("fit", "")])
    return "## How far above the controls, question by question\n\n" + table(rows)


def _counting(report: Mapping[str, Any]) -> str:
    rows = [["type", "n", "OBZ", "OBO", "MAE (g+0.1)", "MAE (g+1e-9)", "RMSE", "no count"]]
    for kind, one in report.get("counting", {}).items():
        names = ("obz", "obo", "mae", "mae_poserac", "rmse")
        rows.append([kind, str(one["n"]), *(share(one[name]) for name in names),
                     str(one["without_count"])])  # fmt: skip
    return "## Counting\n\n" + table(rows) if len(rows) > 1 else ""


def _abstention(report: Mapping[str, Any]) -> str:
    rows = [["says that it cannot tell", "share", "n"]]
    for name, one in report["abstention"].items():
        rows.append([f"where it {name.replace('_', ' ')}", with_interval(one), str(one["n"])])
    return "## Abstention\n\n" + table(rows)


def _calibration(report: Mapping[str, Any]) -> str:
    known = report["calibration"]
    if known is None:
        return ""
    rows = [["answered (most confident first)", "wrong among them", "confidence from"]]
    rows += [
        [share(point["coverage"]), share(point["risk"]), share(point["threshold"])]
        for point in known["risk_coverage"][1::2]
    ]
    ece = f"ECE {share(known['ece'])} ({known['bins']} bins, n {known['n']}), "
    ece += f"{share(known['ece_answered'])} where it answered; "
    ece += f"mean confidence {share(known['mean_confidence'])}."
    return f"## Calibration\n\n{ece}\n\n" + table(rows)


def _people(report: Mapping[str, Any]) -> str:
    known = report.get("by_person")
    if known is None:
        return ""
    rows = [["", "people", "mean", "sd", "lowest", "highest"]]
    for name, one in {"all": known["overall"], **known["by_type"]}.items():
        if one is not None:
            figures = (share(one[value]) for value in ("mean", "sd", "min", "max"))
            rows.append([name, str(len(one["people"])), *figures])
    return "## Spread over people\n\n" + table(rows)
