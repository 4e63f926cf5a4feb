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
