"""The entry point; Ctrl-C is one line of output from the start."""

import os
import sys

INTERRUPTED = 130


def start() -> None:
    """Load the command line and run it; leaves the process with its exit code."""
    try:
        from reconciler.cli.main import main

        main()
    except KeyboardInterrupt:
        # Nothing is loaded yet that could tell it better.
        os.write(2, b"interrupted\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    start()
