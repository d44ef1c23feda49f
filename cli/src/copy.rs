//! A copy of a log, kept and served: what `witness run --listen` and `mirror` have in common.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use isoloir_protocol::{manifest::ElectionId, signature::SignSecret};
use isoloir_server::{Config, CopyError, Pages, SharedClock, Told};

use crate::{
    context::Context,
    problem,
    problem::{Outcome, Problem},
    reference::Target,
    replay::Follower,
    serve::{Chain, Hosted, SharedWithServer},
};

/// Where copies are kept and served.
#[derive(Debug)]
pub struct Place {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Folder for the database.
    pub data: PathBuf,
    /// The address under which it is reached from outside.
    pub public_url: Option<String>,
    /// Folder of pages built from source.
    pub pages: Option<PathBuf>,
}

/// A server of copies inside this process.
pub struct Copy {
    hosted: Hosted,
}

/// The boxes of ballots, by log index, that of teller 1 first.
pub type Boxes = BTreeMap<u64, Vec<Vec<u8>>>;

impl Copy {
    /// Begins to serve what is kept already.
    pub fn start(ctx: &Context, place: Place) -> Outcome<Self> {
        let hosted = Hosted::start(Config {
            bind: place.listen,
            public_url: place.public_url.unwrap_or_else(|| format!("http://{}", place.listen)),
            data_dir: place.data,
            copies: true,
            pages: place.pages.map_or(Pages::Embedded, Pages::Folder),
            clock: SharedClock::from(Arc::new(SharedWithServer(ctx.clock()))),
            ..Config::default()
        })?;
        Ok(Self { hosted })
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.hosted.addr()
    }

    /// A flag that is raised when the program is told to stop.
    #[must_use]
    pub fn told_to_stop(&self) -> Arc<AtomicBool> {
        self.hosted.told_to_stop()
    }

    /// Answers what is under way, then stops.
    pub fn stop(self) {
        self.hosted.stop();
    }

    /// A replay of what is kept, to be continued from the log.
    pub fn follower<'a>(&self, target: &'a Target) -> Outcome<Follower<'a>> {
        let mut follower = Follower::new(target).keeping();
        loop {
            let first = follower.election().size();
            let part = self.hosted.wait_for(self.hosted.running().kept(&target.id(), first)).map_err(|error| failed(&error))?;
            if part.leaves.is_empty() {
                return Ok(follower);
            }
            follower.resume(&part)?;
        }
    }

    /// Keeps what the follower has replayed since, and the cosignatures of the checkpoint.
    pub fn keep(&self, target: &Target, follower: &mut Follower<'_>, boxes: &Boxes) -> Outcome<()> {
        let fresh = follower.take_fresh();
        if !fresh.leaves.is_empty() {
            let kept = self.hosted.running().keep(&target.manifest, fresh, boxes, follower.note());
            self.hosted.wait_for(kept).map_err(|error| failed(&error))?;
        }
        self.keep_cosigned(&target.id(), follower.note())
    }

    /// Keeps the cosignatures of a note.
    pub fn keep_cosigned(&self, id: &ElectionId, note: &str) -> Outcome<()> {
        self.hosted.wait_for(self.hosted.running().keep_cosigned(id, note)).map_err(|error| failed(&error))
    }

    /// The latest checkpoint that is kept; empty if nothing is.
    #[must_use]
    pub fn note(&self, id: &ElectionId) -> String {
        self.hosted.running().kept_note(id).unwrap_or_default()
    }

    /// Changes what is told about the copy.
    pub fn tell(&self, id: &ElectionId, told: Told) {
        self.hosted.running().tell(id, told);
    }

    /// The key with which boxes are asked for.
    pub fn mirror_key(&self) -> Outcome<SignSecret> {
        self.hosted.running().mirror_key().map_err(|error| problem!("copy-failed").because(&Chain(&error)))
    }

    /// The current ballots whose box for this teller is not kept; none if boxes are kept no more.
    pub fn lacking(&self, id: &ElectionId, teller: u8) -> Outcome<Vec<u64>> {
        let lacking = self.hosted.wait_for(self.hosted.running().lacking(id, teller)).map_err(|error| failed(&error))?;
        Ok(lacking.unwrap_or_default().into_iter().collect())
    }

    /// Keeps a box, if it is the one that the log names. Tells whether it is.
    pub fn keep_box(&self, id: &ElectionId, index: u64, teller: u8, bytes: &[u8]) -> Outcome<bool> {
        self.hosted.wait_for(self.hosted.running().keep_box(id, index, teller, bytes)).map_err(|error| failed(&error))
    }
}

fn failed(error: &CopyError) -> Problem {
    problem!("copy-failed").because(&Chain(error))
}
