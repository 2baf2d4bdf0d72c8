"""Extract the messages of our packages from Python (``_``, ``say``, ``plural``) and from Jinja2 templates."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babel.messages import Catalog
from babel.messages.extract import extract_from_file

ROOT: Final = Path(__file__).resolve().parent.parent
TEMPLATES: Final = "templates"
"""Folders of this name hold Jinja2 templates."""
_ALSO: Final = ("deploy",)
_NEVER: Final = frozenset({"protos"})
_ONE_TEXT: Final = frozenset({"_", "say"})
_TWO_TEXTS: Final = 3
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES: Final = (ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_TEMPLATE_KEYWORDS: Final = {"_": None, "gettext": None, "say": None, "ngettext": (1, 2), "plural": (1, 2)}

Text = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A message where it stands, or the fault for which there is none."""

    place: str
    line: int
    text: Text | None
    fault: str = "the text to translate is not a literal"


def packages() -> tuple[str, ...]:
    """Return our top-level folders that hold words."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return tuple(name for name in (*listed, *_ALSO) if name not in _NEVER)


def extracted(root: Path = ROOT, folders: tuple[str, ...] | None = None) -> tuple[Catalog, list[str]]:
    """Return all messages with the files that have them, and the calls whose text is no literal or clashes."""
    catalog, faults = Catalog(), []
    for folder in folders or packages():
        for path in sorted((root / folder).rglob("*")):
            for found in _in_file(root, path):
                if found.text is None:
                    faults.append(f"{found.place}:{found.line}: {found.fault}")
                elif found.text:
                    faults += _clash(catalog, found)
                    catalog.add(found.text, locations=[(found.place, 0)])
    return catalog, faults


def in_python(source: str, place: str) -> Iterator[Found]:
    """Iterate over the messages of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _FUNCTIONS) and _hides_the_name(node):
            yield Found(place, node.lineno, None, "a variable hides _ in a function that calls it")
        if not isinstance(node, ast.Call):
            continue
        name, count = _called(node.func), len(node.args)
        if name in _ONE_TEXT and count == 1:
            text = _literal(node.args[0])
            if text is not None or name == "_":
                yield Found(place, node.lineno, text)
        elif name == "plural" and count >= _TWO_TEXTS:
            one, many = _literal(node.args[0]), _literal(node.args[1])
            yield Found(place, node.lineno, None if one is None or many is None else (one, many))


def in_template(path: Path, place: str) -> Iterator[Found]:
    """Iterate over the messages of a Jinja2 template."""
    options = {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}
    for line, text, _comments, _context in extract_from_file(
        "jinja2.ext:babel_extract", path, keywords=_TEMPLATE_KEYWORDS, options=options
    ):
        yield Found(place, line, text if isinstance(text, str) else (text[0], text[1]))


def _in_file(root: Path, path: Path) -> Iterator[Found]:
    place = path.relative_to(root).as_posix()
    if "_pb2" in path.name or not path.is_file():
        return
    if path.suffix == ".py":
        yield from in_python(path.read_text(encoding="utf-8"), place)
    elif TEMPLATES in path.relative_to(root).parts and path.suffix in {".html", ".txt", ".md"}:
        yield from in_template(path, place)


def _clash(catalog: Catalog, found: Found) -> list[str]:
    """Report a second plural of one singular, which gettext could not tell from the first."""
    known = catalog.get(found.text if isinstance(found.text, str) else found.text[0]) if found.text else None
    if known is None or not known.pluralizable or isinstance(found.text, str) or tuple(known.id) == found.text:
        return []
    return [f"{found.place}:{found.line}: {found.text[0]!r} has another plural elsewhere" if found.text else ""]


def _hides_the_name(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether a function calls ``_`` and has a variable of that name, which Python takes for the same."""
    own = [node for step in function.body for node in _own_scope(step)]
    calls = any(isinstance(node, ast.Call) and _called(node.func) == "_" for node in own)
    return calls and any(isinstance(node, ast.Name) and node.id == "_" and _is_store(node) for node in own)


def _is_store(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _own_scope(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*_FUNCTIONS, *_SCOPES)):
            yield from _own_scope(child)


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        own = isinstance(function.value, ast.Name) and function.value.id == "self"
        return "say" if own and function.attr in {"say", "_say"} else "plural" if function.attr == "plural" else ""
    return function.id if isinstance(function, ast.Name) else ""


def _literal(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal(node.left), _literal(node.right)
        return None if left is None or right is None else left + right
    return None
