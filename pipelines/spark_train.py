"""The train job on Spark: features are made there, models are fitted on the driver (docs/spark.md)."""

import sys

from churnlab.spark import jobs

sys.exit(jobs.main("train", sys.argv[1:]))
