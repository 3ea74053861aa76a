"""Where the histories are and how they are written: everything about the input that is declared.

Nothing about a file is guessed: its columns, delimiter, encoding, dates, numbers and time zone are
named here, and what does not match them is set aside with a reason.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from churnlab.config.meanings import SUPPRESSION, TABLES
from churnlab.config.section import Name, Section, Zone
from churnlab.config.suppression import refuse_lenient
from churnlab.config.warehouse import PostgresTable, WarehouseTable

Observed = Literal["observed"]
# Words in an attribute's name that stand for what the law protects most.
_WORDS = """
ethnicity ethnic race religion religious health disability disabled illness pregnancy pregnant
orientation union political politics nationality citizenship gender sex
"""
SENSITIVE = frozenset(_WORDS.split())


class CsvFormat(Section):
    """How a delimited text file is written."""

    delimiter: str = Field(",", min_length=1, max_length=1)
    encoding: str = Field("utf-8", description="utf-8 (a byte order mark is tolerated), latin-1, cp1252 ...")
    quote: str = Field('"', min_length=1, max_length=1)
    newline: Literal["lf", "cr"] = Field("lf", description="lf also reads CRLF; a lone CR must be declared")
    nulls: tuple[str, ...] = Field(("",), description="the texts that mean 'no value'")


class NumberFormat(Section):
    """How amounts and numbers are written. French: decimal ',' and grouping ' '."""

    decimal: Literal[".", ","] = "."
    grouping: Literal["", " ", ",", ".", "'"] = Field("", description="' ' also matches no-break spaces")
    unit: Literal["major", "minor"] = Field("major", description="12.50 (major) or 1250 (minor)")
    rounding: Literal["none", "half_even"] = Field(
        "none", description="what to do with more decimals than the currency has: none quarantines the row"
    )

    @model_validator(mode="after")
    def _marks_differ(self) -> NumberFormat:
        if self.decimal == self.grouping:
            raise ValueError("decimal and grouping must be different marks")
        return self


class TimeFormat(Section):
    """How instants are written.

    ``format`` is ``iso`` (2025-12-31, 2025-12-31T23:59:59, offsets allowed), ``native`` (a date or
    timestamp column of Parquet, DuckDB, Postgres or pandas), ``epoch_s``, ``epoch_ms``,
    ``epoch_us``, or a strptime pattern with a four-digit year such as ``%d/%m/%Y``.
    """

    format: str = Field(description="iso, native, epoch_s, epoch_ms, epoch_us or a pattern such as %d/%m/%Y")
    zone: Zone = Field(description="the zone of instants that carry no offset of their own")
    fold: Literal["first", "second"] | None = Field(
        None,
        description="which of the two readings a local time has when clocks go back; null quarantines it",
    )

    @model_validator(mode="after")
    def _known_format(self) -> TimeFormat:
        if self.format in {"iso", "native", "epoch_s", "epoch_ms", "epoch_us"}:
            return self
        used = set(re.findall(r"%.", self.format))
        if not {"%Y", "%m", "%d"} <= used:
            raise ValueError("a date pattern needs %Y, %m and %d (a four-digit year), or use iso or native")
        if used - {"%Y", "%m", "%d", "%H", "%M", "%S", "%f", "%z", "%%"}:
            raise ValueError("a date pattern may use %Y %m %d %H %M %S %f %z only")
        return self


class Attribute(Section):
    """A column that describes a customer."""

    column: str
    kind: Literal["category", "number"]
    sensitive: Literal["refused", "accepted"] = Field(
        "refused", description="accepted: a person decided that this sensitive attribute may be used"
    )
    static: bool = Field(
        False, description="true: it never changes, so today's value was also true in the past"
    )
    use: Literal["features", "suppression"] = Field(
        "features", description="suppression: only says who must not be contacted, and no feature sees it"
    )


class Product(Section):
    """A value made by multiplying columns, such as quantity x unit price."""

    multiply: tuple[str, ...] = Field(min_length=2, max_length=3)


class Lookup(Section):
    """A small table beside the source that adds columns to it, such as a product's category."""

    files: tuple[str, ...] = Field(min_length=1)
    csv: CsvFormat = CsvFormat()
    keys: dict[str, str] = Field(description="source column: lookup column, equal in both")
    columns: dict[str, str] = Field(description="name to use in the source: lookup column")


class DuckDBTable(Section):
    """A table in a DuckDB database file, opened read-only."""

    path: str
    table: str


def _plain_column(name: str) -> str:
    if not name or any(ord(char) < 32 or char in '";\\' for char in name):
        raise ValueError("a column name cannot hold quotes, semicolons, backslashes or control characters")
    return name


Column = Annotated[str, AfterValidator(_plain_column)]


class Source(Section):
    """One input of a table: where it is, how it is written, which of its columns mean what."""

    name: Name
    files: tuple[str, ...] = Field(
        (),
        description="paths or patterns, or package:NAME/path inside an installed package",
    )
    manifest: str | None = Field(
        None, description="a JSON file that lists the files with their sha256: proof that they are whole"
    )
    duckdb: DuckDBTable | None = None
    postgres: PostgresTable | None = None
    warehouse: WarehouseTable | None = None
    frame: str | None = Field(None, description="the name of a pandas frame handed over from Python")
    csv: CsvFormat = CsvFormat()
    numbers: NumberFormat = NumberFormat()
    times: TimeFormat | None = None
    time_formats: dict[str, TimeFormat] = Field({}, description="for a column written unlike the others")
    columns: dict[str, Column | Product] = Field(description="meaning: the source's own column")
    constants: dict[str, str] = Field(
        {}, description="meaning: one value for every row, such as type: mailing"
    )
    attributes: dict[Name, Attribute] = Field(
        {}, description="customers and snapshot only: name: column and kind"
    )
    lookups: tuple[Lookup, ...] = ()
    event_key: tuple[str, ...] | None = Field(
        None,
        description="the meanings that identify an event; equal keys are duplicates, null keeps equal rows",
    )
    conflicts: Literal["fail", "latest"] = Field(
        "fail", description="equal key, other content: stop, or keep the latest by recorded_at"
    )
    since: date | None = Field(None, description="rows before this day (business zone) are out of period")
    until: date | None = Field(None, description="rows from this day on are out of period")
    complete_until: date | Observed = Field(
        "observed", description="the day before which nothing is missing; observed: the day of the last event"
    )
    negative_purchase: Literal["quarantine", "refund"] = Field(
        "quarantine", description="what an amount below zero means where no type says so"
    )
    types: tuple[str, ...] | None = Field(None, description="the allowed values of type, exactly as written")
    id_normalise: Literal["none", "trim", "nfc", "lower"] = "none"
    id_from_float: bool = Field(False, description="accept 123.0 as the id 123")
    max_quarantined: float | int | None = Field(
        None,
        ge=0,
        description="rows (whole number) or share (below 1) that may be set aside; "
        "null: the lesser of 1000 and 0.1 % of the rows, at least 5",
    )
    expected_quarantine: dict[str, float] = Field(
        {}, description="reason: largest share of rows, for known faults such as customer_id_missing: 0.3"
    )
    unmapped: Literal["note", "refuse"] = Field(
        "note", description="columns that nothing reads: tell of them, or stop"
    )
    allow_empty: bool = Field(False, description="true: a source without rows is no error")
    confirmed_empty: bool = Field(
        False, description="objections, consents and aliases only: a person has checked that it is empty"
    )

    @property
    def may_be_empty(self) -> bool:
        """Whether a source without rows is meant."""
        return self.allow_empty or self.confirmed_empty

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        places = [
            bool(self.files),
            self.duckdb is not None,
            self.postgres is not None,
            self.warehouse is not None,
            self.frame is not None,
        ]
        if sum(places) != 1:
            raise ValueError("give exactly one of files, duckdb, postgres, warehouse, frame")
        if self.warehouse:
            self.warehouse.check_portable(looks_up=bool(self.lookups), id_normalise=self.id_normalise)
        if self.manifest and not self.files:
            raise ValueError("a manifest lists files, and this source has none")
        if self.since and self.until and self.since >= self.until:
            raise ValueError(f"since {self.since} must be before until {self.until}")
        both = set(self.columns) & set(self.constants)
        if both:
            raise ValueError(f"{min(both)} is given both as a column and as a constant")
        return self


class Sources(Section):
    """The tables of a project. Each table may be fed by several sources, stacked."""

    transactions: tuple[Source, ...] = ()
    interactions: tuple[Source, ...] = ()
    customers: tuple[Source, ...] = ()
    contracts: tuple[Source, ...] = ()
    campaigns: tuple[Source, ...] = ()
    snapshot: tuple[Source, ...] = Field((), description="one row a customer, with a supplied label")
    objections: tuple[Source, ...] = Field((), description="who must never be contacted, or not on a channel")
    consents: tuple[Source, ...] = Field((), description="consents given and withdrawn, every one of them")
    aliases: tuple[Source, ...] = Field((), description="ids that stand for the same person")

    @model_validator(mode="after")
    def _meanings(self) -> Sources:
        if not self.transactions and not self.snapshot:
            raise ValueError("a project needs transactions, or a snapshot table with a supplied label")
        if self.transactions and self.snapshot:
            raise ValueError("give transactions or a snapshot table, not both")
        names = [source.name for table in TABLES for source in getattr(self, table)]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"two sources are named {repeated[0]}")
        for table, meanings in TABLES.items():
            for source in getattr(self, table):
                _check_meanings(table, source, meanings)
        return self


def _check_meanings(table: str, source: Source, meanings: dict[str, tuple[str, bool]]) -> None:
    from churnlab.errors import did_you_mean

    place = f"{table}.{source.name}"
    given = {**source.columns, **source.constants}
    for meaning in given:
        if meaning not in meanings:
            raise ValueError(
                f"{place}: columns.{meaning} is no meaning of {table}{did_you_mean(meaning, meanings)}; "
                f"known: {', '.join(meanings)}"
            )
    for meaning, (kind, required) in meanings.items():
        if required and meaning not in given:
            raise ValueError(f"{place}: columns.{meaning} is required")
        if (
            kind == "time"
            and meaning in source.columns
            and not (source.times or meaning in source.time_formats)
        ):
            raise ValueError(f"{place}: times.format and times.zone must say how {meaning} is written")
        if isinstance(source.columns.get(meaning), Product) and kind not in {"money", "number"}:
            raise ValueError(f"{place}: columns.{meaning} cannot be a product of columns")
    if table in SUPPRESSION:
        refuse_lenient(place, source)
    elif source.confirmed_empty:
        raise ValueError(f"{place}: confirmed_empty is for {', '.join(SUPPRESSION)}; here it is allow_empty")
    if source.attributes and table not in {"customers", "snapshot"}:
        raise ValueError(f"{place}: attributes belong to customers or snapshot")
    reserved = {"customer", *TABLES["customers"], *TABLES["snapshot"]} & set(source.attributes)
    if reserved:
        raise ValueError(f"{place}: attributes.{min(reserved)} is a reserved name; choose another")
    for name, attribute in source.attributes.items():
        if attribute.use == "suppression":
            continue
        if attribute.sensitive == "refused" and SENSITIVE & set(
            re.split(r"[^a-z]+", f"{name} {attribute.column}".lower())
        ):
            raise ValueError(
                f"{place}: attributes.{name} is sensitive and refused as a feature: leave it out, or write "
                "sensitive: accepted where a person has decided that it may be used"
            )
        if table == "customers" and not attribute.static and "valid_from" not in given:
            raise ValueError(
                f"{place}: attributes.{name} has no validity: map valid_from, or say static: true "
                "if it never changes (today's value would leak into the past)"
            )
    unknown = [key for key in source.event_key or () if key not in given]
    if unknown:
        raise ValueError(f"{place}: event_key names {unknown[0]}, which is not mapped in columns")
