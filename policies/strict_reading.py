"""Reading JSON and YAML in which a key occurs once.

The usual readers keep the last of two equal keys and say nothing, so that half of a text can be lost unseen. Every
document that a person, a peer or this project wrote is read here, or by `trust.canonical`, which is stricter still;
``tomllib`` refuses duplicate keys itself.
"""

import json
from typing import Any, Final

import yaml
from typing_extensions import override

from presentation.messages import _

_Safe: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C twin is ten times as fast


class _UniqueKeys(_Safe):  # type: ignore[misc]  # chosen at run time
    """PyYAML's safe loader, which also refuses a key that occurs twice in one mapping."""

    @override
    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        own = [self.construct_object(key, deep=True) for key, _value in node.value if key.tag != _MERGE]
        for place, key in enumerate(own):
            if key in own[:place]:
                line = node.start_mark.line + 1
                raise ValueError(_("la clave {key!r} está dos veces (línea {line:d} o siguientes)", key=key, line=line))
        return super().construct_mapping(node, deep=deep)


_MERGE: Final = "tag:yaml.org,2002:merge"


def read_yaml(text: str | bytes) -> Any:
    """Parse YAML with PyYAML's safe types only.

    Raises:
        ValueError: a key occurs twice in a mapping, or a value is an impossible date.
        yaml.YAMLError, RecursionError: not YAML, or nested too deeply.
    """
    return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader


def read_json(data: str | bytes) -> Any:
    """Parse JSON; numbers that are not finite are refused too.

    Raises:
        ValueError: not JSON in UTF-8, or a key occurs twice in an object.
        RecursionError: nested too deeply.
    """
    return _JSON.decode(data.decode("utf-8") if isinstance(data, bytes) else data)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        keys = [key for key, _value in pairs]
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise ValueError(_("la clave {key!r} está dos veces", key=twice))
    return document


def _no_constant(name: str) -> None:
    raise ValueError(_("{name} no es JSON", name=name))


_JSON: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
