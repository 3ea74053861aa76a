"""Configuration: one YAML file per project, checked whole before any data is read."""

from churnlab.config.churn import Churn
from churnlab.config.export import Destination, Export
from churnlab.config.gate import Gate
from churnlab.config.loader import environment, from_mapping, load, schema
from churnlab.config.meanings import TABLES
from churnlab.config.project import (
    FAMILIES,
    Booster,
    Evaluation,
    FeaturePlan,
    Lists,
    Models,
    Project,
    SnapshotPlan,
    Tracking,
    Tuning,
    Value,
)
from churnlab.config.sources import Attribute, Lookup, Product, Source, Sources
from churnlab.config.strategy import StrategyPlan, Threshold

__all__ = [
    "FAMILIES",
    "TABLES",
    "Attribute",
    "Booster",
    "Churn",
    "Destination",
    "Evaluation",
    "Export",
    "FeaturePlan",
    "Gate",
    "Lists",
    "Lookup",
    "Models",
    "Product",
    "Project",
    "SnapshotPlan",
    "Source",
    "Sources",
    "StrategyPlan",
    "Threshold",
    "Tracking",
    "Tuning",
    "Value",
    "environment",
    "from_mapping",
    "load",
    "schema",
]
