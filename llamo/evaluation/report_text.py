"""``report.md``: the figures of ``report.json`` as tables to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def report_text(report: Mapping[str, Any], anchors: str = "") -> str:
    """The report in Markdown.

    Args:
        report: As in ``report.json``.
        anchors: Published figures to stand at the end, in tables of their own.
    """
    parts = [_head(report), _accuracy(report), _controls(report)]
    parts += [_counting(report), _abstention(report), _calibration(report), _people(report)]
    return "\n\n".join(part for part in (*parts, anchors.strip()) if part) + "\n"


def _head(report: Mapping[str, Any]) -> str:
    up = report.get("up")
    lines = [
        f"# {report['benchmark']}: {report['model']}",
        "",
        f"- protocol `{report['protocol']}`, averaged `{report['aggregate']}`; "
        f"{report['overall']['n']} questions on {report['motions']} motions",
        "- intervals: 95 %, bootstrap over motions",
        f"- command: `{report['command']}`",
        f"- data: sha256 `{report['data_sha256']}`",
    ]
    if up is not None:
        lines.append(f"- up axis: {up['axis']} ({up['decided']})")
    return "\n".join(lines)


def _accuracy(report: Mapping[str, Any]) -> str:
    controls = report["controls"]
    rows = [["", "n", f"`{report['protocol']}`", "`exact`", *(f"{name}" for name in controls)]]
    overall = {**report["overall"], "exact": report["exact"]}
    for name, one in {"all": overall, **report["by_type"]}.items():
        beside = [
            control if name == "all" else control["by_type"][name] for control in controls.values()
        ]
        figures = (_figure(one), _share(one["exact"]["accuracy"]), *map(_figure, beside))
        rows.append([name, str(one["n"]), *figures])
    rows.append(["macro", "", _figure(report["macro"])] + [""] * (len(controls) + 1))
    return "## Accuracy, beside the controls\n\n" + _table(rows)


def _controls(report: Mapping[str, Any]) -> str:
    if not report["controls"]:
        return ""
    rows = [["control", "model minus control", "n", "fit"]]
    for name, control in report["controls"].items():
        gain = control["gain"]
        points = _figure({"accuracy": gain["points"], "ci95": gain["ci95"]})
        rows.append([name, points, str(control["n"]), control.get("fit", "")])
    return "## How far above the controls, question by question\n\n" + _table(rows)


def _counting(report: Mapping[str, Any]) -> str:
    rows = [["type", "n", "OBZ", "OBO", "MAE (g+0.1)", "MAE (g+1e-9)", "RMSE", "no count"]]
    for kind, one in report.get("counting", {}).items():
        names = ("obz", "obo", "mae", "mae_poserac", "rmse")
        rows.append([kind, str(one["n"]), *(_share(one[name]) for name in names),
                     str(one["without_count"])])  # fmt: skip
    return "## Counting\n\n" + _table(rows) if len(rows) > 1 else ""


def _abstention(report: Mapping[str, Any]) -> str:
    rows = [["says that it cannot tell", "share", "n"]]
    for name, one in report["abstention"].items():
        rows.append([f"where it {name.replace('_', ' ')}", _figure(one), str(one["n"])])
    return "## Abstention\n\n" + _table(rows)


def _calibration(report: Mapping[str, Any]) -> str:
    known = report["calibration"]
    if known is None:
        return ""
    rows = [["answered (most confident first)", "wrong among them", "confidence from"]]
    rows += [
        [_share(point["coverage"]), _share(point["risk"]), _share(point["threshold"])]
        for point in known["risk_coverage"][1::2]
    ]
    ece = f"ECE {_share(known['ece'])} ({known['bins']} bins, n {known['n']}), "
    ece += f"{_share(known['ece_answered'])} where it answered; "
    ece += f"mean confidence {_share(known['mean_confidence'])}."
    return f"## Calibration\n\n{ece}\n\n" + _table(rows)


def _people(report: Mapping[str, Any]) -> str:
    known = report.get("by_person")
    if known is None:
        return ""
    rows = [["", "people", "mean", "sd", "lowest", "highest"]]
    for name, one in {"all": known["overall"], **known["by_type"]}.items():
        if one is not None:
            figures = (_share(one[value]) for value in ("mean", "sd", "min", "max"))
            rows.append([name, str(len(one["people"])), *figures])
    return "## Spread over people\n\n" + _table(rows)


def _figure(one: Mapping[str, Any]) -> str:
    if one["accuracy"] is None:
        return "-"
    low, high = one["ci95"]
    return f"{_share(one['accuracy'])} [{_share(low)}, {_share(high)}]"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])
