"""House rules that are more than a search for words: each looks at one parsed module and says what it breaks."""

import ast
from collections.abc import Iterator

from tests.support.source import dotted, imported

_PREDICTABLE = (
    "random",
    "numpy.random",
    "torch.Generator",
    "torch.bernoulli",
    "torch.manual_seed",
    "torch.multinomial",
    "torch.nn.init",
    "torch.normal",
    "torch.rand",
    "torch.randint",
    "torch.randn",
    "torch.random",
    "torch.randperm",
    "uuid.uuid1",
)
"""Sources of numbers that whoever knows the seed, the state or the time can compute."""

_WAITS = frozenset({"wait", "join", "result", "settimeout"})

_TYPES = frozenset({"numpy.random.Generator"})
"""Names that only say what a function is given; to call one makes a generator."""

_BY_NAME = frozenset({"importlib.import_module", "import_module", "__import__"})


def predictable_randomness(tree: ast.Module) -> list[tuple[str, int]]:
    """Return the (dotted name, line) of every predictable source of random numbers that a module names, by line.

    Seen through aliases of modules and of functions, attributes, star imports and imports by name. A generator that a
    function is given is not: it is seen where it was made.
    """
    aliases = _aliases(tree)
    found = {(name, line) for name, line in imported(tree) if _is_predictable(name)}
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found |= {(name, node.lineno) for name in _named_by_text(node, aliases) if _is_predictable(name)}
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            name = _resolved(node, aliases)
            if name in _TYPES and id(node) not in called:
                continue
            if _is_predictable(name, called=True) or name.endswith(".rvs"):  # of SciPy's distributions
                found.add((name, node.lineno))
    return sorted(found, key=lambda each: (each[1], each[0]))


def foreign_texts(tree: ast.Module) -> list[tuple[str, int]]:
    """Return the (expression, line) of each fault of another library that a module puts before people in its words.

    Found are ``error.strerror``, ``error.errors(...)[0]["msg"]``, ``str(error)`` and ``f"{error}"`` of a caught error,
    and texts that are no message, raised as ValueError where pydantic passes them on.
    """
    found: list[tuple[str, int]] = []
    caught = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    checks = any(name.split(".")[0] == "pydantic" for name, _line in imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "strerror" and dotted(node) != "os.strerror":
            found.append((dotted(node), node.lineno))
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == "msg":
            found.append(('["msg"]', node.lineno))
        if isinstance(node, ast.Call) and dotted(node.func) == "str" and _is_one_of(node.args[:1], caught):
            found.append((ast.unparse(node), node.lineno))
        if isinstance(node, ast.FormattedValue) and _is_one_of([node.value], caught):
            found.append((ast.unparse(node.value), node.lineno))
        if checks and isinstance(node, ast.Raise) and _is_bare_value_error(node.exc):
            found.append((ast.unparse(node), node.lineno))
    return sorted(found, key=lambda each: (each[1], each[0]))


def _is_one_of(nodes: list[ast.expr], names: set[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in nodes)


def _is_bare_value_error(raised: ast.expr | None) -> bool:
    return (
        isinstance(raised, ast.Call)
        and dotted(raised.func) in {"ValueError", "AssertionError"}
        and any(isinstance(each, ast.JoinedStr | ast.Constant) for each in raised.args)
    )


def imported_tests(tree: ast.Module) -> list[tuple[str, int]]:
    """Return the (dotted name, line) of every import of something that is there to be collected by pytest."""
    return [
        (name, line)
        for name, line in _imported_with_relative(tree)
        if name.startswith(("tests.", ".")) and any(map(_is_collected, name.split(".")))
    ]


def imported_across_tests(tree: ast.Module, allowed: tuple[str, ...]) -> list[tuple[str, int]]:
    """Return the (dotted name, line) of every import from the tests but from the packages that may be shared."""
    return [
        (name, line)
        for name, line in _imported_with_relative(tree)
        if name.startswith(".") or (name.split(".")[0] == "tests" and not name.startswith(allowed))
    ]


def _imported_with_relative(tree: ast.Module) -> Iterator[tuple[str, int]]:
    yield from imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield from ((f".{node.module or ''}.{alias.name}", node.lineno) for alias in node.names)
        if isinstance(node, ast.Call):
            yield from ((name, node.lineno) for name in _named_by_text(node, {}))


def _is_collected(part: str) -> bool:
    return part == "conftest" or part.startswith("test_")


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name of a module stands for."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.asname: each.name for each in node.names if each.asname}
            found |= {each.name.split(".")[0]: each.name.split(".")[0] for each in node.names if not each.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def _resolved(node: ast.expr, aliases: dict[str, str]) -> str:
    head, _, rest = dotted(node).partition(".")
    if head not in aliases:
        return ""  # a variable of the module's own
    return f"{aliases[head]}.{rest}" if rest else aliases[head]


def _is_predictable(name: str, *, called: bool = False) -> bool:
    if name in _TYPES and not called:
        return False
    return any(name == each or name.startswith((f"{each}.", f"{each}_like")) for each in _PREDICTABLE)


def _named_by_text(node: ast.Call, aliases: dict[str, str]) -> Iterator[str]:
    """Yield what a call reaches by a text: an import by name, or an attribute of a module."""
    texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    function = dotted(node.func)
    if function in _BY_NAME or aliases.get(function) in _BY_NAME:
        yield from texts
    if function == "getattr" and texts and (owner := _resolved(node.args[0], aliases)):
        yield f"{owner}.{texts[0]}"


def impatient_waits(tree: ast.Module, patience: float) -> list[tuple[float, int]]:
    """Return the (seconds, line) of each wait that must end well and is given a few seconds of its own for it.

    Found are literals from five seconds up to `patience` as ``timeout=`` of a call, and as the one argument of
    ``wait``, ``join``, ``result`` and ``settimeout``. Shorter ones look again and again, or expect that nothing comes.
    """
    found: list[tuple[float, int]] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        given = [each.value for each in node.keywords if each.arg == "timeout"]
        if isinstance(node.func, ast.Attribute) and node.func.attr in _WAITS and len(node.args) == 1:
            given += node.args
        seconds = [each.value for each in given if isinstance(each, ast.Constant)]
        found += [(each, node.lineno) for each in seconds if isinstance(each, int | float) and 5 <= each < patience]
    return found
