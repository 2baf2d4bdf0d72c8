"""Progress of the demonstration on the terminal, and the closing table of the facts that it showed."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from presentation import formats, terminal
from presentation.messages import _, current_language


class Story:
    """Prints steps as they run, and all facts at the end."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.console = Console(highlight=False)
        self._facts: list[tuple[str, str]] = []
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """The time since the start, in seconds."""
        return time.monotonic() - self._started

    def heading(self, text: str) -> None:
        """Print the heading of a chapter."""
        self.console.print(f"\n[bold]{escape(text)}[/bold]")

    @contextmanager
    def step(self, text: str) -> Iterator["Step"]:
        """Show a step while it runs, and a line with its time when it is done."""
        started = time.monotonic()
        columns = (TextColumn(" "), SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(escape(text), total=None)
            step = Step(lambda detail: progress.update(task, description=f"{escape(text)} · {escape(detail)}"))
            yield step
        detail = f" · {escape(step.detail)}" if step.detail else ""
        seconds = formats.number(time.monotonic() - started, current_language(), 1)
        self.console.print(f"  [green]✓[/green] {escape(text)}{detail} [dim]{seconds} s[/dim]")

    def show(self, text: str) -> None:
        """Print the output of a program, indented."""
        for line in text.strip().splitlines():
            self.console.print(f"    {escape(line)}", soft_wrap=True)

    def say(self, text: str) -> None:
        """Print a paragraph."""
        self.console.print(escape(terminal.paragraph(text, self.console.width)), soft_wrap=True)

    def fact(self, what: str, evidence: str) -> None:
        """Add a fact to the closing table."""
        self._facts.append((what, evidence))

    def close(self) -> None:
        """Print the closing table, and write it to ``summary.json``."""
        self.heading(_("Lo que se ha mostrado"))
        for what, evidence in self._facts:
            self.console.print(f"[bold]{escape(terminal.paragraph(what, self.console.width))}[/bold]", soft_wrap=True)
            self.console.print(escape(terminal.paragraph(evidence, self.console.width, 4)), soft_wrap=True)
        shown = [{"what": str(what), "evidence": str(evidence)} for what, evidence in self._facts]
        document = {"seconds": round(self.seconds, 1), "shown": shown}
        (self.output / "summary.json").write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")


class Step:
    """A running step; `say` adds a detail to its title."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self.detail = ""
        self._show = show

    def say(self, detail: str) -> None:
        """Replace the detail."""
        self.detail = detail
        self._show(detail)
