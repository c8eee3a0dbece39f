"""`python -m reports …` is `handgrad …`."""

import sys


def run() -> int:
    """The command line, an interruption of its first imports included. Returns the exit status."""
    try:
        from reports.cli import main

        return main()
    except KeyboardInterrupt:
        print("handgrad: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(run())
