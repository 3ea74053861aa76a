"""Configuration: one YAML file per project, checked whole before any data is read."""

from churnlab.config.campaign import Action, Campaign
from churnlab.config.catalogue import built_in
from churnlab.config.churn import Churn
from churnlab.config.export import Destination, Export
from churnlab.config.gate import Gate
from churnlab.config.loader import environment, from_mapping, load, schema, secret
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
    Tuning,
    Value,
)
from churnlab.config.sources import Attribute, Lookup, Product, Source, Sources
from churnlab.config.strategy import StrategyPlan, Threshold
from churnlab.config.suppression import Suppression

__all__ = [
    "FAMILIES",
    "SUPPRESSION",
    "TABLES",
    "Action",
    "Attribute",
    "Booster",
    "Campaign",
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
    "Suppression",
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
