//! Downloads for auditors: the data of entries and the whole archive, streamed in pieces so that
//! their size does not matter to the server's memory.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_DISPOSITION},
    web::{self, Bytes},
};
use isoloir_protocol::log::entry::{self, Entry};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{OfElection, Service, tiles::IMMUTABLE};
use crate::{
    log::Log,
    problem::{Kind, Problem},
    store::{Cosigned, Store, StoreError},
};

/// Leaves that are read at once.
const LEAVES: u64 = 512;

/// Pieces of a download that wait for a slow client.
const WAITING: usize = 2;

/// The data of an entry by their SHA-256.
pub(crate) async fn data(log: OfElection, service: web::Data<Service>, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let hash = hex::decode(&path.1).ok().filter(|hash| hex::encode(hash) == path.1);
    let hash = hash.and_then(|hash| <[u8; 32]>::try_from(hash).ok()).ok_or(Kind::UnknownData)?;
    let store = service.store.clone();
    let number = log.number();
    let first = store.data_piece(number, &hash, 0).await?.ok_or(Kind::UnknownData)?;
    let (pieces, body) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let mut next = Ok(Some(first));
        for piece in 1_u32.. {
            let Some(bytes) = next.transpose() else { break };
            if pieces.send(bytes.map(Bytes::from)).await.is_err() {
                break;
            }
            next = store.data_piece(number, &hash, piece).await;
        }
    });
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, IMMUTABLE))
        .content_type("application/octet-stream")
        .streaming(ReceiverStream::new(body)))
}

/// The whole archive as a zip (section 9).
pub(crate) async fn archive(log: OfElection, service: web::Data<Service>) -> HttpResponse {
    let (pieces, body) = mpsc::channel(WAITING);
    let (log, store) = (log.into_inner(), service.store.clone());
    let name = format!("attachment; filename=\"{}.zip\"", log.id());
    tokio::spawn(async move {
        let result = write(&log, store.as_ref(), &pieces).await;
        if let Err(error) = result {
            tracing::warn!(%error, "an archive broke off");
            // The client sees that its copy is cut off.
            let _ = pieces.send(Err(error)).await;
        }
    });
    HttpResponse::Ok().content_type("application/zip").insert_header((CONTENT_DISPOSITION, name)).streaming(ReceiverStream::new(body))
}

/// Why an archive breaks off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the zip cannot be written")]
    Zip(#[from] ZipError),
    #[error("the zip cannot be written")]
    Io(#[from] io::Error),
    #[error("the log is not what the store had")]
    Log,
    #[error("the client has gone")]
    Gone,
}

type Pieces = mpsc::Sender<Result<Bytes, Broken>>;

/// Writes the archive of the log as it is now.
async fn write(log: &Log, store: &dyn Store, pieces: &Pieces) -> Result<(), Broken> {
    let (size, note, kept) = log.read(|state| (state.election().size(), state.note(), state.cosignatures().notes()));
    let mut zip = Zip::new(pieces);
    zip.file("checkpoint", note.as_bytes()).await?;
    for Cosigned { size, note } in kept {
        zip.file(&format!("checkpoints/{size}"), note.as_bytes()).await?;
    }
    let mut data = Vec::new();
    zip.start("entries.bin")?;
    let mut first = 0;
    while first < size {
        let end = first.saturating_add(LEAVES).min(size);
        let leaves = store.leaves(log.number(), first..end).await?;
        if u64::try_from(leaves.len()).ok() != end.checked_sub(first) {
            return Err(Broken::Log);
        }
        let mut bytes = Vec::new();
        for leaf in &leaves {
            let length = u32::try_from(leaf.len()).map_err(|_| Broken::Log)?;
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(leaf);
            let entry = Entry::decode(leaf).map_err(|_| Broken::Log)?;
            data.extend(entry::data_of(&entry).map_err(|_| Broken::Log)?);
        }
        zip.write(&bytes).await?;
        first = end;
    }
    data.sort_unstable();
    data.dedup();
    for hash in data {
        zip.start(&format!("data/{}", hex::encode(hash)))?;
        for piece in 0_u32.. {
            let Some(bytes) = store.data_piece(log.number(), &hash, piece).await? else { break };
            zip.write(&bytes).await?;
        }
    }
    zip.finish().await
}

/// A zip that is sent while it is written. Nothing is compressed: points and hashes cannot be.
struct Zip<'a> {
    writer: ZipWriter<zip::write::StreamWriter<Outbox>>,
    outbox: Outbox,
    pieces: &'a Pieces,
}

impl<'a> Zip<'a> {
    fn new(pieces: &'a Pieces) -> Self {
        let outbox = Outbox::default();
        Self { writer: ZipWriter::new_stream(outbox.clone()), outbox, pieces }
    }

    fn start(&mut self, name: &str) -> Result<(), Broken> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
        Ok(self.writer.start_file(name, options)?)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.writer.write_all(bytes)?;
        self.send().await
    }

    async fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), Broken> {
        self.start(name)?;
        self.write(bytes).await
    }

    async fn finish(self) -> Result<(), Broken> {
        self.writer.finish()?;
        let last = self.outbox.take();
        self.pieces.send(Ok(last.into())).await.map_err(|_| Broken::Gone)
    }

    async fn send(&mut self) -> Result<(), Broken> {
        let bytes = self.outbox.take();
        if bytes.is_empty() {
            return Ok(());
        }
        self.pieces.send(Ok(bytes.into())).await.map_err(|_| Broken::Gone)
    }
}

/// Where the zip writer puts what is to be sent next.
#[derive(Debug, Clone, Default)]
struct Outbox(Arc<Mutex<Vec<u8>>>);

impl Outbox {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Outbox {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
