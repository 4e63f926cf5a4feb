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
