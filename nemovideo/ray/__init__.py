"""Batches on many machines, with Ray (extra `ray`).

Ray places the workers and replaces those that die; what may be sent, the journal says, in which
each job is written down before. So the journal is one that all machines share, in PostgreSQL.
"""

from __future__ import annotations

from nemovideo.ray.generate_videos import GenerateVideos
from nemovideo.ray.run_batch import run_batch

__all__ = ["GenerateVideos", "run_batch"]
