"""The session `frameworks` installs the frameworks, in an environment that this names."""

import os

PYTHON = "NEMOVIDEO_FRAMEWORKS_PYTHON"

collect_ignore_glob = [] if PYTHON in os.environ else ["test_*.py"]
