"""The layout of ``--help`` where Typer's loses something: names of arguments, brackets in texts, narrow terminals."""

from collections.abc import Callable, Sequence
from copy import copy
from functools import wraps
from typing import Any, Final

from presentation.terminal import paragraph

TABLE_WIDTH: Final = 80
"""Columns from which Typer's table shows options; a narrower one would cut words off with an ellipsis."""
_INDENT: Final = 6


def without_markup(make_text: Callable[..., Any]) -> Callable[..., Any]:
    """Return Typer's maker of texts, with brackets as they are: ``redpact[pdf]`` is no markup."""

    @wraps(make_text)
    def made(*, text: str, **named: Any) -> Any:
        from rich.markup import escape

        return make_text(text=escape(text), **named)

    return made


def options_panel(print_panel: Callable[..., None]) -> Callable[..., None]:
    """Return Typer's panel of options or arguments, as a list on narrow terminals.

    Arguments have no name there but their metavar: the name of the variable in the code is nobody's word.
    """

    @wraps(print_panel)
    def printed(*, name: str, params: Sequence[Any], ctx: Any, console: Any, **named: Any) -> None:
        if console.width < TABLE_WIDTH:
            if not params:
                return
            console.print(_listed(name, params, ctx, console.width), markup=False, highlight=False, soft_wrap=True)
            return
        shown = [copy(each) for each in params]
        for each in shown:
            if each.param_type_name == "argument":
                each.opts = []
        print_panel(name=name, params=shown, ctx=ctx, console=console, **named)

    return printed


def _listed(title: str, params: Sequence[Any], ctx: Any, width: int) -> str:
    lines = [f"{title}:"]
    for each in params:
        head, text = each.get_help_record(ctx) or ("", "")
        text = text.replace("\\[", "[")  # Typer escapes what it puts in brackets
        lines += [paragraph(head, width, 2, hanging=2), paragraph(text, width, _INDENT)]
    return "\n".join(line for line in lines if line)
