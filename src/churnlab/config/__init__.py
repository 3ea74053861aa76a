"""Configuration: one YAML file per project, checked whole before any data is read."""

from churnlab.config.churn import Churn
from churnlab.config.gate import Gate
from churnlab.config.loader import environment, from_mapping, load, schema
from churnlab.config.machine import Tracking
from churnlab.config.meanings import SUPPRESSION, TABLES
from churnlab.config.project import (
    FAMILIES,
    Booster,
    Evaluation,
    FeaturePlan,
    Lists,
    Models,
    Project,
    SnapshotPlan,
    StrategyPlan,
    Threshold,
    Tuning,
    Value,
)
from churnlab.config.sources import Attribute, Lookup, Product, Source, Sources
from churnlab.config.suppression import Suppression

__all__ = [
    "FAMILIES",
    "SUPPRESSION",
    "TABLES",
    "Attribute",
    "Booster",
    "Churn",
    "Evaluation",
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
    "Suppression",
    "Threshold",
    "Tracking",
    "Tuning",
    "Value",
    "environment",
    "from_mapping",
    "load",
    "schema",
]
