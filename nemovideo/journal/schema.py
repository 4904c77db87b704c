"""The tables of the journal, how older files get them, and what is deleted in time."""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            session_id TEXT NOT NULL,
            task_id TEXT,
            base_url TEXT NOT NULL,
            prompt_digest TEXT NOT NULL,
            draft_digest TEXT,
            phase TEXT NOT NULL,
            credits_before REAL,
            export INTEGER NOT NULL,
            target_path BLOB,
            owner TEXT,
            created_at REAL NOT NULL,
            updated_at REAL NOT NULL
        )
        """,
        """
        CREATE TABLE renders (
            id TEXT PRIMARY KEY,
            session_id TEXT NOT NULL,
            base_url TEXT NOT NULL,
            phase TEXT NOT NULL,
            format TEXT NOT NULL,
            quality TEXT NOT NULL,
            url TEXT,
            target_path BLOB,
            replaces TEXT,
            owner TEXT,
            created_at REAL NOT NULL,
            updated_at REAL NOT NULL,
            message_id INTEGER
        )
        """,
        # Only unfinished entries are searched for: few, however long the table is. Those of living
        # owners are excluded by owner, without being read.
        """
        CREATE INDEX open_messages ON messages (base_url, owner)
        WHERE phase IN ('sending', 'streaming', 'interrupted')
        """,
        """
        CREATE INDEX open_renders ON renders (base_url, owner)
        WHERE phase IN ('submitting', 'submitted', 'completed')
        """,
        # Pruning finds what it deletes without a scan.
        "CREATE INDEX message_ages ON messages (updated_at)",
        "CREATE INDEX render_ages ON renders (updated_at)",
        """
        CREATE INDEX ended_messages ON messages (updated_at)
        WHERE phase IN ('finished', 'failed')
        """,
        """
        CREATE INDEX ended_renders ON renders (updated_at)
        WHERE phase IN ('downloaded', 'failed', 'cancelled')
        OR (phase = 'completed' AND target_path IS NULL)
        """,
    ),
    (
        "ALTER TABLE messages ADD COLUMN account TEXT",
        "ALTER TABLE messages ADD COLUMN ended_at REAL",
        "ALTER TABLE messages ADD COLUMN overlapped INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE messages ADD COLUMN replaceable TEXT",
        "ALTER TABLE messages ADD COLUMN position INTEGER",
        "ALTER TABLE messages ADD COLUMN expired_at REAL",
        "ALTER TABLE renders ADD COLUMN replaceable TEXT",
        "ALTER TABLE renders ADD COLUMN position INTEGER",
        "ALTER TABLE renders ADD COLUMN expired_at REAL",
        "UPDATE messages SET ended_at = updated_at WHERE phase IN ('finished', 'failed')",
        "UPDATE messages SET position = CAST(created_at * 1000000 AS INTEGER)",
        "UPDATE renders SET position = CAST(created_at * 1000000 AS INTEGER)",
        "CREATE INDEX message_accounts ON messages (account, ended_at)",
        "CREATE INDEX messages_alone ON messages (account) WHERE NOT overlapped",
        "CREATE INDEX message_positions ON messages (position)",
        "CREATE INDEX render_positions ON renders (position)",
    ),
    (
        # The primary key is what makes a key unique: whoever inserts it first has it.
        """
        CREATE TABLE keys (
            account TEXT NOT NULL,
            key TEXT NOT NULL,
            base_url TEXT NOT NULL,
            kind TEXT NOT NULL,
            request_digest TEXT NOT NULL,
            phase TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            session_id TEXT,
            task_id TEXT,
            message_id INTEGER,
            render_id TEXT,
            result BLOB,
            owner TEXT,
            created_at REAL NOT NULL,
            updated_at REAL NOT NULL,
            PRIMARY KEY (account, key)
        )
        """,
        "CREATE INDEX key_messages ON keys (message_id)",
        "CREATE INDEX key_renders ON keys (render_id)",
        "CREATE INDEX key_ages ON keys (updated_at)",
        "CREATE INDEX message_prompts ON messages (prompt_digest)",
        "CREATE INDEX message_renders ON renders (message_id)",
        """
        CREATE TABLE reservations (
            account TEXT NOT NULL,
            batch TEXT NOT NULL,
            key TEXT NOT NULL,
            amount REAL NOT NULL,
            updated_at REAL NOT NULL,
            PRIMARY KEY (account, batch, key)
        )
        """,
        "CREATE INDEX reservation_ages ON reservations (updated_at)",
    ),
)
"""What each version of the file adds; `PRAGMA user_version` says how many of them it has had."""

_DAY = 86_400
_KEEP_ENDED = 7 * _DAY
_KEEP_COUNT = 1000
# Tokens last seven days and sessions little longer: there is nothing to recover after a month.
_KEEP_OPEN = 30 * _DAY
# A clock that was wrong for a while, when the entry was made or now, gives nothing up by itself.
_KEEP_EXPIRED = 7 * _DAY
_KEEP_KEYS = 90 * _DAY

PRUNING = (
    "DELETE FROM messages WHERE phase IN ('finished', 'failed') AND updated_at < :ended",
    """
    DELETE FROM renders WHERE (phase IN ('downloaded', 'failed', 'cancelled')
        OR (phase = 'completed' AND target_path IS NULL)) AND updated_at < :ended
    """,
    """
    DELETE FROM messages WHERE id IN (
        SELECT id FROM messages WHERE phase IN ('finished', 'failed')
        ORDER BY updated_at DESC LIMIT 1000000000 OFFSET :count)
    """,
    """
    DELETE FROM renders WHERE id IN (
        SELECT id FROM renders WHERE phase IN ('downloaded', 'failed', 'cancelled')
        OR (phase = 'completed' AND target_path IS NULL)
        ORDER BY updated_at DESC LIMIT 1000000000 OFFSET :count)
    """,
    *(
        statement.format(table=table)
        for table in ("messages", "renders")
        for statement in (
            """
            DELETE FROM {table} WHERE updated_at < :open AND expired_at < :expired
                AND NOT is_owned(owner)
            """,
            """
            UPDATE {table} SET expired_at = :now WHERE updated_at < :open
                AND (expired_at IS NULL OR expired_at > :now)
            """,
        )
    ),
    "DELETE FROM keys WHERE updated_at < :keyed AND NOT is_owned(owner)",
    "DELETE FROM reservations WHERE updated_at < :keyed",
)


def build_pruning_limits(now: float) -> dict[str, float]:
    return {
        "now": now,
        "ended": now - _KEEP_ENDED,
        "open": now - _KEEP_OPEN,
        "expired": now - _KEEP_EXPIRED,
        "count": _KEEP_COUNT,
        "keyed": now - _KEEP_KEYS,
    }
