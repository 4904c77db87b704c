"""How uploads lie in the frame."""

from __future__ import annotations

from nemovideo.sandbox import draft
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import Desk, Note, note, refusal
from nemovideo.sandbox.agents.rule_agent.instructions import Fit
from nemovideo.sandbox.draft import meta


def fit(desk: Desk, wish: Fit) -> Note:
    """Let uploads fill the frame or be seen whole; generated pictures fill it anyway."""
    chosen, clips = desk.chosen(wish.which), desk.clips()
    if not chosen:
        return refusal("no_such_clip")
    uploads = [clips[i].node for i in chosen if meta(clips[i].node).get("kind") != "generated"]
    if not uploads:
        return refusal("as_before")
    for node in uploads:
        draft.own_meta(node)["fit"] = wish.fit
    return note("fit_cover" if wish.fit == "cover" else "fit_contain")
