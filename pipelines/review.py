"""The review job, as a scheduler or `mlflow run` starts it: read the arguments, call the verb."""

import argparse

from churnlab.cli import main

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("config", help="the project's YAML file")
parser.add_argument("--overrides", default="", help="key=value pairs, separated by spaces")
parser.add_argument("--interactive", action="store_true", help="also write the page of single customers")
given = parser.parse_args()
more = ["--interactive"] if given.interactive else []
main(["review", given.config, *more, *(part for pair in given.overrides.split() for part in ("--set", pair))])
