"""What a program prints passes through `presentation.harmless`: no other way leads to the terminal."""

import ast

from tests.support.source import modules

PRINTERS = {"typer.echo", "print", "click.echo", "sys.stdout.write", "sys.stderr.write", "typer.secho"}
ASKING = {"typer.prompt", "typer.confirm", "click.prompt", "click.confirm"}
PROGRESS = ".add_task"
HARMLESS = {"harmless", "harmless_line", "json_text", "paragraph"}
OWN_WORDS = {("service/running.py", "ready")}
"""A sentence of ours about the ports that the operator configured."""


def leads_to_a_terminal(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    return name in PRINTERS | ASKING or name.endswith(PROGRESS)


def parts(node: ast.expr) -> list[ast.expr]:
    return [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]


def is_harmless(node: ast.expr) -> bool:
    return all(isinstance(part, ast.Constant) or is_made_harmless(part) or is_sentence(part) for part in parts(node))


def is_made_harmless(part: ast.expr) -> bool:
    return isinstance(part, ast.Call) and ast.unparse(part.func).rpartition(".")[2] in HARMLESS


def is_sentence(part: ast.expr) -> bool:
    """Return whether an expression is a message in words of ours: what fills it in is made harmless there."""
    while isinstance(part, ast.Call) and ast.unparse(part.func) == "str":
        part = part.args[0]
    return isinstance(part, ast.Call) and ast.unparse(part.func) == "_"


def test_everything_printed_was_made_harmless() -> None:
    found = [
        (module.name, call)
        for package in ("node", "coordinator", "federated", "consent_ledger", "service", "presentation")
        for module in modules(package)
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and leads_to_a_terminal(call)
    ]
    assert found
    wrong = [
        (name, ast.unparse(call))
        for name, call in found
        if not is_harmless(call.args[0]) and (name, ast.unparse(call.args[0])) not in OWN_WORDS
    ]
    assert wrong == []
