"""The log's tables and guards on SQLite."""

SCHEMA = (
    # The columns are those of the library's recorder, so that its own classes read this log.
    # `rowid` is declared: it is the position we assign, and neither VACUUM nor a dump renumbers it.
    """CREATE TABLE IF NOT EXISTS stored_events (
        rowid INTEGER PRIMARY KEY,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL CHECK (originator_version > 0),
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        UNIQUE (originator_id, originator_version))""",
    """CREATE TABLE IF NOT EXISTS sealed_streams (
        stream TEXT PRIMARY KEY,
        allowed TEXT NOT NULL) WITHOUT ROWID""",  # tags, each between spaces
    """CREATE TABLE IF NOT EXISTS view_epoch (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        epoch INTEGER NOT NULL)""",
    "INSERT OR IGNORE INTO view_epoch VALUES (1, 1)",
    """CREATE TRIGGER IF NOT EXISTS seal BEFORE INSERT ON stored_events
        WHEN EXISTS (SELECT 1 FROM sealed_streams WHERE stream = NEW.originator_id
                     AND instr(allowed, ' ' || NEW.topic || ' ') = 0)
        BEGIN SELECT RAISE(ABORT, 'stream is sealed'); END""",
    # The next two also stop INSERT OR REPLACE, which would delete without asking `no_delete`.
    """CREATE TRIGGER IF NOT EXISTS version_in_turn BEFORE INSERT ON stored_events
        WHEN NEW.originator_version <> 1 + coalesce((
            SELECT max(originator_version) FROM stored_events
            WHERE originator_id = NEW.originator_id), 0)
        BEGIN SELECT RAISE(ABORT, 'version is out of turn'); END""",
    """CREATE TRIGGER IF NOT EXISTS position_in_turn BEFORE INSERT ON stored_events
        WHEN NEW.rowid <> 1 + coalesce((SELECT max(rowid) FROM stored_events), 0)
        BEGIN SELECT RAISE(ABORT, 'position is out of turn'); END""",
    """CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON stored_events
        BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
    """CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON stored_events
        BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
    """CREATE TRIGGER IF NOT EXISTS no_unseal BEFORE DELETE ON sealed_streams
        BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
    """CREATE VIEW IF NOT EXISTS log AS SELECT
        rowid AS position, originator_id AS stream, originator_version AS version, topic AS tag,
        json_extract(CAST(state AS TEXT), '$.at') AS at,
        json_extract(CAST(state AS TEXT), '$.actor.subject') AS actor,
        json_extract(CAST(state AS TEXT), '$.data') AS data FROM stored_events""",
)
