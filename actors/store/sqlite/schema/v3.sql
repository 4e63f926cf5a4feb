-- Every configuration has a number of its own for as long as the store lives.

CREATE TABLE revisions (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice
    at      INTEGER NOT NULL,       -- since when it was in force
    digest  TEXT NOT NULL,
    changes TEXT NOT NULL,          -- JSON: what was different from the one before
    parts   TEXT                    -- JSON: what the newest one consists of
);
-- Receipts of before name numbers that began anew with each start.
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'revisions', coalesce(max(revision), 0) FROM receipts;

-- What operators asked for beside the configuration, what they did, and what was done to many at once.

CREATE TABLE overrides (
    agent  TEXT PRIMARY KEY,
    paused INTEGER NOT NULL,        -- 1 where it begins no runs
    scale  INTEGER                  -- how many runs at once, where somebody asked for that
) WITHOUT ROWID;

CREATE TABLE changes (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    by      TEXT NOT NULL,          -- the name of a key
    origin  TEXT,                   -- the address it came from
    action  TEXT NOT NULL,          -- agent.pause
    subject TEXT,
    before  TEXT,                   -- JSON
    after   TEXT,                   -- JSON
    problem TEXT                    -- why it was not done
);
CREATE INDEX changes_by_time ON changes (at);

CREATE TABLE bulk_actions (
    id     INTEGER PRIMARY KEY,
    record TEXT NOT NULL            -- JSON
);

-- Which secret verified a delivery.
ALTER TABLE receipts ADD COLUMN verified_by TEXT;   -- JSON list, in the order of sources

ALTER TABLE attempts ADD COLUMN report TEXT;    -- JSON: what the run told of itself

-- Keys are kept as digests, the newest of them in the order in which they came (see dedupe_keys.rs).
CREATE TABLE key_digests (
    digest  BLOB NOT NULL PRIMARY KEY,
    receipt INTEGER NOT NULL,       -- the first one that came with it
    until   INTEGER NOT NULL        -- the last moment at which it is remembered
) WITHOUT ROWID;
INSERT INTO key_digests SELECT key_digest(source, key), receipt, until FROM dedupe_keys;
DROP TABLE dedupe_keys;
ALTER TABLE key_digests RENAME TO dedupe_keys;
-- By the hour: keys of one hour lie in the order of the table itself, and are written as its pages are.
CREATE INDEX dedupe_keys_by_end ON dedupe_keys (until / 3600000);
CREATE TABLE recent_keys (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: a round of the merge ends at one
    digest  BLOB NOT NULL,
    receipt INTEGER NOT NULL,
    until   INTEGER NOT NULL
);

-- Jobs that share a key are about the same subject: one of them runs at a time.

ALTER TABLE jobs ADD COLUMN stand_in INTEGER;   -- the job that stands for this one; where this one
                                                -- executes, it is to be stopped for it
ALTER TABLE jobs ADD COLUMN follows INTEGER NOT NULL DEFAULT 0; -- 1 where another of its key comes first

DROP INDEX jobs_available;
DROP INDEX jobs_later;
CREATE INDEX jobs_available ON jobs (agent, priority DESC, due_at, id) WHERE state = 'available' AND follows = 0;
CREATE INDEX jobs_later ON jobs (agent, due_at, id) WHERE state IN ('scheduled', 'retryable') AND follows = 0;
CREATE INDEX jobs_of_key ON jobs (agent, group_key, state, id) WHERE group_key IS NOT NULL AND ended_at IS NULL;
CREATE INDEX jobs_first_of_key ON jobs (agent, group_key)
    WHERE group_key IS NOT NULL AND ended_at IS NULL AND follows = 0;
CREATE INDEX jobs_by_stand_in ON jobs (stand_in) WHERE stand_in IS NOT NULL;
CREATE INDEX jobs_to_stop ON jobs (agent) WHERE stand_in IS NOT NULL AND state = 'executing';

-- Of the jobs of a key that wait, the oldest comes first, whatever its time; none does while one executes.
-- So a claim finds what it may take in its index, and passes over nothing.
CREATE VIEW keys_to_order AS SELECT NULL AS agent, NULL AS group_key;
CREATE TRIGGER order_key INSTEAD OF INSERT ON keys_to_order BEGIN
    UPDATE jobs SET follows = 1
    WHERE agent = NEW.agent AND group_key = NEW.group_key AND ended_at IS NULL AND follows = 0
      AND state <> 'executing';
    UPDATE jobs SET follows = 0 WHERE id = (
        SELECT min(id) FROM (
            SELECT min(id) AS id FROM jobs WHERE agent = NEW.agent AND group_key = NEW.group_key
                AND ended_at IS NULL AND state = 'available'
            UNION ALL SELECT min(id) FROM jobs WHERE agent = NEW.agent AND group_key = NEW.group_key
                AND ended_at IS NULL AND state = 'scheduled'
            UNION ALL SELECT min(id) FROM jobs WHERE agent = NEW.agent AND group_key = NEW.group_key
                AND ended_at IS NULL AND state = 'retryable')
        WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE agent = NEW.agent AND group_key = NEW.group_key
                AND ended_at IS NULL AND state = 'executing'));
END;
CREATE TRIGGER jobs_of_key_inserted AFTER INSERT ON jobs
    WHEN NEW.group_key IS NOT NULL AND NEW.ended_at IS NULL
BEGIN
    INSERT INTO keys_to_order VALUES (NEW.agent, NEW.group_key);
END;
CREATE TRIGGER jobs_of_key_moved AFTER UPDATE OF state, agent ON jobs
    WHEN NEW.group_key IS NOT NULL AND (OLD.state <> NEW.state OR OLD.agent <> NEW.agent)
BEGIN
    INSERT INTO keys_to_order VALUES (NEW.agent, NEW.group_key);
END;
CREATE TRIGGER jobs_of_key_left AFTER UPDATE OF agent ON jobs
    WHEN OLD.group_key IS NOT NULL AND OLD.agent <> NEW.agent
BEGIN
    INSERT INTO keys_to_order VALUES (OLD.agent, OLD.group_key);
END;
-- Keys that earlier versions stored.
INSERT INTO keys_to_order SELECT DISTINCT agent, group_key FROM jobs WHERE group_key IS NOT NULL;
