"""The async classes and their blocking counterparts."""

from __future__ import annotations

import sys

from nemovideo import AsyncNemoVideo, NemoVideo
from nemovideo import blocking as _blocking
from nemovideo.batch import batch as _batch
from nemovideo.batch import item as _item
from nemovideo.blocking import resources as blocking_resources
from nemovideo.operations import generation as _generation
from nemovideo.operations import message as _message
from nemovideo.operations import project as _project
from nemovideo.operations import recovery
from nemovideo.operations import reply as _reply
from nemovideo.operations import video as _video
from nemovideo.resources import messages

PAIRS: list[tuple[type, type]] = [
    (AsyncNemoVideo, NemoVideo),
    (_video.Video, _blocking.Video),
    (_project.Project, _blocking.Project),
    (_project.FileResult, _blocking.FileResult),
    (_message.PendingTurn, _blocking.PendingTurn),
    (_generation.Generation, _blocking.Generation),
    (recovery.UnfinishedRender, _blocking.UnfinishedRender),
    (recovery.UnfinishedMessage, _blocking.UnfinishedMessage),
    (_batch.Batch, _blocking.Batch),
    (_item.BatchItem, _blocking.BatchItem),
    (_item.BatchReport, _blocking.BatchReport),
    (_reply.Reply, _blocking.Reply),
    (messages.MessageStream, _blocking.MessageStream),
    *(
        (getattr(sys.modules[f"nemovideo.resources.{module}"], name), blocking)
        for module, name, blocking in [
            ("tokens", "Tokens", blocking_resources.Tokens),
            ("sessions", "Sessions", blocking_resources.Sessions),
            ("messages", "Messages", blocking_resources.Messages),
            ("uploads", "Uploads", blocking_resources.Uploads),
            ("credits", "CreditsResource", blocking_resources.CreditsResource),
            ("states", "States", blocking_resources.States),
            ("renders", "Renders", blocking_resources.Renders),
        ]
    ),
]
NAMES = {"aclose": "close"}
