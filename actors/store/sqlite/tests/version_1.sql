-- What version 1 wrote: a delivery with its job, and a schedule that came due. Never changed once released.
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE attempts (
    job         INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    outcome     TEXT,               -- JSON
    PRIMARY KEY (job, attempt)
) WITHOUT ROWID;
CREATE TABLE backlog (
    agent TEXT NOT NULL,
    state TEXT NOT NULL,
    jobs  INTEGER NOT NULL,
    PRIMARY KEY (agent, state)
) WITHOUT ROWID;
INSERT INTO "backlog" VALUES('dev','available',2);
CREATE TABLE bodies (
    receipt INTEGER PRIMARY KEY,
    length  INTEGER NOT NULL,
    lz4     BLOB NOT NULL           -- one block, without a header
);
INSERT INTO "bodies" VALUES(3764387840000000000,19,X'F0047B22616374696F6E223A226F70656E6564227D');
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
INSERT INTO "jobs" VALUES(3764387840000000001,'dev','hub/38feasf000000','webhook','{"cause":"webhook","source":"hub","trigger":1}',3764387840000000000,'available',NULL,1795000000000,1795000000000,NULL,NULL,0,0,0,0);
INSERT INTO "jobs" VALUES(3764387840104857600,'dev',NULL,'schedule','{"cause":"schedule","due":1795000000050}',NULL,'available',NULL,1795000000050,1795000000050,NULL,NULL,0,0,0,0);
CREATE TABLE marks (
    source  TEXT NOT NULL,
    key     TEXT NOT NULL,
    receipt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (source, key)
) WITHOUT ROWID;
INSERT INTO "marks" VALUES('hub','k',3764387840000000000,1795000000000);
CREATE TABLE pulse (beats INTEGER NOT NULL);
INSERT INTO "pulse" VALUES(0);
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
INSERT INTO "receipts" VALUES(3764387840000000000,'github','["hub"]','[["x-github-event","issues"]]','k',1795000000000,'routed',0,NULL,NULL,1,'issues','opened','acme/app','{"source":"github","event":"issues","action":"opened","repo":"acme/app","carries":{"branch":false,"conclusion":false}}','[{"verdict":"matched","agent":"dev","trigger":1,"source":"hub"}]',NULL);
CREATE TABLE schedules (
    agent      TEXT PRIMARY KEY,
    last_fired INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "schedules" VALUES('dev',1795000000050);
CREATE INDEX receipts_to_route ON receipts (id) WHERE state IN ('unrouted', 'gapped');
CREATE INDEX receipts_by_original ON receipts (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX marks_by_time ON marks (at);
CREATE UNIQUE INDEX jobs_by_key ON jobs (agent, key) WHERE key IS NOT NULL;
CREATE INDEX jobs_waiting ON jobs (agent, due_at, id) WHERE state IN ('available', 'scheduled', 'retryable');
CREATE INDEX jobs_waiting_for_schedule ON jobs (agent)
    WHERE trigger = 'schedule' AND state IN ('available', 'scheduled', 'retryable');
CREATE INDEX jobs_executing ON jobs (lease_until) WHERE state = 'executing';
CREATE INDEX jobs_discarded ON jobs (id) WHERE state = 'discarded';
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_by_receipt ON jobs (receipt) WHERE receipt IS NOT NULL;
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
COMMIT;
