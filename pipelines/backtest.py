"""The backtest job, as a scheduler or `mlflow run` starts it: read the arguments, call the verb."""

import argparse

from churnlab.cli import main

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("config", help="the project's YAML file")
parser.add_argument("--overrides", default="", help="key=value pairs, separated by spaces")
given = parser.parse_args()
main(["backtest", given.config, *(part for pair in given.overrides.split() for part in ("--set", pair))])
