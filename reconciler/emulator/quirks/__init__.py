"""Behaviours that no document promises, each turned round: one file for each."""
