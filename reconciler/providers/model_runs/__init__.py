"""Runs of data models: the kind ``ModelRun`` and its provider."""
