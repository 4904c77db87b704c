"""The command line: `nemovideo` and `python -m nemovideo` (extra `cli`).

Importing this package loads no terminal toolkit; `main` does, and names the extra if it is missing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from nemovideo.cli.streams import standard_streams

_EXTRA = frozenset({"typer", "rich", "prompt_toolkit", "click", "shellingham"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1, 2 or 130.

    Args:
        arguments: the command line without the program's name; None takes `sys.argv`.

    Example:
        ```python
        code = main(["--sandbox", "generate", "a panda in the snow", "-o", "panda.mp4"])
        ```
    """
    with standard_streams():
        try:
            # The extra `cli` may not be installed.
            from nemovideo.cli.command_line import run_command_line
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in _EXTRA:
                raise
            sys.stderr.write('The command line needs an extra: pip install "nemovideo[cli]"\n')
            return 1
        return run_command_line(sys.argv[1:] if arguments is None else arguments)
