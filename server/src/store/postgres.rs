//! PostgreSQL: for several server processes, and for a database with replicas.

use std::{fmt, future::Future, ops::Range, time::Duration};

use async_trait::async_trait;
use isoloir_protocol::manifest::ElectionId;
use sqlx::{
    AssertSqlSafe, ConnectOptions, PgConnection, PgPool, Postgres, Row, Transaction,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions, PgRow},
};

use super::{
    Batch, Cosigned, DatabaseUrl, Head, LogNumber, LogRow, NewLog, OUT_OF_RANGE, PIECE_LEN, Store, StoreError, bytes32, database, signed,
    unsigned,
};

/// How many connections read, beside those that write.
const READERS: u32 = 8;

/// How many connections write: one for each of a few busy logs.
const WRITERS: u32 = 4;

/// How long the database may take to do something before it counts as failing.
const WAIT: Duration = Duration::from_secs(10);

/// The channel on which every change of a log is announced, with the log's number.
pub(crate) const CHANNEL: &str = "isoloir_logs";

/// What stands before the number if only cosignatures were added.
pub(crate) const COSIGNED: char = 'c';

/// What is set on each connection. A statement has no time limit on the server's side, on purpose: a commit that waits
/// for a replica and is cancelled counts as done without having reached the replica.
const SETTINGS: [(&str, &str); 7] = [
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "10s"),
    // A machine that is gone without a word is noticed within seconds, and its locks are free.
    ("tcp_keepalives_idle", "2"),
    ("tcp_keepalives_interval", "1"),
    ("tcp_keepalives_count", "4"),
    ("tcp_user_timeout", "6000"),
    ("client_min_messages", "warning"),
];

/// Logs in a PostgreSQL database.
pub struct PostgresStore {
    writers: PgPool,
    readers: PgPool,
    options: PgConnectOptions,
}

impl PostgresStore {
    /// Connects, and brings the tables up to date.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let options = url.options().clone().application_name("isoloir").options(SETTINGS).disable_statement_logging();
        let pool = |connections| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(WAIT)
                .after_connect(|connection, _| Box::pin(async move { make_durable(connection).await }))
        };
        let writers = pool(WRITERS).connect_with(options.clone()).await?;
        sqlx::migrate!("migrations/postgres").run(&writers).await.map_err(database)?;
        let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(&writers).await?;
        if fsync != "on" {
            tracing::warn!("the database does not write to the disk what it commits (fsync): a loss of power loses ballots");
        }
        let readers = pool(READERS).connect_with(options.clone()).await?;
        Ok(Self { writers, readers, options })
    }

    /// A connection of its own, on which locks can be held. The database ends it if nothing is asked on it for a while: a process
    /// that hangs does not keep others from the locks.
    pub(crate) async fn connect(&self) -> Result<PgConnection, StoreError> {
        within(async {
            let mut connection = self.options.connect().await?;
            sqlx::query("SET idle_session_timeout = '5s'").execute(&mut connection).await?;
            Ok(connection)
        })
        .await
    }

    /// Hears of changes and handovers.
    pub(crate) async fn listen(&self) -> Result<PgListener, StoreError> {
        within(async {
            let mut listener = PgListener::connect_with(&self.readers).await?;
            listener.listen(CHANNEL).await?;
            Ok(listener)
        })
        .await
    }

    /// The connections for what is short and changes something.
    pub(crate) fn writers(&self) -> &PgPool {
        &self.writers
    }
}

impl fmt::Debug for PostgresStore {
    // The driver's options would show the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}

/// Does it, if it does not take too long. After a commit that took too long nobody knows whether it will happen.
pub(crate) async fn within<T>(work: impl Future<Output = Result<T, StoreError>> + Send) -> Result<T, StoreError> {
    tokio::time::timeout(WAIT, work).await.unwrap_or_else(|_| Err(database("the database does not answer")))
}

/// Commits are on the disk before they are answered, whatever the operator's default is; who asks for more gets it.
async fn make_durable(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let off = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
    sqlx::query(off).execute(connection).await?;
    Ok(())
}

#[async_trait]
impl Store for PostgresStore {
    async fn logs(&self) -> Result<Vec<LogRow>, StoreError> {
        let query = sqlx::query("SELECT log, name, origin, sign, organiser, election FROM logs ORDER BY log");
        let rows = within(async { Ok(query.fetch_all(&self.readers).await?) }).await?;
        rows.iter().map(log_row).collect()
    }

    async fn create_log(&self, log: &NewLog) -> Result<LogRow, StoreError> {
        let row = within(async {
            let mut transaction = self.writers.begin().await?;
            let made: Option<i64> = sqlx::query_scalar(
                "INSERT INTO logs (name, origin, sign, organiser) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT DO NOTHING RETURNING log",
            )
            .bind(&log.name)
            .bind(&log.origin)
            .bind(log.sign.as_slice())
            .bind(log.organiser.as_slice())
            .fetch_optional(&mut *transaction)
            .await?;
            if let Some(number) = made {
                // A number: nothing that anybody could have chosen.
                let partition = format!("CREATE TABLE boxes_{number} PARTITION OF boxes FOR VALUES IN ({number})");
                sqlx::query(AssertSqlSafe(partition)).execute(&mut *transaction).await?;
            }
            let row = sqlx::query(
                "SELECT log, name, origin, sign, organiser, election FROM logs \
                 WHERE name = $1 OR origin = $2",
            )
            .bind(&log.name)
            .bind(&log.origin)
            .fetch_one(&mut *transaction)
            .await?;
            announce(&mut transaction, &row.try_get::<i64, _>("log")?.to_string()).await?;
            transaction.commit().await?;
            Ok(row)
        });
        let found = log_row(&row.await?)?;
        if found.log == *log { Ok(found) } else { Err(StoreError::Taken) }
    }

    async fn head(&self, log: LogNumber) -> Result<Head, StoreError> {
        let query = sqlx::query("SELECT size, checkpoint FROM logs WHERE log = $1").bind(log.0);
        let row = within(async { Ok(query.fetch_one(&self.readers).await?) }).await?;
        Ok(Head { size: unsigned(row.try_get("size")?)?, checkpoint: row.try_get("checkpoint")? })
    }

    async fn append(&self, log: LogNumber, batch: &Batch) -> Result<(), StoreError> {
        let first = signed(batch.first)?;
        let count = i64::try_from(batch.entries.len()).map_err(|_| OUT_OF_RANGE)?;
        let size = first.checked_add(count).ok_or(OUT_OF_RANGE)?;
        within(async {
            let mut transaction = self.writers.begin().await?;
            // A rival's transaction is waited for, and the size is looked at again after it.
            let moved = sqlx::query(
                "UPDATE logs SET size = $1, checkpoint = $2, election = coalesce(election, $3) \
                 WHERE log = $4 AND size = $5",
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
            insert_data(&mut transaction, log, batch).await?;
            announce(&mut transaction, &log.0.to_string()).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn leaves(&self, log: LogNumber, indices: Range<u64>) -> Result<Vec<Vec<u8>>, StoreError> {
        let query = sqlx::query_scalar(
            "SELECT leaf FROM entries WHERE log = $1 AND position >= $2 AND position < $3 \
             ORDER BY position",
        )
        .bind(log.0)
        .bind(signed(indices.start)?)
        .bind(signed(indices.end)?);
        within(async { Ok(query.fetch_all(&self.readers).await?) }).await
    }

    async fn data_piece(&self, log: LogNumber, hash: &[u8; 32], piece: u32) -> Result<Option<Vec<u8>>, StoreError> {
        // Pieces are numbered in 31 bits here; there is none from there on.
        let Ok(piece) = i32::try_from(piece) else { return Ok(None) };
        let query = sqlx::query_scalar("SELECT bytes FROM data WHERE log = $1 AND hash = $2 AND piece = $3")
            .bind(log.0)
            .bind(hash.as_slice())
            .bind(piece);
        within(async { Ok(query.fetch_optional(&self.readers).await?) }).await
    }

    async fn boxes(&self, log: LogNumber, teller: u8, from: u64, count: u32) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        // No log is longer than PostgreSQL can count; there is nothing from there on.
        let Ok(from) = signed(from) else { return Ok(Vec::new()) };
        let query = sqlx::query(
            "SELECT position, box FROM boxes WHERE log = $1 AND teller = $2 AND position >= $3 \
             ORDER BY position LIMIT $4",
        )
        .bind(log.0)
        .bind(i16::from(teller))
        .bind(from)
        .bind(i64::from(count));
        let rows = within(async { Ok(query.fetch_all(&self.readers).await?) }).await?;
        rows.iter().map(|row| Ok((unsigned(row.try_get("position")?)?, row.try_get("box")?))).collect()
    }

    async fn supply_box(&self, log: LogNumber, index: u64, teller: u8, bytes: &[u8]) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO boxes (log, teller, position, box) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (log, teller, position) DO UPDATE SET box = excluded.box",
        )
        .bind(log.0)
        .bind(i16::from(teller))
        .bind(signed(index)?)
        .bind(bytes);
        within(async { Ok(query.execute(&self.writers).await?) }).await?;
        Ok(())
    }

    async fn erase_boxes(&self, log: LogNumber) -> Result<(), StoreError> {
        // The files of the partition are cut to nothing and unlinked.
        let erase = AssertSqlSafe(format!("TRUNCATE boxes_{}", log.0));
        within(async { Ok(sqlx::query(erase).execute(&self.writers).await?) }).await?;
        Ok(())
    }

    async fn cosigned(&self, log: LogNumber) -> Result<Vec<Cosigned>, StoreError> {
        let query = sqlx::query("SELECT size, note FROM cosigned WHERE log = $1 ORDER BY size").bind(log.0);
        let rows = within(async { Ok(query.fetch_all(&self.readers).await?) }).await?;
        rows.iter().map(|row| Ok(Cosigned { size: unsigned(row.try_get("size")?)?, note: row.try_get("note")? })).collect()
    }

    async fn keep_cosigned(&self, log: LogNumber, checkpoint: &Cosigned, instead_of: &[u64]) -> Result<(), StoreError> {
        let instead_of = instead_of.iter().map(|size| signed(*size)).collect::<Result<Vec<_>, _>>()?;
        let size = signed(checkpoint.size)?;
        within(async {
            let mut transaction = self.writers.begin().await?;
            sqlx::query("DELETE FROM cosigned WHERE log = $1 AND size = ANY ($2)")
                .bind(log.0)
                .bind(instead_of)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(
                "INSERT INTO cosigned (log, size, note) VALUES ($1, $2, $3) \
                 ON CONFLICT (log, size) DO UPDATE SET note = excluded.note",
            )
            .bind(log.0)
            .bind(size)
            .bind(&checkpoint.note)
            .execute(&mut *transaction)
            .await?;
            announce(&mut transaction, &format!("{COSIGNED}{}", log.0)).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        within(async { Ok(sqlx::query("SELECT log FROM logs LIMIT 1").fetch_optional(&self.readers).await?) }).await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writers.close().await;
    }
}

/// Tells the other processes, once the transaction is committed, that the log has changed.
async fn announce(transaction: &mut Transaction<'_, Postgres>, what: &str) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(what).execute(&mut **transaction).await?;
    Ok(())
}

/// Inserts the leaves of a batch with one statement.
async fn insert_leaves(transaction: &mut Transaction<'_, Postgres>, log: LogNumber, first: i64, batch: &Batch) -> Result<(), StoreError> {
    let leaves: Vec<&[u8]> = batch.entries.iter().map(|entry| entry.leaf.as_slice()).collect();
    sqlx::query(
        "INSERT INTO entries (log, position, leaf) \
         SELECT $1, $2 + number - 1, leaf FROM unnest($3) WITH ORDINALITY AS rows (leaf, number)",
    )
    .bind(log.0)
    .bind(first)
    .bind(leaves)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Inserts the boxes of a batch with one statement.
async fn insert_boxes(transaction: &mut Transaction<'_, Postgres>, log: LogNumber, first: i64, batch: &Batch) -> Result<(), StoreError> {
    let (mut tellers, mut positions, mut boxes) = (Vec::<i16>::new(), Vec::<i64>::new(), Vec::<&[u8]>::new());
    for (position, entry) in (first..).zip(&batch.entries) {
        for (teller, bytes) in (1_i16..).zip(&entry.boxes) {
            tellers.push(teller);
            positions.push(position);
            boxes.push(bytes);
        }
    }
    if boxes.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO boxes (log, teller, position, box) \
         SELECT $1, teller, position, box FROM unnest($2, $3, $4) AS rows (teller, position, box)",
    )
    .bind(log.0)
    .bind(tellers)
    .bind(positions)
    .bind(boxes)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Inserts the data of a batch: few and large.
async fn insert_data(transaction: &mut Transaction<'_, Postgres>, log: LogNumber, batch: &Batch) -> Result<(), StoreError> {
    for (hash, bytes) in batch.entries.iter().filter_map(|entry| entry.data.as_ref()) {
        for (piece, bytes) in (0_i32..).zip(bytes.chunks(PIECE_LEN)) {
            sqlx::query("INSERT INTO data (log, hash, piece, bytes) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
                .bind(log.0)
                .bind(hash.as_slice())
                .bind(piece)
                .bind(bytes)
                .execute(&mut **transaction)
                .await?;
        }
    }
    Ok(())
}

fn log_row(row: &PgRow) -> Result<LogRow, StoreError> {
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
