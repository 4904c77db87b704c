"""The SQL of the journal's entries."""

from __future__ import annotations

from typing import Final

NEWEST_POSITION: Final = """
    SELECT coalesce((SELECT max(position) FROM messages), 0) AS message,
        coalesce((SELECT max(position) FROM renders), 0) AS render
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
    UPDATE messages SET overlapped = TRUE
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

# What an account has entered since an entry, and what of it may still cost credits.
COUNT_MESSAGES: Final = """
    SELECT (SELECT coalesce(max(position), 0) FROM messages) AS newest,
        (SELECT count(*) FROM messages WHERE account = :account AND position > :after) AS entered,
        (SELECT count(*) FROM messages
            WHERE account = :account AND ended_at IS NULL AND created_at > :youngest) AS running
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
        target_path = coalesce(:target_path, renders.target_path), updated_at = :now
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
        replaceable = CASE WHEN :target_path IS NULL OR :target_path = target_path
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

SELECT_MESSAGE: Final = """
    SELECT *, (SELECT key FROM keys WHERE keys.message_id = messages.id LIMIT 1) AS key
"""

SELECT_RENDER: Final = """
    SELECT *, (SELECT prompt_digest FROM messages WHERE id = renders.message_id) AS prompt_digest,
        (SELECT account FROM messages WHERE id = renders.message_id) AS account,
        (SELECT key FROM keys WHERE keys.message_id = renders.message_id
            OR keys.render_id = renders.id LIMIT 1) AS key
"""

# A message that is finished is unfinished all the same while its film is not here.
SAME_REQUEST: Final = """
    SELECT *, NULL AS key, CASE WHEN phase IN ('sending', 'streaming', 'interrupted') THEN owner
        ELSE (SELECT owner FROM renders WHERE message_id = messages.id
            AND phase IN ('submitting', 'submitted', 'completed') LIMIT 1) END AS working
    FROM messages WHERE prompt_digest = :digest AND base_url = :base_url
        AND (target_path = :path OR target_path IS NULL AND :path IS NULL)
        AND (phase IN ('sending', 'streaming', 'interrupted')
            OR EXISTS (SELECT 1 FROM renders WHERE message_id = messages.id
                AND (phase IN ('submitting', 'submitted')
                    OR phase = 'completed' AND target_path IS NOT NULL)))
    ORDER BY position DESC LIMIT 20
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
        UNION ALL SELECT session_id, base_url, created_at FROM renders) AS used
    WHERE base_url = :base_url GROUP BY session_id ORDER BY max(created_at) DESC LIMIT 20
"""

INSERT_KEY: Final = """
    INSERT INTO keys (account, key, base_url, kind, request_digest, phase, attempt, session_id,
        owner, created_at, updated_at)
    VALUES (:account, :key, :base_url, :kind, :request_digest, 'new', :attempt, :session_id,
        :owner, :now, :now)
    ON CONFLICT (account, key) DO NOTHING
"""

SELECT_KEY: Final = "SELECT * FROM keys WHERE account = :account AND key = :key"

TAKE_KEY: Final = """
    UPDATE keys SET owner = :owner, attempt = :attempt, updated_at = :now,
        phase = CASE WHEN phase = 'failed' THEN 'new' ELSE phase END
    WHERE account = :account AND key = :key
"""

MARK_KEY_SENT: Final = """
    UPDATE keys SET phase = 'sent', session_id = :session_id,
        task_id = coalesce(:task_id, task_id), message_id = coalesce(:message_id, message_id),
        render_id = coalesce(:render_id, render_id), updated_at = :now
    WHERE account = :account AND key = :key AND attempt = :attempt AND owner = :owner
"""

FINISH_KEY: Final = """
    UPDATE keys SET phase = coalesce(:phase, phase), result = coalesce(:result, result),
        owner = NULL, updated_at = :now
    WHERE account = :account AND key = :key AND attempt = :attempt
"""

REOPEN_KEY: Final = """
    UPDATE keys SET phase = 'failed', result = NULL, updated_at = :now
    WHERE account = :account AND key = :key AND attempt = :attempt AND phase = 'finished'
"""

STORE_RESULT: Final = """
    UPDATE keys SET result = :result, updated_at = :now
    WHERE account = :account AND key = :key AND phase = 'finished'
"""

KEYS_WITH_PREFIX: Final = """
    SELECT key FROM keys WHERE account = :account AND substr(key, 1, :length) = :prefix
"""

DELETE_KEY: Final = "DELETE FROM keys WHERE account = :account AND key = :key"

DELETE_KEY_OF: Final = {
    "message": "DELETE FROM keys WHERE message_id = :id AND phase <> 'finished'",
    "render": """
        DELETE FROM keys WHERE phase <> 'finished' AND (render_id = :id
            OR message_id = (SELECT message_id FROM renders WHERE id = :id))
    """,
}

END_MESSAGE_OF_KEY: Final = """
    UPDATE messages SET phase = 'finished', owner = NULL, updated_at = :now,
        ended_at = coalesce(ended_at, :now)
    WHERE id = :message_id AND phase IN ('sending', 'streaming', 'interrupted')
"""

END_RENDERS_OF_KEY: Final = """
    UPDATE renders SET phase = 'cancelled', owner = NULL, updated_at = :now
    WHERE (id = :render_id OR message_id = :message_id)
        AND phase IN ('submitting', 'submitted', 'completed')
"""

RENDER_BY_ID: Final = f"{SELECT_RENDER} FROM renders WHERE id = :id"

SELECT_MESSAGE_BY_ID: Final = f"{SELECT_MESSAGE} FROM messages WHERE id = :message_id"

LAST_RENDER: Final = f"""
    {SELECT_RENDER} FROM renders WHERE id = :render_id OR message_id = :message_id
    ORDER BY position DESC LIMIT 1
"""

RESERVED: Final = """
    SELECT coalesce(sum(amount), 0) AS reserved FROM reservations
    WHERE account = :account AND batch = :batch AND key <> :key
"""

RESERVE: Final = """
    INSERT INTO reservations (account, batch, key, amount, updated_at)
    VALUES (:account, :batch, :key, :amount, :now)
    ON CONFLICT (account, batch, key) DO UPDATE SET amount = :amount, updated_at = :now
"""

RELEASE: Final = """
    DELETE FROM reservations WHERE account = :account AND batch = :batch AND key = :key
"""
