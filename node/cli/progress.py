"""Progress of long commands on standard error: a bar on a terminal, and else a line every few seconds."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

import typer

from node.cli.options import progress_console
from presentation.harmless import harmless_line
from presentation.messages import Message, _

LINE_SECONDS: Final = 5.0
_PHASES: Final[Mapping[str, Message]] = MappingProxyType(
    {
        "read": _("leídas"),
        "save": _("guardadas"),
        "write": _("escritas"),
        "undo": _("deshechas"),
    }
)

Advance = Callable[[str, int, int], None]


@contextmanager
def progress_bar() -> Iterator[Advance]:
    """Show how far the block is on standard error; its value takes phase, done and total (0 when not known)."""
    if not progress_console().quiet:
        yield from _bar()
    else:
        yield progress_lines(time.monotonic)


def progress_lines(clock: Callable[[], float]) -> Advance:
    """Return a function that writes a line where some seconds have passed since the last one.

    Args:
        clock: returns seconds.
    """
    last = [clock()]

    def advance(phase: str, done: int, total: int) -> None:
        if clock() - last[0] >= LINE_SECONDS:
            last[0] = clock()
            far = f"{done}/{total}" if total else str(done)
            typer.echo(harmless_line(f"{_PHASES.get(phase, phase)}: {far}"), err=True)

    return advance


def _bar() -> Iterator[Advance]:
    from rich.progress import Progress, TaskID

    with Progress(console=progress_console(), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def advance(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(harmless_line(str(_PHASES.get(phase, phase))), total=total or None)
            bar.update(tasks[phase], completed=done)

        yield advance
