"""Pure values and functions: no files, no network, no clock, no log, no command line."""
