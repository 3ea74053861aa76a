"""The score job, as a scheduler or `mlflow run` starts it: read the arguments, call the verb."""

import argparse
import sys

from churnlab.cli import main

parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
parser.add_argument("config", help="the project's YAML file")
parser.add_argument("--as-of", required=True, help="score as known before this day, YYYY-MM-DD")
parser.add_argument("--dry-run", default="no", choices=["yes", "no"], help="alone or =yes: publish nothing")
parser.add_argument("--overrides", default="", help="key=value pairs, separated by spaces")
# Alone it means yes, and leaves the word after it alone; `mlflow run` says which.
given = parser.parse_args(["--dry-run=yes" if word == "--dry-run" else word for word in sys.argv[1:]])
when = ["--as-of", given.as_of] if given.as_of else []
when += ["--dry-run"] if given.dry_run == "yes" else []
main(["score", given.config, *when, *(part for pair in given.overrides.split() for part in ("--set", pair))])
