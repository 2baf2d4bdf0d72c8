"""What may happen in one place only: changes of consents, and the tables that composition alone reads."""

import ast

import pytest

from tests.support.source import Module, imported, modules

WIRING = "node/wiring.py"
TABLES = ("node.consent_subscribers", "node.person_erasers", "node.message_kinds")


def importers(name: str) -> set[str]:
    return {
        module.name
        for module in modules("node")
        if any(found == name or found.startswith(f"{name}.") for found, _ in imported(module.tree))
    }


@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_parts_is_read_by_the_composition_alone(table: str) -> None:
    assert importers(table) == {WIRING}


def test_the_register_of_consents_is_changed_in_one_module_that_publishes_every_loss() -> None:
    assert importers("node.ledger.own.consent_register") == {"node/consents/held.py"}
    assert importers("consent_ledger.consents.register.ConsentRegister") == {"node/ledger/own.py"}


def test_one_function_answers_what_is_in_force() -> None:
    # Refusals do the same work for everybody: what `even_work` computes answers nobody.
    answering = {"node/consents/in_force.py", "node/fetch/even_work.py"}
    assert importers("consent_ledger.consents.in_force.coverages") == answering
    assert importers("consent_ledger.consents.in_force.live_consents") == set()
    assert importers("node.consents.freshness.is_silent") == answering
    judging = {module.name for module in modules("node") if "is_live(" in module.text}
    assert judging == set(), "a module decides by itself whether a consent is in force"


def test_consents_know_nothing_of_the_rooms_that_subscribe_to_their_changes() -> None:
    subscribers = ("node.referrals", "node.fetch", "node.locator", "node.rights")
    reaching = {
        (module.name, name)
        for module in modules("node")
        if module.name.startswith("node/consents/")
        for name, _ in imported(module.tree)
        if name.startswith(subscribers)
    }
    assert reaching == set()


def test_no_unit_of_work_is_queued_inside_another() -> None:
    """A unit that waits for the queue it runs in would wait for ever: what it is made of opens no unit of its own."""
    callers = {module.name for module in modules("node") if any(_queues(node) for node in ast.walk(module.tree))}
    assert callers == {
        "node/fetch/answering.py",
        "node/fetch/asking.py",
        "node/messages/outbox.py",
        "node/messages/receiving.py",
    }
    for module in modules("node"):
        if module.name in callers:
            assert not set(_nested(module)), module.name


def _queues(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "run" and ast.unparse(node.value).endswith(".commits")


def _nested(module: Module) -> set[str]:
    """Return the functions that take a session and queue a unit of work."""
    return {
        function.name
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef)
        and any(argument.arg == "session" for argument in [*function.args.args, *function.args.kwonlyargs])
        and any(_queues(node) for node in ast.walk(function))
    }
