"""A settings class from a recipe's mapping, each value checked against its type."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from types import NoneType
from typing import Any, TypeVar, get_type_hints

from llamo.errors import InvalidData

Settings = TypeVar("Settings")


def build_settings(kind: type[Settings], content: Any, where: str) -> Settings:
    """A settings class from a mapping, and those inside it from theirs.

    Args:
        kind: A dataclass.
        content: As YAML gives it.
        where: For messages.

    Raises:
        InvalidData: No mapping, an unknown or missing key, or a value of another type.
    """
    if not isinstance(content, dict):
        raise InvalidData(f"{where} must be a mapping of settings, got {content!r}.")
    hints = get_type_hints(kind)
    if unknown := set(content) - set(hints):
        raise InvalidData(
            f"{where}: unknown {', '.join(map(str, sorted(unknown)))}; "
            f"known are {', '.join(one.name for one in fields(kind))}."  # type: ignore[arg-type]
        )
    values = {
        name: _value(hints[name], value, f"{where}: {name}") for name, value in content.items()
    }
    try:
        return kind(**values)
    except TypeError as error:
        raise InvalidData(f"{where}: {error}.") from None


def _value(hint: Any, value: Any, where: str) -> Any:
    options: tuple[Any, ...] = getattr(hint, "__args__", ())
    if value is None and NoneType in options:
        return None
    for one in (hint, *options):
        if is_dataclass(one) and getattr(hint, "__origin__", None) is not tuple:
            return build_settings(one, value, where)  # type: ignore[arg-type]
    if getattr(hint, "__origin__", None) is tuple:
        if not isinstance(value, list):
            raise InvalidData(f"{where} must be a list, got {value!r}.")
        return tuple(_value(options[0], one, where) for one in value)
    if hint is dict or getattr(hint, "__origin__", None) is dict:
        if not isinstance(value, dict):
            raise InvalidData(f"{where} must be a mapping, got {value!r}.")
        return value
    kinds = tuple(one for one in (options or (hint,)) if isinstance(one, type))
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if (isinstance(value, bool) and bool not in kinds) or not isinstance(value, kinds):
        names = " or ".join(one.__name__ for one in kinds)
        hint_text = " (YAML reads 1e-3 as a word; write 1.0e-3)" if isinstance(value, str) else ""
        raise InvalidData(f"{where} must be {names}, got {value!r}{hint_text}.")
    return value
