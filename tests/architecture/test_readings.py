"""Who reads people's data by a command is on record."""

import ast
from typing import Final

from tests.support.source import ROOT

SHOWING: Final = frozenset(
    {
        "person_text",
        "list_text",
        "exported_text",
        "shared_text",
        "case_file_text",
        "actions_text",
        "consents_text",
        "alerts_text",
    }
)
"""Functions that put people's data into words for a command."""
RECORDING: Final = frozenset({"read", "read_many", "read_record", "read_signed_form", "copies_for"})
OWN_ACTS: Final = frozenset({"node/cli/case_action.py:add_action", "node/cli/case_action.py:update_action"})
"""Commands that show only what the professional has just written."""
OTHER_LISTS: Final = frozenset({"node/cli/inbox.py", "node/cli/referral.py", "node/cli/professional.py"})
"""Lists without people's names or data."""


def test_every_command_that_shows_people_records_who_read() -> None:
    silent = []
    for path in sorted((ROOT / "node" / "cli").glob("*.py")):
        place = str(path.relative_to(ROOT))
        for command in _commands(ast.parse(path.read_text(encoding="utf-8"))):
            called = _called(command)
            name = f"{place}:{command.name}"
            if called & SHOWING and not called & RECORDING and name not in OWN_ACTS and place not in OTHER_LISTS:
                silent.append(name)
    assert silent == []


def test_the_words_looked_for_are_those_of_the_commands() -> None:
    called = set()
    for path in (ROOT / "node" / "cli").glob("*.py"):
        called |= _called(ast.parse(path.read_text(encoding="utf-8")))
    assert called >= SHOWING
    assert called >= RECORDING


def _commands(tree: ast.Module) -> list[ast.FunctionDef]:
    """Return the functions inside functions: the commands of a module."""
    outer = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [node for each in outer for node in ast.walk(each) if isinstance(node, ast.FunctionDef) and node is not each]


def _called(node: ast.AST) -> set[str]:
    functions = [call.func for call in ast.walk(node) if isinstance(call, ast.Call)]
    return {
        each.attr if isinstance(each, ast.Attribute) else each.id
        for each in functions
        if isinstance(each, ast.Attribute | ast.Name)
    }
