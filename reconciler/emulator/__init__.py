"""A stateful, independent second reading of the API pages, served on loopback for tests and trials.

Imported by nobody but the command line and the tests, and imports nothing else of the product: two
readings that share code would share their mistakes.
"""
