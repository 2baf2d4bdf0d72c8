"""What the demonstration says while it runs, and the closing table of what was shown."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table


class Story:
    """Progress on the way, facts at the end."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.console = Console(highlight=False)
        self._facts: list[tuple[str, str]] = []
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self._started

    def heading(self, text: str) -> None:
        """Begin a chapter."""
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
        self.console.print(f"  [green]✓[/green] {escape(text)}{detail} [dim]{time.monotonic() - started:.1f} s[/dim]")

    def show(self, text: str) -> None:
        """Print what a program printed, indented."""
        for line in text.strip().splitlines():
            self.console.print(f"    {escape(line)}", soft_wrap=True)

    def fact(self, what: str, evidence: str) -> None:
        """Keep a fact for the closing table."""
        self._facts.append((what, evidence))

    def close(self) -> None:
        """Print the closing table, and keep it as ``summary.json``."""
        table = Table(title="What was shown", title_justify="left", show_lines=True, expand=False)
        table.add_column("what", style="bold", max_width=40)
        table.add_column("evidence")
        for what, evidence in self._facts:
            table.add_row(escape(what), escape(evidence))
        self.console.print()
        self.console.print(table)
        document = {"seconds": round(self.seconds, 1), "shown": [{"what": a, "evidence": b} for a, b in self._facts]}
        (self.output / "summary.json").write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")


class Step:
    """A step under way; `say` puts a detail behind its title."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.detail = ""
        self._tell = tell

    def say(self, detail: str) -> None:
        """Replace the detail."""
        self.detail = detail
        self._tell(detail)
