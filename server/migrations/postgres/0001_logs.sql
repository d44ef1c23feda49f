-- The same tables as for SQLite, in PostgreSQL's own words.

-- One row per log. `size` and `checkpoint` move together with the entries, in one transaction, and only
-- from the size the writer saw: whoever is behind can write nothing.
CREATE TABLE logs (
    log        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text   NOT NULL UNIQUE,  -- the last part of the origin
    origin     text   NOT NULL UNIQUE,  -- never used for two elections
    sign       bytea  NOT NULL,         -- the public key; the private one is in a file
    organiser  bytea  NOT NULL,         -- the public key of whoever asked for the log
    election   bytea  UNIQUE,           -- the id, once the manifest is the first entry
    size       bigint NOT NULL DEFAULT 0,
    checkpoint text                     -- the signed note of exactly `size` entries
);

-- The leaves, `u8 kind ‖ u64 time ‖ body`. There is no foreign key, which would be looked up for every row:
-- each batch changes its row of `logs` in the same transaction or writes nothing.
CREATE TABLE entries (
    log      bigint NOT NULL,
    position bigint NOT NULL,
    leaf     bytea  NOT NULL,
    PRIMARY KEY (log, position)
);
-- Points and hashes cannot be compressed.
ALTER TABLE entries ALTER COLUMN leaf SET STORAGE EXTERNAL;

-- Large data of entries under its SHA-256, in pieces that fit in memory.
CREATE TABLE data (
    log   bigint  NOT NULL,
    hash  bytea   NOT NULL,
    piece integer NOT NULL,
    bytes bytea   NOT NULL,
    PRIMARY KEY (log, hash, piece)
);

-- What only the tellers see, ordered as a teller reads it. Each log has a partition of its own, since only a table that is
-- emptied as a whole is gone from the database's files: deleted rows stay in them.
CREATE TABLE boxes (
    log      bigint   NOT NULL,
    teller   smallint NOT NULL,
    position bigint   NOT NULL,
    box      bytea    NOT NULL,
    PRIMARY KEY (log, teller, position)
) PARTITION BY LIST (log);
ALTER TABLE boxes ALTER COLUMN box SET STORAGE EXTERNAL;

-- Checkpoints that witnesses cosigned.
CREATE TABLE cosigned (
    log  bigint NOT NULL,
    size bigint NOT NULL,
    note text   NOT NULL,
    PRIMARY KEY (log, size)
);

-- What one server process hands to the one that writes a log, and the answer to it. Nothing here needs to outlive a crash:
-- whoever got no answer asks again.
CREATE UNLOGGED TABLE handovers (
    handover bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    log      bigint      NOT NULL,
    asked    timestamptz NOT NULL DEFAULT clock_timestamp(),
    request  bytea,      -- signed with the log's key
    answer   bytea
);
ALTER TABLE handovers ALTER COLUMN request SET STORAGE EXTERNAL;
CREATE INDEX handovers_waiting ON handovers (log, handover) WHERE answer IS NULL;
