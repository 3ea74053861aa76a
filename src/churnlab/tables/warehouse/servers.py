"""What a warehouse is asked with: its columns once, then statements whose rows come in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from churnlab.config.sources import Source
from churnlab.tables.warehouse.dialects import Dialect


class Server(Protocol):
    """One source in one warehouse, for as long as it is open."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def staged(self) -> str:
        """The select that gives the source's rows the names and types they are judged with."""
        ...

    @property
    def schema(self) -> Any:
        """The Ibis schema of ``staged``."""
        ...

    @property
    def held(self) -> tuple[Sequence[str], Sequence[str]]:
        """Columns with values that Arrow may not hold, and what is expected of each."""
        ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    def batches(self, statement: str, schema: Any) -> Iterator[Any]:
        """The rows of a statement, as Arrow record batches of ``schema``."""
        ...


def opened(source: Source, place: str) -> AbstractContextManager[Server]:
    """The warehouse of a source, connected to; errors never tell its address."""
    if source.warehouse is not None and source.warehouse.engine == "postgres":
        from churnlab.tables.warehouse.on_postgres import on_postgres

        return on_postgres(source, place)
    from churnlab.tables.warehouse.on_ibis import on_ibis

    return on_ibis(source, place)
