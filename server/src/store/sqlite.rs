//! SQLite: one file, write-ahead log, one writer, every commit synced to the disk.

use std::{ops::Range, path::Path, time::Duration};

use async_trait::async_trait;
use isoloir_protocol::manifest::ElectionId;
use sqlx::{
    ConnectOptions, QueryBuilder, Row, Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};

use super::{
    Batch, Cosigned, Head, LogNumber, LogRow, NewLog, OUT_OF_RANGE, PIECE_LEN, Store, StoreError, bytes32, database, signed, unsigned,
};

/// Rows of one INSERT. Few enough for short statements, enough that the way to the database and back
/// does not count.
const ROWS: usize = 64;

/// How many connections read. Writes have one more, since SQLite has one writer.
const READERS: u32 = 4;

/// How long a caller waits for a connection before the store counts as failing.
const WAIT: Duration = Duration::from_secs(10);

/// Logs in a SQLite database.
#[derive(Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the database at `path`, makes it if there is none, and brings its tables up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(WAIT)
            // Erased boxes are overwritten, not only unlinked.
            .pragma("secure_delete", "ON")
            .statement_cache_capacity(ROWS.saturating_mul(4))
            .disable_statement_logging();
        let writer = SqlitePoolOptions::new().max_connections(1).acquire_timeout(WAIT).connect_with(options.clone()).await?;
        sqlx::migrate!("migrations/sqlite").run(&writer).await.map_err(database)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(WAIT)
            .connect_with(options.create_if_missing(false).read_only(true))
            .await?;
        Ok(Self { writer, readers })
    }

    async fn begin(&self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn logs(&self) -> Result<Vec<LogRow>, StoreError> {
        let rows =
            sqlx::query("SELECT log, name, origin, sign, organiser, election FROM logs ORDER BY log").fetch_all(&self.readers).await?;
        rows.iter().map(log_row).collect()
    }

    async fn create_log(&self, log: &NewLog) -> Result<LogRow, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO logs (name, origin, sign, organiser) VALUES (?, ?, ?, ?) \
             ON CONFLICT DO NOTHING",
        )
        .bind(&log.name)
        .bind(&log.origin)
        .bind(log.sign.as_slice())
        .bind(log.organiser.as_slice())
        .execute(&mut *transaction)
        .await?;
        let row = sqlx::query(
            "SELECT log, name, origin, sign, organiser, election FROM logs \
             WHERE name = ? OR origin = ?",
        )
        .bind(&log.name)
        .bind(&log.origin)
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let found = log_row(&row)?;
        if found.log == *log { Ok(found) } else { Err(StoreError::Taken) }
    }

    async fn head(&self, log: LogNumber) -> Result<Head, StoreError> {
        let row = sqlx::query("SELECT size, checkpoint FROM logs WHERE log = ?").bind(log.0).fetch_one(&self.readers).await?;
        Ok(Head { size: unsigned(row.try_get("size")?)?, checkpoint: row.try_get("checkpoint")? })
    }

    async fn append(&self, log: LogNumber, batch: &Batch) -> Result<(), StoreError> {
        let first = signed(batch.first)?;
        let count = i64::try_from(batch.entries.len()).map_err(|_| OUT_OF_RANGE)?;
        let size = first.checked_add(count).ok_or(OUT_OF_RANGE)?;
        let mut transaction = self.begin().await?;
        let moved = sqlx::query(
            "UPDATE logs SET size = ?, checkpoint = ?, election = coalesce(election, ?) \
             WHERE log = ? AND size = ?",
        )
        .bind(size)
        .bind(&batch.checkpoint)
        .bind(batch.election.as_ref().map(|id| id.as_bytes().as_slice()))
        .bind(log.0)
        .bind(first)
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() != 1 {
            return Err(StoreError::Behind);
        }
        insert_leaves(&mut transaction, log, first, batch).await?;
        insert_boxes(&mut transaction, log, first, batch).await?;
        for (hash, bytes) in batch.entries.iter().filter_map(|entry| entry.data.as_ref()) {
            for (piece, bytes) in (0_i64..).zip(bytes.chunks(PIECE_LEN)) {
                sqlx::query(
                    "INSERT INTO data (log, hash, piece, bytes) VALUES (?, ?, ?, ?) \
                     ON CONFLICT DO NOTHING",
                )
                .bind(log.0)
                .bind(hash.as_slice())
                .bind(piece)
                .bind(bytes)
                .execute(&mut *transaction)
                .await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    async fn leaves(&self, log: LogNumber, indices: Range<u64>) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = sqlx::query(
            "SELECT leaf FROM entries WHERE log = ? AND position >= ? AND position < ? \
             ORDER BY position",
        )
        .bind(log.0)
        .bind(signed(indices.start)?)
        .bind(signed(indices.end)?)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok(row.try_get("leaf")?)).collect()
    }

    async fn data_piece(&self, log: LogNumber, hash: &[u8; 32], piece: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query("SELECT bytes FROM data WHERE log = ? AND hash = ? AND piece = ?")
            .bind(log.0)
            .bind(hash.as_slice())
            .bind(piece)
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| Ok(row.try_get("bytes")?)).transpose()
    }

    async fn boxes(&self, log: LogNumber, teller: u8, from: u64, count: u32) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        // No log is longer than SQLite can count; there is nothing from there on.
        let Ok(from) = signed(from) else { return Ok(Vec::new()) };
        let rows = sqlx::query(
            "SELECT position, box FROM boxes WHERE log = ? AND teller = ? AND position >= ? \
             ORDER BY position LIMIT ?",
        )
        .bind(log.0)
        .bind(teller)
        .bind(from)
        .bind(count)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((unsigned(row.try_get("position")?)?, row.try_get("box")?))).collect()
    }

    async fn supply_box(&self, log: LogNumber, index: u64, teller: u8, bytes: &[u8]) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO boxes (log, teller, position, box) VALUES (?, ?, ?, ?) \
             ON CONFLICT DO UPDATE SET box = excluded.box",
        )
        .bind(log.0)
        .bind(teller)
        .bind(signed(index)?)
        .bind(bytes)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn erase_boxes(&self, log: LogNumber) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await?;
        sqlx::query("DELETE FROM boxes WHERE log = ?").bind(log.0).execute(&mut *connection).await?;
        // The write-ahead log still has the boxes until it is written back and cut off, for which nobody may
        // be reading.
        let done = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await?;
        match done.try_get::<i64, _>("busy")? {
            0 => Ok(()),
            _ => Err(database("the write-ahead log is being read")),
        }
    }

    async fn cosigned(&self, log: LogNumber) -> Result<Vec<Cosigned>, StoreError> {
        let rows = sqlx::query("SELECT size, note FROM cosigned WHERE log = ? ORDER BY size").bind(log.0).fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(Cosigned { size: unsigned(row.try_get("size")?)?, note: row.try_get("note")? })).collect()
    }

    async fn keep_cosigned(&self, log: LogNumber, checkpoint: &Cosigned, instead_of: &[u64]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for size in instead_of {
            sqlx::query("DELETE FROM cosigned WHERE log = ? AND size = ?")
                .bind(log.0)
                .bind(signed(*size)?)
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query(
            "INSERT INTO cosigned (log, size, note) VALUES (?, ?, ?) \
             ON CONFLICT DO UPDATE SET note = excluded.note",
        )
        .bind(log.0)
        .bind(signed(checkpoint.size)?)
        .bind(&checkpoint.note)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT log FROM logs LIMIT 1").fetch_optional(&self.readers).await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Inserts the leaves of a batch, [`ROWS`] at a time.
async fn insert_leaves(transaction: &mut Transaction<'_, Sqlite>, log: LogNumber, first: i64, batch: &Batch) -> Result<(), StoreError> {
    let leaves: Vec<_> = (first..).zip(batch.entries.iter().map(|entry| &entry.leaf)).collect();
    for rows in leaves.chunks(ROWS) {
        let mut insert = QueryBuilder::new("INSERT INTO entries (log, position, leaf) ");
        insert.push_values(rows, |mut row, (position, leaf)| {
            row.push_bind(log.0).push_bind(*position).push_bind(leaf.as_slice());
        });
        insert.build().execute(&mut **transaction).await?;
    }
    Ok(())
}

/// Inserts the boxes of a batch, [`ROWS`] at a time.
async fn insert_boxes(transaction: &mut Transaction<'_, Sqlite>, log: LogNumber, first: i64, batch: &Batch) -> Result<(), StoreError> {
    let boxes: Vec<_> = (first..)
        .zip(&batch.entries)
        .flat_map(|(position, entry)| (1_i64..).zip(&entry.boxes).map(move |(teller, bytes)| (position, teller, bytes)))
        .collect();
    for rows in boxes.chunks(ROWS) {
        let mut insert = QueryBuilder::new("INSERT INTO boxes (log, teller, position, box) ");
        insert.push_values(rows, |mut row, (position, teller, bytes)| {
            row.push_bind(log.0).push_bind(*teller).push_bind(*position).push_bind(bytes.as_slice());
        });
        insert.build().execute(&mut **transaction).await?;
    }
    Ok(())
}

fn log_row(row: &SqliteRow) -> Result<LogRow, StoreError> {
    let election: Option<Vec<u8>> = row.try_get("election")?;
    Ok(LogRow {
        number: LogNumber(row.try_get("log")?),
        log: NewLog {
            name: row.try_get("name")?,
            origin: row.try_get("origin")?,
            sign: bytes32(row.try_get("sign")?)?,
            organiser: bytes32(row.try_get("organiser")?)?,
        },
        election: election.map(bytes32).transpose()?.map(ElectionId::from),
    })
}
