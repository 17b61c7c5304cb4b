"""Measurements of whole commands; numbers to read, never a test to pass."""
