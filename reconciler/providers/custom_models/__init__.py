"""Execution environments and custom models on the DataRobot API."""
