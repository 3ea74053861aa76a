"""The score job, as a scheduler or `mlflow run` starts it: read the arguments, call the verb."""

import argparse

from churnlab.cli import main

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("config", help="the project's YAML file")
parser.add_argument("--as-of", required=True, help="score as known before this day, YYYY-MM-DD")
parser.add_argument(
    "--dry-run", nargs="?", const="yes", default="no", choices=["yes", "no"], help="publish nothing"
)
parser.add_argument("--overrides", default="", help="key=value pairs, separated by spaces")
given = parser.parse_args()
when = ["--as-of", given.as_of] if given.as_of else []
when += ["--dry-run"] if given.dry_run == "yes" else []
main(["score", given.config, *when, *(part for pair in given.overrides.split() for part in ("--set", pair))])
