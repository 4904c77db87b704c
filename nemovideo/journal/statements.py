"""The SQL of the journal's entries."""

from __future__ import annotations

from typing import Final

NEWEST_POSITION: Final = """
    SELECT max(coalesce((SELECT max(position) FROM messages), 0),
        coalesce((SELECT max(position) FROM renders), 0))
"""

INSERT_MESSAGE: Final = """
    INSERT INTO messages (id, session_id, task_id, base_url, prompt_digest, draft_digest, phase,
        credits_before, export, target_path, replaceable, account, overlapped, owner, position,
        created_at, updated_at)
    VALUES (:id, :session_id, :task_id, :base_url, :prompt_digest, :draft_digest, 'sending',
        :credits_before, :export, :target_path, :replaceable, :account,
        EXISTS (SELECT 1 FROM messages WHERE account = :account AND (ended_at >= :since
            OR ended_at IS NULL AND (created_at > :youngest OR is_owned(owner)))),
        :owner, :position, :now, :now)
    ON CONFLICT (id) DO NOTHING
"""

# The sign keeps SQLite from the index of all that have not ended: those alone are few.
MARK_OVERLAPPED: Final = """
    UPDATE messages SET overlapped = 1
    WHERE account = :account AND id <> :id AND NOT overlapped
        AND +ended_at IS NULL AND (created_at > :youngest OR is_owned(owner))
"""

# While a message is unfinished, each later one overlaps: its balance is read now.
SELECT_OVERLAPPED: Final = """
    SELECT overlapped OR ended_at IS NULL AND EXISTS (SELECT 1 FROM messages AS later
        WHERE later.account = messages.account AND later.position > messages.position)
        AS overlapped
    FROM messages WHERE id = :id
"""

UPDATE_MESSAGE: Final = """
    UPDATE messages SET phase = coalesce(:phase, phase),
        owner = CASE WHEN :release THEN NULL ELSE owner END, updated_at = :now,
        ended_at = coalesce(ended_at, :ended_at)
    WHERE id = :id
"""

# The same id again is the same job. `replaceable` is what stood at the target when the user asked.
INSERT_RENDER: Final = """
    INSERT INTO renders (id, session_id, base_url, phase, format, quality, target_path,
        replaceable, replaces, message_id, owner, position, created_at, updated_at)
    VALUES (:id, :session_id, :base_url, 'submitting', :format, :quality, :target_path,
        CASE WHEN :message_id IS NOT NULL
            THEN (SELECT replaceable FROM messages WHERE id = :message_id)
            WHEN :replaces IS NOT NULL
            THEN (SELECT replaceable FROM renders WHERE id = :replaces)
            ELSE :replaceable END,
        :replaces,
        coalesce(:message_id, (SELECT message_id FROM renders WHERE id = :replaces)),
        :owner, :position, :now, :now)
    ON CONFLICT (id) DO UPDATE SET phase = 'submitting', owner = :owner,
        target_path = coalesce(:target_path, target_path), updated_at = :now
"""

FINISH_MESSAGE: Final = """
    UPDATE messages SET phase = 'finished', owner = NULL, updated_at = :now,
        ended_at = coalesce(ended_at, :now)
    WHERE id = :message_id
"""

FAIL_REPLACED: Final = """
    UPDATE renders SET phase = 'failed', owner = NULL, updated_at = :now
    WHERE id = :replaces AND id <> :id
"""

UPDATE_RENDER: Final = """
    UPDATE renders SET phase = coalesce(:phase, phase), url = coalesce(:url, url),
        replaceable = CASE WHEN coalesce(:target_path, target_path) IS target_path
            THEN replaceable ELSE :replaceable END,
        target_path = coalesce(:target_path, target_path),
        owner = CASE WHEN :release THEN NULL ELSE owner END, updated_at = :now
    WHERE id = :id
"""

REOPEN_MESSAGE: Final = """
    UPDATE messages SET phase = 'interrupted', owner = NULL, updated_at = :now
    WHERE id = (SELECT message_id FROM renders WHERE id = :id) AND phase = 'finished'
"""

OPEN_MESSAGES: Final = """
    FROM messages WHERE base_url = :base_url AND phase IN ('sending', 'streaming', 'interrupted')
"""

OPEN_RENDERS: Final = """
    FROM renders WHERE base_url = :base_url AND phase IN ('submitting', 'submitted', 'completed')
        AND (phase <> 'completed' OR target_path IS NOT NULL)
"""

SELECT_MESSAGE: Final = "SELECT *"

SELECT_RENDER: Final = """
    SELECT *, (SELECT prompt_digest FROM messages WHERE id = renders.message_id) AS prompt_digest,
        (SELECT account FROM messages WHERE id = renders.message_id) AS account
"""

SELECT_OWNER: Final = {
    "message": "SELECT owner, phase FROM messages WHERE id = :id",
    "render": "SELECT owner, phase FROM renders WHERE id = :id",
}

UPDATE_OWNER: Final = {
    "message": "UPDATE messages SET owner = :owner WHERE id = :id",
    "render": "UPDATE renders SET owner = :owner WHERE id = :id",
}

RECENT_RENDERS: Final = f"""
    {SELECT_RENDER} FROM renders WHERE base_url = :base_url ORDER BY position DESC LIMIT :limit
"""

RECENT_SESSIONS: Final = """
    SELECT session_id FROM (SELECT session_id, base_url, created_at FROM messages
        UNION ALL SELECT session_id, base_url, created_at FROM renders)
    WHERE base_url = :base_url GROUP BY session_id ORDER BY max(created_at) DESC LIMIT 20
"""
