"""The jobs that `spark-submit` starts: read the arguments, bring a session, call the verb.

Results are JSON on stdout, errors three lines on stderr, exit codes those of `churnlab.errors`.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from churnlab import config
from churnlab.config import Project
from churnlab.errors import ChurnlabError, ConfigError
from churnlab.spark import inputs, sessions
from churnlab.spark.inputs import SparkTables

Verb = Literal["save", "train", "score"]


def main(verb: Verb, arguments: Sequence[str]) -> int:
    """Do ``verb`` as ``arguments`` say; the exit code."""
    given = _parser(verb).parse_args(arguments)
    try:
        answer = _done(verb, given, config.load(given.config, given.set))
    except ChurnlabError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, default=str) + "\n")
    return 0


def _parser(verb: Verb) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"pipelines/spark_{verb}.py")
    parser.add_argument("config", help="the project's YAML file")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override a setting")
    parser.add_argument("--tables", metavar="FOLDER", help="checked tables, as spark_save.py writes them")
    if verb == "save":
        return parser
    parser.add_argument(
        "--table",
        action="append",
        default=[],
        metavar="TABLE=NAME@VERSION",
        help="a table of the catalogue, such as transactions=shop.orders@8233411",
    )
    parser.add_argument("--shards", type=int, help="default: about 250,000 events each")
    parser.add_argument("--local", type=int, metavar="TASKS", help="a Spark of this machine, for a trial")
    if verb == "score":
        parser.add_argument("--as-of", type=dt.date.fromisoformat, required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--dry-run", action="store_true", help="refused: churnlab score has it")
    return parser


def _done(verb: Verb, given: argparse.Namespace, project: Project) -> dict[str, Any]:
    if verb == "save":
        if not given.tables:
            raise ConfigError("where to save the tables must be said", mend="add --tables FOLDER")
        return {"tables": str(inputs.save(project, given.tables))}
    if verb == "score" and given.dry_run:
        raise ConfigError(
            "lists made on Spark have no dry run",
            got="tasks leave their rows in the folder of the lists, which they share with the driver",
            mend="try it on one machine: churnlab score CONFIG --as-of DATE --dry-run",
        )
    with _session(given.local) as session:
        tables = _tables(session, given, project)
        if verb == "train":
            from churnlab.spark.training import train

            return train(tables, project, shards=given.shards).as_dict()
        from churnlab.spark.scoring import score

        return score(tables, project, given.as_of, shards=given.shards).as_dict()


@contextlib.contextmanager
def _session(tasks: int | None) -> Iterator[Any]:
    """The session of `spark-submit`, or one of this machine."""
    if tasks is not None:
        with sessions.local(tasks) as session:
            yield session
        return
    yield sessions.submitted()


def _tables(session: Any, given: argparse.Namespace, project: Project) -> SparkTables:
    if bool(given.tables) == bool(given.table):
        raise ConfigError(
            "tables come from one place", mend="give --tables FOLDER, or --table for each of them"
        )
    if given.tables:
        return inputs.of_folder(session, given.tables)
    names, versions = {}, {}
    for one in given.table:
        table, _, rest = one.partition("=")
        names[table], _, versions[table] = rest.rpartition("@")
        if not names[table]:
            raise ConfigError(f"--table {one}: names no table and version", mend="write TABLE=NAME@VERSION")
    return inputs.of_catalogue(session, project, names, versions)
