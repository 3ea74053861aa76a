"""The delivery job, as a scheduler or `mlflow run` starts it: read the arguments, call the verb."""

import argparse

from churnlab.cli import main

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("config", help="the project's YAML file")
parser.add_argument("--as-of", default="", help="the date of the lists, YYYY-MM-DD; else the latest")
parser.add_argument(
    "--lists", default="", help="which of them, separated by commas; else those of export.lists"
)
parser.add_argument("--overrides", default="", help="key=value pairs, separated by spaces")
given = parser.parse_args()
which = ["--as-of", given.as_of] if given.as_of else []
which += ["--list", given.lists] if given.lists else []
main(
    ["deliver", given.config, *which, *(part for pair in given.overrides.split() for part in ("--set", pair))]
)
