-- Ids get the bits of a node (see ids.rs: new_id, new_key), leases name who holds them, keys have
-- windows of their own, and every row says in which format its JSON is.

DROP TRIGGER jobs_inserted;
DROP TRIGGER jobs_moved;
DROP TRIGGER jobs_deleted;
DROP INDEX receipts_to_route;
DROP INDEX receipts_by_original;
DROP INDEX marks_by_time;
DROP INDEX jobs_by_key;
DROP INDEX jobs_waiting;
DROP INDEX jobs_waiting_for_schedule;
DROP INDEX jobs_executing;
DROP INDEX jobs_discarded;
DROP INDEX jobs_ended;
DROP INDEX jobs_by_receipt;
ALTER TABLE receipts RENAME TO old_receipts;
ALTER TABLE bodies RENAME TO old_bodies;
ALTER TABLE jobs RENAME TO old_jobs;
ALTER TABLE attempts RENAME TO old_attempts;

CREATE TABLE receipts (
    id           INTEGER PRIMARY KEY,
    provider     TEXT NOT NULL,
    sources      TEXT NOT NULL,     -- JSON list
    headers      TEXT NOT NULL,     -- JSON list of pairs
    key          TEXT NOT NULL,
    at           INTEGER NOT NULL,
    state        TEXT NOT NULL,     -- routed, unrouted, gapped, unparsable, quarantined
    routings     INTEGER NOT NULL DEFAULT 0,
    quarantine   TEXT,              -- JSON: why it is not routed any more
    replay_of    INTEGER,
    duplicate_of INTEGER,
    same_key     TEXT,              -- the key that says so
    matched      INTEGER NOT NULL DEFAULT 0,
    revision     INTEGER NOT NULL DEFAULT 0,    -- of the configuration that judged it
    event        TEXT,
    action       TEXT,
    repo         TEXT,
    problem      TEXT,
    format       INTEGER NOT NULL DEFAULT 1,    -- of the JSON in this row
    verdicts     TEXT NOT NULL,     -- JSON list
    context      TEXT               -- JSON
);
INSERT INTO receipts (id, provider, sources, headers, key, at, state, routings, replay_of, duplicate_of,
                      matched, event, action, repo, problem, verdicts, context)
    SELECT new_id(id), provider, sources, headers, key, at, state, routings, new_id(replay_of),
           new_id(duplicate_of), matched, event, action, repo, problem, verdicts, context
    FROM old_receipts ORDER BY id;
CREATE INDEX receipts_to_route ON receipts (id) WHERE state IN ('unrouted', 'gapped');
CREATE INDEX receipts_by_original ON receipts (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX receipts_by_time ON receipts (at);

CREATE TABLE bodies (
    receipt INTEGER PRIMARY KEY,
    length  INTEGER NOT NULL,
    lz4     BLOB NOT NULL           -- one block, without a header
);
INSERT INTO bodies SELECT new_id(receipt), length, lz4 FROM old_bodies ORDER BY receipt;

CREATE TABLE dedupe_keys (
    source  TEXT NOT NULL,
    key     TEXT NOT NULL,
    receipt INTEGER NOT NULL,       -- the first one that came with it
    until   INTEGER NOT NULL,       -- the last moment at which it is remembered
    PRIMARY KEY (source, key)
) WITHOUT ROWID;
INSERT INTO dedupe_keys SELECT source, key, new_id(receipt), at + old_window() FROM marks;
CREATE INDEX dedupe_keys_by_end ON dedupe_keys (until);

CREATE TABLE jobs (
    id             INTEGER PRIMARY KEY,
    agent          TEXT NOT NULL,
    key            TEXT,            -- of what the agent has at most one job
    keep_until     INTEGER,         -- the job is kept as long as a redelivery would make it again
    kind           TEXT NOT NULL,   -- webhook, schedule, manual
    trigger        TEXT NOT NULL,   -- JSON
    receipt        INTEGER,
    input          TEXT,
    group_key      TEXT,
    priority       INTEGER NOT NULL DEFAULT 0,
    parent         TEXT,            -- the run that asked for it
    trace          TEXT,
    state          TEXT NOT NULL,
    reason         TEXT,            -- JSON
    held_by        TEXT,
    created_at     INTEGER NOT NULL,
    due_at         INTEGER NOT NULL,
    ended_at       INTEGER,
    lease_until    INTEGER,
    executing_node INTEGER,         -- who executes it
    executing_life INTEGER,
    attempts       INTEGER NOT NULL DEFAULT 0,
    failures       INTEGER NOT NULL DEFAULT 0,
    interruptions  INTEGER NOT NULL DEFAULT 0,
    snoozes        INTEGER NOT NULL DEFAULT 0,
    format         INTEGER NOT NULL DEFAULT 1   -- of the JSON in this row
);
INSERT INTO jobs (id, agent, key, keep_until, kind, trigger, receipt, state, reason, created_at, due_at,
                  ended_at, lease_until, executing_node, executing_life, attempts, failures,
                  interruptions, snoozes)
    SELECT new_id(id), agent, new_key(key), CASE WHEN key IS NULL THEN NULL ELSE created_at + old_window() END,
           trigger, cause, new_id(receipt), state, reason, created_at, due_at,
           ended_at, lease_until, CASE state WHEN 'executing' THEN 0 END, CASE state WHEN 'executing' THEN 0 END,
           attempts, failures, interruptions, postponements
    FROM old_jobs ORDER BY id;
CREATE UNIQUE INDEX jobs_by_key ON jobs (agent, key) WHERE key IS NOT NULL;
CREATE INDEX jobs_available ON jobs (agent, priority DESC, due_at, id) WHERE state = 'available';
CREATE INDEX jobs_later ON jobs (agent, due_at, id) WHERE state IN ('scheduled', 'retryable');
CREATE INDEX jobs_waiting_for_schedule ON jobs (agent)
    WHERE kind = 'schedule' AND state IN ('available', 'scheduled', 'retryable', 'held');
CREATE INDEX jobs_held ON jobs (agent, id) WHERE state = 'held';
CREATE INDEX jobs_executing ON jobs (lease_until) WHERE state = 'executing';
CREATE INDEX jobs_discarded ON jobs (id) WHERE state = 'discarded';
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_by_receipt ON jobs (receipt) WHERE receipt IS NOT NULL;

CREATE TABLE attempts (
    job         INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    agent       TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    outcome     TEXT,               -- JSON
    PRIMARY KEY (job, attempt)
) WITHOUT ROWID;
INSERT INTO attempts
    SELECT new_id(job), attempt, coalesce((SELECT agent FROM old_jobs WHERE old_jobs.id = job), ''),
           started_at, finished_at, outcome
    FROM old_attempts ORDER BY job, attempt;
CREATE INDEX attempts_executing ON attempts (started_at) WHERE finished_at IS NULL;
CREATE INDEX attempts_by_start ON attempts (started_at) WHERE finished_at IS NOT NULL;
CREATE INDEX attempts_by_agent ON attempts (agent, started_at) WHERE finished_at IS NOT NULL;

-- Proves that the file can be written.
CREATE TABLE write_probe (writes INTEGER NOT NULL);
INSERT INTO write_probe VALUES (0);
DROP TABLE pulse;
ALTER TABLE schedules RENAME TO schedule_cursors;

DROP TABLE old_receipts;
DROP TABLE old_bodies;
DROP TABLE old_jobs;
DROP TABLE old_attempts;
DROP TABLE marks;

CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs BEGIN
    INSERT INTO backlog VALUES (NEW.agent, NEW.state, 1)
        ON CONFLICT (agent, state) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER jobs_moved AFTER UPDATE OF state, agent ON jobs
    WHEN OLD.state <> NEW.state OR OLD.agent <> NEW.agent
BEGIN
    UPDATE backlog SET jobs = jobs - 1 WHERE agent = OLD.agent AND state = OLD.state;
    INSERT INTO backlog VALUES (NEW.agent, NEW.state, 1)
        ON CONFLICT (agent, state) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs BEGIN
    UPDATE backlog SET jobs = jobs - 1 WHERE agent = OLD.agent AND state = OLD.state;
END;
