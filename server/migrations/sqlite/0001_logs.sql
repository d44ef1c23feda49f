-- One row per log. `size` and `checkpoint` move together with the entries, in one transaction, and only
-- from the size the writer saw: whoever is behind can write nothing.
CREATE TABLE logs (
    log        INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,  -- the last part of the origin
    origin     TEXT    NOT NULL UNIQUE,  -- never used for two elections
    sign       BLOB    NOT NULL,         -- the public key; the private one is in a file
    organiser  BLOB    NOT NULL,         -- the public key of whoever asked for the log
    election   BLOB    UNIQUE,           -- the id, once the manifest is the first entry
    size       INTEGER NOT NULL DEFAULT 0,
    checkpoint TEXT                      -- the signed note of exactly `size` entries
) STRICT;

-- The leaves, `u8 kind ‖ u64 time ‖ body`.
CREATE TABLE entries (
    log      INTEGER NOT NULL REFERENCES logs (log),
    position INTEGER NOT NULL,
    leaf     BLOB    NOT NULL,
    PRIMARY KEY (log, position)
) STRICT;

-- Large data of entries under its SHA-256, in pieces that fit in memory.
CREATE TABLE data (
    log   INTEGER NOT NULL REFERENCES logs (log),
    hash  BLOB    NOT NULL,
    piece INTEGER NOT NULL,
    bytes BLOB    NOT NULL,
    PRIMARY KEY (log, hash, piece)
) STRICT;

-- What only the tellers see, ordered as a teller reads it. Erased some time after the result.
CREATE TABLE boxes (
    log      INTEGER NOT NULL REFERENCES logs (log),
    teller   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    box      BLOB    NOT NULL,
    PRIMARY KEY (log, teller, position)
) STRICT, WITHOUT ROWID;

-- Checkpoints that witnesses cosigned.
CREATE TABLE cosigned (
    log  INTEGER NOT NULL REFERENCES logs (log),
    size INTEGER NOT NULL,
    note TEXT    NOT NULL,
    PRIMARY KEY (log, size)
) STRICT;
