"""How uploads lie in the frame."""

from __future__ import annotations

from nemovideo.sandbox import draft
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import (
    DraftEditor,
    EditResult,
    applied,
    refused,
)
from nemovideo.sandbox.agents.rule_agent.instructions import Fit
from nemovideo.sandbox.draft import meta


def fit(editor: DraftEditor, edit: Fit) -> EditResult:
    """Let uploads fill the frame or be seen whole; generated pictures fill it anyway."""
    chosen, clips = editor.chosen(edit.selector), editor.clips()
    if not chosen:
        return refused("no_such_clip")
    uploads = [clips[i].node for i in chosen if meta(clips[i].node).get("kind") != "generated"]
    if not uploads:
        return refused("as_before")
    for node in uploads:
        draft.own_meta(node)["fit"] = edit.fit
    return applied("fit_cover" if edit.fit == "cover" else "fit_contain")
