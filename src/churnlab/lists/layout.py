"""What a delivered file looks like: which columns, under which names, written how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from churnlab.config.export import Export
from churnlab.config.profiles import ID
from churnlab.errors import ConfigError, did_you_mean
from churnlab.lists.cells import Dialect
from churnlab.lists.columns import EVERY, Column, Kind, columns_of
from churnlab.lists.write import NEWLINES

ARM = "arm"
MARK = b"\xef\xbb\xbf"
_KINDS: Mapping[str, Kind] = {"string": "text", "date32[day]": "date", "int64": "count", "double": "score"}


@dataclass(frozen=True)
class Layout:
    """``columns``: ours, in order, and ``headers``: their names there.

    ``texts``, ``parquet``: which files are written. ``part_bytes``: the most of a text file, None: any.
    ``arms``: rows that say another arm are held back. ``drawn``: a campaign has drawn these lists, and
    so are rows without an arm: nobody is to contact those.
    """

    profile: str
    columns: tuple[Column, ...]
    headers: tuple[str, ...]
    dialect: Dialect
    encoding: str
    bom: bool
    suffix: str
    part_rows: int
    part_bytes: int | None
    texts: bool
    parquet: bool
    split_by: str | None
    arms: tuple[str, ...]
    drawn: bool
    formula_policy: Literal["refuse", "escape"]

    def head(self) -> bytes:
        """What a text file begins with: the mark, where one is asked for, and the headers."""
        cells = [_header_cell(header, self.dialect.delimiter) for header in self.headers]
        line = self.dialect.delimiter.join(cells) + self.dialect.end
        return (MARK if self.bom else b"") + line.encode(self.encoding)

    def as_dict(self) -> dict[str, Any]:
        """What a reader must know to read the files, as plain values."""
        return {
            "delimiter": self.dialect.delimiter,
            "newline": {end: name for name, end in NEWLINES.items()}[self.dialect.end],
            "dates": self.dialect.dates,
            "missing": self.dialect.missing,
            "encoding": self.encoding,
            "bom": self.bom,
            "columns": {
                column.name: header for column, header in zip(self.columns, self.headers, strict=True)
            },
        }


def of(
    export: Export,
    published: Any,
    *,
    newline: Literal["lf", "crlf"],
    formula_policy: Literal["refuse", "escape"],
    exponent: int,
    drawn: bool = False,
) -> Layout:
    """The layout that ``export`` asks for, of lists with the Arrow schema ``published``.

    ``newline``: that of the published lists. ``exponent``: decimals of the currency. ``drawn``: by a
    campaign. Raises ``ConfigError`` where a column is named that the lists do not have, or two have the
    same header.
    """
    rules, names = export.rules, list(published.names)
    for key, named in (("columns", export.columns), ("leave_out", export.leave_out)):
        _check_known(f"export.{key}", named, names)
    if export.split_by is not None:
        _check_known("export.split_by", [export.split_by], names)
    columns = tuple(
        Column(name, _kind(name, published.field(name).type), "")
        for name in names
        if name not in export.leave_out
    )
    own = {**export.columns, **({} if export.id is None else {ID: export.id})}
    headers = tuple(own.get(column.name) or rules.header(column.name) for column in columns)
    _check_different(headers)
    dialect = Dialect(
        end=NEWLINES[export.newline or rules.newline or newline],
        exponent=exponent,
        delimiter=export.delimiter or rules.delimiter,
        dates=export.dates,
        missing=rules.missing if export.missing is None else export.missing,
    )
    rows_only = export.destination.postgres is not None
    return Layout(
        profile=export.profile,
        columns=columns,
        headers=headers,
        dialect=dialect,
        encoding=export.encoding,
        bom=export.bom,
        suffix=rules.suffix,
        part_rows=export.part_rows,
        part_bytes=None if rows_only else _most_bytes(export),
        texts=not rows_only,
        parquet=export.parquet or rows_only,
        split_by=None if rows_only else export.split_by,
        arms=export.arms,
        drawn=drawn,
        formula_policy=formula_policy,
    )


def _most_bytes(export: Export) -> int | None:
    return export.rules.part_bytes if export.part_mb is None else export.part_mb * 1_000_000


def _check_known(key: str, named: Sequence[str] | Mapping[str, str], names: Sequence[str]) -> None:
    for name in named:
        if name not in names:
            raise ConfigError(
                f"{key}: the published lists have no column {name!r}{did_you_mean(name, names)}",
                mend="churnlab score again if the configuration has changed since, or leave it out there",
            )


def _check_different(headers: Sequence[str]) -> None:
    folded = [header.casefold() for header in headers]
    same = [header for header in headers if folded.count(header.casefold()) > 1]
    if same:
        raise ConfigError(
            f"export.columns: two columns would have the header {same[0]!r}",
            mend="give one of them another header, or leave it out",
        )


def _kind(name: str, type_: Any) -> Kind:
    known: dict[str, Kind] = {column.name: column.kind for column in columns_of(EVERY)}
    return known.get(name) or _KINDS.get(str(type_), "text")


def _header_cell(header: str, delimiter: str) -> str:
    return f'"{header}"' if delimiter in header else header
