"""`python -m nemovideo`: the command line."""

import sys

from nemovideo.cli import main

if __name__ == "__main__":
    sys.exit(main())
