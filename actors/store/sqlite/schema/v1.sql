CREATE TABLE receipts (
    id           INTEGER PRIMARY KEY,
    provider     TEXT NOT NULL,
    sources      TEXT NOT NULL,     -- JSON list
    headers      TEXT NOT NULL,     -- JSON list of pairs
    key          TEXT NOT NULL,
    at           INTEGER NOT NULL,
    state        TEXT NOT NULL,     -- routed, unrouted, gapped, unparsable
    routings     INTEGER NOT NULL DEFAULT 0,
    replay_of    INTEGER,
    duplicate_of INTEGER,
    matched      INTEGER NOT NULL DEFAULT 0,
    event        TEXT,
    action       TEXT,
    repo         TEXT,
    context      TEXT,              -- JSON
    verdicts     TEXT NOT NULL,     -- JSON list
    problem      TEXT
);
CREATE INDEX receipts_to_route ON receipts (id) WHERE state IN ('unrouted', 'gapped');
CREATE INDEX receipts_by_original ON receipts (duplicate_of) WHERE duplicate_of IS NOT NULL;

CREATE TABLE bodies (
    receipt INTEGER PRIMARY KEY,
    length  INTEGER NOT NULL,
    lz4     BLOB NOT NULL           -- one block, without a header
);

CREATE TABLE marks (
    source  TEXT NOT NULL,
    key     TEXT NOT NULL,
    receipt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (source, key)
) WITHOUT ROWID;
CREATE INDEX marks_by_time ON marks (at);

CREATE TABLE jobs (
    id            INTEGER PRIMARY KEY,
    agent         TEXT NOT NULL,
    key           TEXT,
    trigger       TEXT NOT NULL,    -- webhook, schedule, manual
    cause         TEXT NOT NULL,    -- JSON
    receipt       INTEGER,
    state         TEXT NOT NULL,
    reason        TEXT,             -- JSON
    created_at    INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    ended_at      INTEGER,
    lease_until   INTEGER,
    attempts      INTEGER NOT NULL DEFAULT 0,
    failures      INTEGER NOT NULL DEFAULT 0,
    interruptions INTEGER NOT NULL DEFAULT 0,
    postponements INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX jobs_by_key ON jobs (agent, key) WHERE key IS NOT NULL;
CREATE INDEX jobs_waiting ON jobs (agent, due_at, id) WHERE state IN ('available', 'scheduled', 'retryable');
CREATE INDEX jobs_waiting_for_schedule ON jobs (agent)
    WHERE trigger = 'schedule' AND state IN ('available', 'scheduled', 'retryable');
CREATE INDEX jobs_executing ON jobs (lease_until) WHERE state = 'executing';
CREATE INDEX jobs_discarded ON jobs (id) WHERE state = 'discarded';
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_by_receipt ON jobs (receipt) WHERE receipt IS NOT NULL;

CREATE TABLE attempts (
    job         INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    outcome     TEXT,               -- JSON
    PRIMARY KEY (job, attempt)
) WITHOUT ROWID;

-- Proves that the file can be written.
CREATE TABLE pulse (beats INTEGER NOT NULL);
INSERT INTO pulse VALUES (0);
-- What `file` shows of a database: Herd, in ASCII.
PRAGMA application_id = 1214607972;

CREATE TABLE schedules (
    agent      TEXT PRIMARY KEY,
    last_fired INTEGER NOT NULL
) WITHOUT ROWID;

-- Counting a million jobs takes a tenth of a second; these counts take nothing to read.
CREATE TABLE backlog (
    agent TEXT NOT NULL,
    state TEXT NOT NULL,
    jobs  INTEGER NOT NULL,
    PRIMARY KEY (agent, state)
) WITHOUT ROWID;
CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs BEGIN
    INSERT INTO backlog VALUES (NEW.agent, NEW.state, 1)
        ON CONFLICT (agent, state) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER jobs_moved AFTER UPDATE OF state ON jobs WHEN OLD.state <> NEW.state BEGIN
    UPDATE backlog SET jobs = jobs - 1 WHERE agent = OLD.agent AND state = OLD.state;
    INSERT INTO backlog VALUES (NEW.agent, NEW.state, 1)
        ON CONFLICT (agent, state) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs BEGIN
    UPDATE backlog SET jobs = jobs - 1 WHERE agent = OLD.agent AND state = OLD.state;
END;
