"""The review job, as a scheduler or `mlflow run` starts it: read the arguments, call the verb."""

import argparse
import sys

from churnlab.cli import main

parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
parser.add_argument("config", help="the project's YAML file")
parser.add_argument("--overrides", default="", help="key=value pairs, separated by spaces")
parser.add_argument("--as-of", default="", help="show the lists of this day, YYYY-MM-DD; else the last ones")
parser.add_argument("--run", default="", help="a version, or the run that trained it; else the champion")
parser.add_argument("--format", default="html", help="html: the report; md: the model card")
FLAGS = {"--interactive": "also write the page of single customers", "--with-ids": "show their ids"}
for flag, what in FLAGS.items():
    parser.add_argument(flag, default="no", choices=["yes", "no"], help=f"alone or =yes: {what}")
# Alone they mean yes, and leave the word after them alone; `mlflow run` says which.
given = parser.parse_args([f"{word}=yes" if word in FLAGS else word for word in sys.argv[1:]])
more = [f"--{name}={value}" for name, value in {"as-of": given.as_of, "run": given.run}.items() if value]
flags = {"--interactive": given.interactive, "--with-ids": given.with_ids}
more += [f"--format={given.format}", *(flag for flag, said in flags.items() if said == "yes")]
main(["review", given.config, *more, *(part for pair in given.overrides.split() for part in ("--set", pair))])
