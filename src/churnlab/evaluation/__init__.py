"""How good the scores are, on rows no model has seen: metrics, intervals, and the scorecard."""
