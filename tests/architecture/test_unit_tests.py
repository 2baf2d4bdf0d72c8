"""A unit test builds the parts that it needs: no network of nodes is within its reach, not even through a helper."""

import pytest

from tests.support.source import Module, imported, modules

BUILDERS = frozenset({"tests/support/exchange.py", "tests/support/network.py"})
"""What composes several nodes: with certificates by hand, or with a coordinator."""


def _imports(module: Module, known: frozenset[str]) -> set[str]:
    """Return the files of `tests` that a module imports; a name may be a module, or something in one."""
    found: set[str] = set()
    for name, _ in imported(module.tree):
        path = name.replace(".", "/")
        found |= known.intersection({f"{path}.py", f"{path.rpartition('/')[0]}.py"})
    return found


def reached_from(start: Module) -> dict[str, str]:
    """Return the files of tests/support that a module reaches, each with the file that imports it."""
    support = {module.name: module for module in modules("tests") if module.name.startswith("tests/support/")}
    known, todo = frozenset(support), [start]
    reached: dict[str, str] = {}
    while todo:
        module = todo.pop()
        for name in sorted(_imports(module, known) - reached.keys()):
            reached[name] = module.name
            todo.append(support[name])
    return reached


def test_the_builders_are_where_this_rule_looks_for_them() -> None:
    assert {module.name for module in modules("tests")} >= BUILDERS


def test_no_unit_test_reaches_a_network_of_nodes() -> None:
    unit = [module for module in modules("tests") if module.name.startswith("tests/unit/")]
    found = {module.name: reached_from(module) for module in unit}
    assert [
        f"{name} reaches {builder} by {reached[builder]}"
        for name, reached in found.items()
        for builder in sorted(BUILDERS & reached.keys())
    ] == []


@pytest.mark.parametrize("helper", ["town", "postoffice", "referrals"])
def test_a_builder_is_found_behind_a_helper(helper: str) -> None:
    (module,) = (each for each in modules("tests") if each.name == f"tests/support/{helper}.py")
    assert BUILDERS & reached_from(module).keys()
