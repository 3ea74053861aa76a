"""What a person sees: progress on stderr while work goes on, tables on stdout when it is done."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

Progress = Callable[[str, float | None], None]


@contextmanager
def progress() -> Iterator[Progress]:
    """A callable ``progress(step, share)`` that draws a bar per step on a terminal's stderr.

    ``share`` runs from 0 to 1, or is None while it cannot be known. Where stderr is no terminal, each
    step is one plain line as it begins.
    """
    if not sys.stderr.isatty():
        yield _plain()
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=False) as bars:
        yield _bars(bars)


def _plain() -> Progress:
    begun: set[str] = set()

    def tell(step: str, share: float | None) -> None:
        if step not in begun and not (share is not None and share >= 1):
            begun.add(step)
            sys.stderr.write(f"{step} ...\n")
            sys.stderr.flush()

    return tell


def _bars(bars: Any) -> Progress:
    tasks: dict[str, Any] = {}

    def tell(step: str, share: float | None) -> None:
        if step not in tasks:
            for other in tasks.values():  # one thing at a time: what came before is done
                bars.update(other, total=1, completed=1)
            tasks[step] = bars.add_task(step, total=None)
        if share is not None:
            bars.update(tasks[step], total=1, completed=min(1.0, share))

    return tell


def show(result: Any) -> None:
    """Print a result: its sections in order, each a heading, notes, or a table."""
    from rich.console import Console

    # A fixed width where there is no terminal: the same result prints the same everywhere.
    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False, soft_wrap=False)
    for section in result.sections():
        _section(console, section)


def _section(console: Any, section: Mapping[str, Any]) -> None:
    from rich import box
    from rich.table import Table

    console.print()
    console.print(section["title"], style="bold", markup=False)
    rows: Sequence[Sequence[str]] = section.get("rows", ())
    if rows:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for position, heading in enumerate(section["columns"]):
            left = position < section.get("texts", 1)
            table.add_column(heading, justify="left" if left else "right", overflow="fold")
        for row in rows:
            table.add_row(*(_inert(cell) for cell in row))
        console.print(table)
    for line in section.get("lines", ()):
        for part in _wrapped(line, console.width):
            console.print(_inert(part), soft_wrap=True)


def _wrapped(line: str, width: int) -> list[str]:
    """A line at its own indent; what does not fit goes on below, further in. Paths stay whole."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    wrapper = textwrap.TextWrapper(
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return wrapper.wrap(line) or [""]


def _inert(text: str) -> Any:
    """Text from data, shown as it is: no markup, no control characters that move the cursor."""
    from rich.text import Text

    return Text("".join(char if char.isprintable() else " " for char in str(text)))
