"""The log's tables and guards on PostgreSQL."""

# One number names the append lock of a database: whoever holds it may assign positions.
APPEND_LOCK = 0x6576656E746C6F67  # "eventlog"
CHANNEL = "stored_events"  # the library's own subscriptions listen to the same one

# Our guards answer with codes of class 23, so every driver reports an integrity error.
SEALED = "23S01"
OUT_OF_TURN = "23S02"
EPOCH_MOVED = "23S03"
APPEND_ONLY = "23S04"

SCHEMA = (
    # The columns are those of the library's recorder, so that its own classes read this log. The
    # position has no default: a sequence would leave gaps, so only `append_events` assigns it.
    """CREATE TABLE IF NOT EXISTS stored_events (
        originator_id text COLLATE "C" NOT NULL,
        originator_version bigint NOT NULL CHECK (originator_version > 0),
        topic text COLLATE "C" NOT NULL,
        state bytea NOT NULL,
        notification_id bigint NOT NULL UNIQUE CHECK (notification_id > 0),
        PRIMARY KEY (originator_id, originator_version))""",
    """CREATE TABLE IF NOT EXISTS sealed_streams (
        stream text COLLATE "C" PRIMARY KEY,
        allowed text NOT NULL)""",  # tags, each between spaces
    """CREATE TABLE IF NOT EXISTS view_epoch (
        id integer PRIMARY KEY CHECK (id = 1),
        epoch bigint NOT NULL)""",
    "INSERT INTO view_epoch VALUES (1, 1) ON CONFLICT (id) DO NOTHING",
    # A `volatile` function: under READ COMMITTED each of its statements sees what was committed
    # before that statement began, so the head is read after the lock was granted.
    f"""CREATE OR REPLACE FUNCTION append_events(
            folded_for bigint, streams text[], versions bigint[], tags text[], stored bytea[])
        RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            head bigint;
            now_at bigint;
        BEGIN
            PERFORM pg_advisory_xact_lock({APPEND_LOCK});
            SELECT (SELECT coalesce(max(notification_id), 0) FROM stored_events), epoch
                INTO head, now_at FROM view_epoch;
            IF folded_for <> now_at THEN
                RAISE EXCEPTION 'views are at epoch %', now_at USING ERRCODE = '{EPOCH_MOVED}';
            END IF;
            IF cardinality(streams) > 0 THEN
                INSERT INTO stored_events
                    SELECT e.stream, e.version, e.tag, e.stored, head + e.place
                    FROM unnest(streams, versions, tags, stored) WITH ORDINALITY
                    AS e (stream, version, tag, stored, place);
                NOTIFY {CHANNEL};
            END IF;
            RETURN head;
        END $$""",
    # Those who insert by hand wait for the lock too, so neither seal nor order can be outrun.
    f"""CREATE OR REPLACE FUNCTION guard_append() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock({APPEND_LOCK});
            IF EXISTS (SELECT FROM added JOIN sealed_streams ON stream = originator_id
                       AND strpos(allowed, ' ' || topic || ' ') = 0) THEN
                RAISE EXCEPTION 'stream is sealed' USING ERRCODE = '{SEALED}';
            END IF;
            IF EXISTS (SELECT FROM added WHERE originator_version > 1 AND NOT EXISTS (
                       SELECT FROM stored_events AS e WHERE e.originator_id = added.originator_id
                       AND e.originator_version = added.originator_version - 1)) THEN
                RAISE EXCEPTION 'version leaves a gap' USING ERRCODE = '{OUT_OF_TURN}';
            END IF;
            IF EXISTS (SELECT FROM added WHERE notification_id > 1 AND NOT EXISTS (
                       SELECT FROM stored_events AS e
                       WHERE e.notification_id = added.notification_id - 1)) THEN
                RAISE EXCEPTION 'position leaves a gap' USING ERRCODE = '{OUT_OF_TURN}';
            END IF;
            RETURN NULL;
        END $$""",
    """CREATE OR REPLACE TRIGGER guard_append AFTER INSERT ON stored_events
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION guard_append()""",
    f"""CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the log is append-only' USING ERRCODE = '{APPEND_ONLY}';
        END $$""",
    """CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stored_events
        FOR EACH STATEMENT EXECUTE FUNCTION append_only()""",
    """CREATE OR REPLACE TRIGGER no_unseal BEFORE DELETE OR TRUNCATE ON sealed_streams
        FOR EACH STATEMENT EXECUTE FUNCTION append_only()""",
    """CREATE OR REPLACE VIEW log AS SELECT
        notification_id AS position, originator_id AS stream, originator_version AS version,
        topic AS tag, document ->> 'at' AS at, document -> 'actor' ->> 'subject' AS actor,
        document -> 'data' AS data
        FROM stored_events, LATERAL (SELECT convert_from(state, 'UTF8')::jsonb AS document) AS d""",
)
