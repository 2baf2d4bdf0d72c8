"""Progress of long commands on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from node.cli.options import progress_console
from presentation.harmless import harmless_line


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on standard error while the block runs; its value takes phase, done and total."""
    from rich.progress import Progress, TaskID

    with Progress(console=progress_console(), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def advance(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(harmless_line(phase), total=total or None)
            bar.update(tasks[phase], completed=done)

        yield advance
