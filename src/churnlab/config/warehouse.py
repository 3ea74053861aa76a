"""Tables that live in a database server: read from it, or checked in it."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, model_validator

from churnlab.config.section import Section


class PostgresTable(Section):
    """A table or query in Postgres; the address is a secret and lives in the environment."""

    dsn: str = Field(description="${env:NAME}, the variable that holds postgresql://user:password@host/base")
    table: str | None = None
    query: str | None = None

    @model_validator(mode="after")
    def _one_and_secret(self) -> PostgresTable:
        if not re.fullmatch(r"\$\{env:[A-Za-z_][A-Za-z0-9_]*\}", self.dsn):
            raise ValueError("dsn is a secret: write it as ${env:NAME} and set that variable")
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        return self


class WarehouseTable(PostgresTable):
    """A table or query that is checked where it is: only sound rows leave the warehouse, in order."""

    engine: Literal["postgres", "bigquery", "snowflake"] = Field(
        description="bigquery and snowflake are compiled and never run by the tests: see docs/warehouses.md"
    )
    dsn: str = Field(
        description="${env:NAME}, the variable that holds the address, such as postgresql://user:password@host/base"
    )

    def check_portable(self, *, looks_up: bool, id_normalise: str) -> None:
        """What a warehouse cannot do with the very same result is refused, not done nearly."""
        if looks_up:
            raise ValueError("a warehouse cannot join local lookups: join them in warehouse.query")
        if id_normalise == "lower" or (id_normalise == "nfc" and self.engine == "snowflake"):
            raise ValueError(
                f"id_normalise: {id_normalise} differs between engines: normalise ids in warehouse.query, "
                "or read the table with postgres, which checks rows here"
            )
