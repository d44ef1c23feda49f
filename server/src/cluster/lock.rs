//! The lock of each log: an advisory lock of PostgreSQL, held as long as one connection lives.

use std::{collections::HashSet, sync::Arc, time::Duration};

use actix_web::web;
use sqlx::PgConnection;
use tokio::time::MissedTickBehavior;

use super::{Cluster, Service};
use crate::{
    log::Log,
    store::{LogNumber, StoreError},
};

/// Our locks among those that others may have in the same database: this number plus that of the log.
const LOCKS: i64 = 0x4953_4f4c_0000_0000;

/// How often a process tries to get locks, and looks whether its connection lives.
const TRY: Duration = Duration::from_millis(300);

/// After so long without an answer the connection counts as lost.
const LOST: Duration = Duration::from_secs(3);

/// Competes for the locks of all logs whose key this process has.
pub(super) async fn keep(cluster: Arc<Cluster>, service: web::Data<Service>) {
    let mut interval = tokio::time::interval(TRY);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut held = Held::default();
    loop {
        interval.tick().await;
        let logs = service.elections.all();
        let turn = tokio::time::timeout(LOST, held.turn(&cluster, &logs)).await;
        let lost = match turn {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the database does not answer".to_owned(),
        };
        if held.connection.is_some() {
            tracing::warn!(error = lost, "the connection with the locks is lost");
        }
        held = Held::default();
        logs.iter().for_each(|log| log.leave_seat());
    }
}

/// A connection and the locks on it.
#[derive(Default)]
struct Held {
    connection: Option<PgConnection>,
    logs: HashSet<LogNumber>,
}

impl Held {
    async fn turn(&mut self, cluster: &Cluster, logs: &[Arc<Log>]) -> Result<(), StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(cluster.store.connect().await?),
        };
        // Locks of a replica bind nobody.
        let replica: bool = sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(&mut *connection).await?;
        if replica {
            return Err(StoreError::Database("the database is a replica that cannot be written to".into()));
        }
        let free: Vec<_> = logs.iter().filter(|log| log.key.get().is_some() && !self.logs.contains(&log.number())).collect();
        let wanted: Vec<i64> = free.iter().map(|log| log.number().0).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let got: Vec<i64> = sqlx::query_scalar("SELECT log FROM unnest($1::bigint[]) AS wanted (log) WHERE pg_try_advisory_lock($2 + log)")
            .bind(wanted)
            .bind(LOCKS)
            .fetch_all(&mut *connection)
            .await?;
        for log in free.into_iter().filter(|log| got.contains(&log.number().0)) {
            self.logs.insert(log.number());
            log.take_seat();
        }
        Ok(())
    }
}
