"""Checked tables: histories read as declared, with everything set aside counted and kept."""

from churnlab.tables.load import load
from churnlab.tables.tables import SourceCount, Tables

__all__ = ["SourceCount", "Tables", "load"]
