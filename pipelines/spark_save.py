"""The job before a cluster: read and check the sources here, save them for Spark (docs/spark.md)."""

import sys

from churnlab.spark import jobs

sys.exit(jobs.main("save", sys.argv[1:]))
