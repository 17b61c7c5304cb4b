"""GitOps for machine-learning models: YAML in git made true on the live platforms."""

__version__ = "0.1.0"
