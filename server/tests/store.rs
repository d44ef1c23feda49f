//! The contract of a store, for every implementation the same.

use std::future::Future;

use isoloir_protocol::manifest::ElectionId;
use isoloir_server::store::{Batch, Cosigned, LogNumber, NewEntry, NewLog, PIECE_LEN, PostgresStore, SqliteStore, Store, StoreError};
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::support::postgres::{Durability, Postgres};

/// The tests of this file, each on its own database of each kind.
macro_rules! contract {
    ($($test:ident,)*) => {
        mod sqlite {
            $(#[test] fn $test() { super::run(super::$test(super::Database::sqlite())); })*
        }
        mod postgres {
            $(#[test] fn $test() { super::run(super::$test(super::Database::postgres())); })*
        }
    };
}

contract! {
    names_and_origins_are_used_once,
    a_batch_is_appended_whole_or_not_at_all_and_only_at_the_end,
    of_two_writers_one_is_behind,
    long_batches_keep_their_order,
    data_are_kept_in_pieces_under_their_hash,
    boxes_are_supplied_and_erased,
    erased_boxes_are_gone_from_the_files,
    cosigned_checkpoints_replace_what_they_are_told_to,
}

fn run(test: impl Future<Output = ()>) {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// A database of a test's own.
enum Database {
    Sqlite(TempDir),
    Postgres(Postgres),
}

impl Database {
    fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    fn postgres() -> Self {
        Self::Postgres(Postgres::start(Durability::Off))
    }

    async fn open(&self) -> Box<dyn Store> {
        match self {
            Self::Sqlite(folder) => Box::new(SqliteStore::open(&folder.path().join("store.sqlite")).await.unwrap()),
            Self::Postgres(postgres) => Box::new(PostgresStore::open(&postgres.url()).await.unwrap()),
        }
    }

    async fn with_log(&self) -> (Box<dyn Store>, LogNumber) {
        let store = self.open().await;
        let log = store.create_log(&new_log("a")).await.unwrap().number;
        (store, log)
    }

    /// Whether a file that holds tables has these bytes. PostgreSQL's write-ahead log is none: it is written over in time,
    /// and the operator's guide says so.
    fn tables_contain(&self, bytes: &[u8]) -> bool {
        let files = match self {
            Self::Sqlite(folder) => crate::support::files(folder.path()),
            Self::Postgres(postgres) => {
                postgres.sql("postgres", "CHECKPOINT");
                crate::support::files(&postgres.data().join("base"))
            }
        };
        files.iter().any(|file| std::fs::read(file).unwrap_or_default().windows(bytes.len()).any(|window| window == bytes))
    }
}

fn new_log(name: &str) -> NewLog {
    NewLog { name: name.to_owned(), origin: format!("vote.example.org/log/{name}"), sign: [1; 32], organiser: [2; 32] }
}

fn entry(leaf: &[u8]) -> NewEntry {
    NewEntry { leaf: leaf.to_vec(), data: None, boxes: Vec::new() }
}

fn batch(first: u64, entries: Vec<NewEntry>) -> Batch {
    let checkpoint = format!("checkpoint of {}", first + entries.len() as u64);
    Batch { first, entries, checkpoint, election: None }
}

async fn names_and_origins_are_used_once(database: Database) {
    let (store, log) = database.with_log().await;
    let again = store.create_log(&new_log("a")).await.unwrap();
    assert_eq!((again.number, again.election), (log, None));
    let taken = [
        NewLog { organiser: [3; 32], ..new_log("a") },
        NewLog { sign: [3; 32], ..new_log("a") },
        NewLog { name: "b".to_owned(), ..new_log("a") },
        NewLog { origin: "else".to_owned(), ..new_log("a") },
    ];
    for other in taken {
        assert!(matches!(store.create_log(&other).await, Err(StoreError::Taken)));
    }
    let other = store.create_log(&new_log("b")).await.unwrap();
    assert_ne!(other.number, log);
    assert_eq!(store.logs().await.unwrap().len(), 2);
}

async fn a_batch_is_appended_whole_or_not_at_all_and_only_at_the_end(database: Database) {
    let (store, log) = database.with_log().await;
    let head = store.head(log).await.unwrap();
    assert_eq!((head.size, head.checkpoint), (0, None));
    let election = ElectionId::from([9; 32]);
    let first = Batch { election: Some(election), ..batch(0, vec![entry(b"zero")]) };
    store.append(log, &first).await.unwrap();
    store.append(log, &batch(1, vec![entry(b"one"), entry(b"two")])).await.unwrap();
    for behind in [0, 1, 2, 4, u64::MAX / 4] {
        let rival = batch(behind, vec![NewEntry { boxes: vec![vec![7]], ..entry(b"rival") }]);
        assert!(matches!(store.append(log, &rival).await, Err(StoreError::Behind)), "{behind}");
    }
    // A batch that breaks half-way leaves nothing: here a box is in the way of its last row.
    store.supply_box(log, 4, 2, &[0]).await.unwrap();
    let boxes = vec![vec![1], vec![2]];
    let broken = [b"three", b"four "].map(|leaf| NewEntry { boxes: boxes.clone(), ..entry(leaf) });
    store.append(log, &batch(3, broken.to_vec())).await.unwrap_err();
    store.close().await;
    let store = database.open().await;
    let head = store.head(log).await.unwrap();
    assert_eq!((head.size, head.checkpoint.as_deref()), (3, Some("checkpoint of 3")));
    assert_eq!(store.leaves(log, 0..9).await.unwrap(), [b"zero".to_vec(), b"one".to_vec(), b"two".to_vec()]);
    assert_eq!(store.leaves(log, 1..2).await.unwrap(), [b"one".to_vec()]);
    assert!(store.leaves(log, 3..9).await.unwrap().is_empty());
    assert!(store.boxes(log, 1, 0, 9).await.unwrap().is_empty());
    assert_eq!(store.logs().await.unwrap()[0].election, Some(election), "it stays that of the first batch");
}

async fn of_two_writers_one_is_behind(database: Database) {
    let (one, log) = database.with_log().await;
    let two = database.open().await;
    for size in 0..20 {
        let (mine, yours) = (batch(size, vec![entry(b"mine")]), batch(size, vec![entry(b"yours")]));
        let (first, second) = tokio::join!(one.append(log, &mine), two.append(log, &yours));
        assert!(first.is_ok() != second.is_ok());
        let kept: &[u8] = if first.is_ok() { b"mine" } else { b"yours" };
        assert!(matches!(first.and(second), Err(StoreError::Behind)));
        assert_eq!(two.leaves(log, size..size + 1).await.unwrap(), [kept]);
        assert_eq!(one.head(log).await.unwrap(), two.head(log).await.unwrap());
    }
}

async fn long_batches_keep_their_order(database: Database) {
    let (store, log) = database.with_log().await;
    let entries = (0..1_000_u32)
        .map(|number| {
            let boxes = (1..=3_u8).map(|teller| [number.to_be_bytes().as_slice(), &[teller]].concat()).collect();
            NewEntry { boxes, ..entry(&number.to_be_bytes()) }
        })
        .collect();
    store.append(log, &batch(0, entries)).await.unwrap();
    let leaves = store.leaves(log, 0..1_000).await.unwrap();
    assert!((0..1_000_u32).zip(&leaves).all(|(number, leaf)| *leaf == number.to_be_bytes()));
    let boxes = store.boxes(log, 2, 990, 5).await.unwrap();
    let expected: Vec<_> = (990..995_u32).map(|n| (u64::from(n), [n.to_be_bytes().as_slice(), &[2]].concat())).collect();
    assert_eq!(boxes, expected);
    assert!(store.boxes(log, 4, 0, 5).await.unwrap().is_empty());
    assert!(store.boxes(log, 2, u64::MAX, 5).await.unwrap().is_empty());
}

async fn data_are_kept_in_pieces_under_their_hash(database: Database) {
    let (store, log) = database.with_log().await;
    let long: Vec<u8> = (0..PIECE_LEN * 2 + 5).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let with_data = |hash, data: &[u8]| NewEntry { data: Some((hash, data.to_vec())), ..entry(b"leaf") };
    let entries = vec![with_data([1; 32], &long), with_data([2; 32], b"short"), with_data([2; 32], b"short")];
    store.append(log, &batch(0, entries)).await.unwrap();
    let mut found = Vec::new();
    for piece in 0..3 {
        let piece = store.data_piece(log, &[1; 32], piece).await.unwrap().unwrap();
        assert!(piece.len() <= PIECE_LEN);
        found.extend(piece);
    }
    assert!(found == long);
    assert_eq!(store.data_piece(log, &[1; 32], 3).await.unwrap(), None);
    assert_eq!(store.data_piece(log, &[2; 32], 0).await.unwrap().as_deref(), Some(b"short".as_slice()));
    let other = store.create_log(&new_log("b")).await.unwrap().number;
    assert_eq!(store.data_piece(other, &[2; 32], 0).await.unwrap(), None, "each log has its own");
}

async fn boxes_are_supplied_and_erased(database: Database) {
    let (store, log) = database.with_log().await;
    let other = store.create_log(&new_log("b")).await.unwrap().number;
    for log in [log, other] {
        store.append(log, &batch(0, vec![NewEntry { boxes: vec![vec![1], vec![2]], ..entry(b"leaf") }])).await.unwrap();
    }
    store.supply_box(log, 7, 2, &[8]).await.unwrap();
    store.supply_box(log, 7, 2, &[9]).await.unwrap();
    assert_eq!(store.boxes(log, 2, 0, 9).await.unwrap(), [(0, vec![2]), (7, vec![9])]);
    store.erase_boxes(log).await.unwrap();
    store.erase_boxes(log).await.unwrap();
    assert!(store.boxes(log, 2, 0, 9).await.unwrap().is_empty());
    assert_eq!(store.boxes(other, 2, 0, 9).await.unwrap().len(), 1);
}

async fn erased_boxes_are_gone_from_the_files(database: Database) {
    let (store, log) = database.with_log().await;
    let sealed = b"a box that nobody may find when the tellers are done".repeat(9);
    let entries = (0..200).map(|_| NewEntry { boxes: vec![sealed.clone(); 3], ..entry(b"leaf") }).collect();
    store.append(log, &batch(0, entries)).await.unwrap();
    assert!(database.tables_contain(&sealed));
    store.erase_boxes(log).await.unwrap();
    assert!(!database.tables_contain(&sealed));
    assert_eq!(store.head(log).await.unwrap().size, 200);
}

async fn cosigned_checkpoints_replace_what_they_are_told_to(database: Database) {
    let (store, log) = database.with_log().await;
    let cosigned = |size: u64, note: &str| Cosigned { size, note: note.to_owned() };
    store.keep_cosigned(log, &cosigned(5, "five"), &[]).await.unwrap();
    store.keep_cosigned(log, &cosigned(3, "three"), &[]).await.unwrap();
    store.keep_cosigned(log, &cosigned(5, "five again"), &[]).await.unwrap();
    assert_eq!(store.cosigned(log).await.unwrap(), [cosigned(3, "three"), cosigned(5, "five again")]);
    store.keep_cosigned(log, &cosigned(9, "nine"), &[3, 5, 7]).await.unwrap();
    assert_eq!(store.cosigned(log).await.unwrap(), [cosigned(9, "nine")]);
    store.ping().await.unwrap();
}
