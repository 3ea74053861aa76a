"""The score job on Spark: partitioned Parquet lists of everyone, or none (docs/spark.md)."""

import sys

from churnlab.spark import jobs

sys.exit(jobs.main("score", sys.argv[1:]))
