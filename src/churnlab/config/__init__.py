"""Configuration: one YAML file per project, checked whole before any data is read."""

from churnlab.config.campaign import Action, Campaign
from churnlab.config.catalogue import built_in
from churnlab.config.churn import Churn
from churnlab.config.gate import Gate
from churnlab.config.loader import environment, from_mapping, load, schema, secret
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
    StrategyPlan,
    Threshold,
    Tracking,
    Tuning,
    Value,
)
from churnlab.config.sources import Attribute, Lookup, Product, Source, Sources

__all__ = [
    "FAMILIES",
    "TABLES",
    "Action",
    "Attribute",
    "Booster",
    "Campaign",
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
    "Threshold",
    "Tracking",
    "Tuning",
    "Value",
    "built_in",
    "environment",
    "from_mapping",
    "load",
    "schema",
    "secret",
]
