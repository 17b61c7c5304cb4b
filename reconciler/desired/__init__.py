"""YAML and the files beside it to a graph of resources; offline, nothing is written."""
