"""The model runs API: runs of data models, their steps and test results."""
