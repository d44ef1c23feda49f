//! `isoloir mirror`: a full copy of a server's elections, kept and served, with the boxes that tellers need if the server is lost.
//!
//! Everything is replayed before it is kept. Boxes are given to mirrors whose key the operator of the server knows.

use std::{
    collections::BTreeSet,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread::Scope,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use isoloir_protocol::{election::Phase, manifest::ElectionId, signature::SignSecret};
use isoloir_server::{Alarm, Told};

use crate::{
    args::Ending,
    client::{BoxPart, Client},
    context::Context,
    copy::{Boxes, Copy, Place},
    durable, problem,
    problem::{Outcome, Problem},
    reference,
    reference::Target,
    replay::Follower,
    say, witness,
};

/// What `mirror` is given.
#[derive(Debug, Args)]
pub struct MirrorArgs {
    /// The server whose elections are copied, or a link to the one election to copy
    #[arg(long, value_name = "URL")]
    pub url: String,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// Folder for what it keeps, and for the key with which it asks for boxes
    #[arg(long, value_name = "FOLDER")]
    pub data: PathBuf,
    /// The address under which it is reached from outside, if a proxy stands in front
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Folder with pages built from source, instead of those in the program
    #[arg(long, value_name = "FOLDER")]
    pub pages: Option<PathBuf>,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
}

/// Bytes of boxes asked for at once, about.
const PIECE: usize = 8 << 20;

/// Of so many looks one asks again for boxes that the server did not have or give.
const PATIENCE: u64 = 12;

/// Copies until it is told to stop.
pub fn run(ctx: &mut Context, args: &MirrorArgs) -> Outcome<Ending> {
    let place = Place { listen: args.listen, data: args.data.clone(), public_url: args.public_url.clone(), pages: args.pages.clone() };
    let (server, only) = match reference::parse_link(&args.url) {
        Ok((server, id)) => (server, Some(id)),
        Err(_) => (args.url.clone(), None),
    };
    let client = Client::with_clock(&server, ctx.clock())?;
    let copy = Copy::start(ctx, place)?;
    let key = copy.mirror_key()?;
    let told = copy.told_to_stop();
    say!(ctx, "mirror-key", "key" => STANDARD.encode(key.public().bytes()));
    say!(ctx, "copy-listens", "address" => copy.addr());
    let mirror =
        Mirror { copy: &copy, key: &key, server: client.base(), data: &args.data, every: Duration::from_secs(args.every), told: &told };
    std::thread::scope(|scope| {
        let mut known = BTreeSet::new();
        while !told.load(Ordering::SeqCst) {
            match only.map_or_else(|| listed(&client), |id| Ok(vec![id])) {
                Ok(elections) => {
                    for id in elections.into_iter().filter(|id| known.insert(*id)) {
                        mirror.begin(scope, ctx, id);
                    }
                }
                Err(problem) => ctx.complain(&problem),
            }
            ctx.pause(mirror.every);
        }
    });
    copy.stop();
    Ok(Ending::Good)
}

fn listed(client: &Client) -> Outcome<Vec<ElectionId>> {
    let read = |text: &str| text.parse().map_err(|error| problem!("server-answer").because(&error));
    client.elections()?.iter().map(|election| read(&election.id)).collect()
}

/// What the copies of all elections share.
#[derive(Clone, Copy)]
struct Mirror<'a> {
    copy: &'a Copy,
    key: &'a SignSecret,
    server: &'a str,
    data: &'a Path,
    every: Duration,
    told: &'a AtomicBool,
}

impl<'a> Mirror<'a> {
    /// Follows an election beside the others: one that is slow or damaged does not hold them up.
    fn begin<'scope>(self, scope: &'scope Scope<'scope, '_>, ctx: &Context, id: ElectionId)
    where
        'a: 'scope,
    {
        let mut ctx = ctx.beside(Box::new(io::stdout()));
        scope.spawn(move || {
            let link = format!("{}/api/elections/{id}", self.server);
            while !self.told.load(Ordering::SeqCst) {
                match Target::resolve(&ctx, &link).and_then(|target| self.follow(&mut ctx, &target)) {
                    Ok(()) => return,
                    Err(problem) => ctx.complain(&problem),
                }
                ctx.pause(self.every);
            }
        });
    }

    /// Until the program is told to stop, or the log turns out to be wrong: then what is kept stays as it is.
    fn follow(self, ctx: &mut Context, target: &Target) -> Outcome<()> {
        let id = target.id();
        let evidence = self.data.join(format!("{id}.alarm.json"));
        let mut election =
            Mirrored { mirror: self, target, follower: self.copy.follower(target)?, phase: None, wanting: true, refused: false };
        if evidence.exists() {
            let alarm = serde_json::from_slice(&durable::read(&evidence)?);
            let unreadable = |error| problem!("mirror-alarm-unreadable", "path" => evidence.display()).because(&error);
            election.tell(None, Some(alarm.map_err(unreadable)?));
            ctx.complain(&problem!("mirror-alarmed", "path" => evidence.display()));
            return Ok(());
        }
        election.tell(None, None);
        for look in 0_u64.. {
            if self.told.load(Ordering::SeqCst) {
                break;
            }
            match election.look(ctx, look) {
                Ok(()) => election.tell(Some(ctx.now()), None),
                Err(problem) if witness::is_evidence(&problem) => {
                    let alarm = Alarm { kept: self.copy.note(&id), shown: election.follower.seen().to_owned() };
                    let json = serde_json::to_vec_pretty(&alarm).unwrap_or_default();
                    let saved = durable::replace(&evidence, &json, true);
                    election.tell(None, Some(alarm));
                    ctx.complain(&problem!("mirror-alarm", "path" => evidence.display()).with(problem));
                    return saved;
                }
                Err(problem) => {
                    ctx.complain(&problem);
                    if election.follower.is_over() {
                        election.follower = self.copy.follower(target)?;
                    }
                }
            }
            ctx.pause(self.every);
        }
        Ok(())
    }
}

/// The copy of one election.
struct Mirrored<'a> {
    mirror: Mirror<'a>,
    target: &'a Target,
    follower: Follower<'a>,
    phase: Option<Phase>,
    /// Some boxes may be lacking.
    wanting: bool,
    /// The server has refused boxes, which was said.
    refused: bool,
}

impl Mirrored<'_> {
    /// Copies what is new.
    fn look(&mut self, ctx: &mut Context, look: u64) -> Outcome<()> {
        let before = self.follower.election().size();
        self.follower.catch_up()?;
        let size = self.follower.election().size();
        if size > before {
            let boxes = self.boxes(ctx, before);
            self.mirror.copy.keep(self.target, &mut self.follower, &boxes)?;
            say!(ctx, "mirror-kept", "title" => self.target.title(ctx.catalogue().language()), "size" => size);
        } else {
            // What a failure has left over, and cosignatures that came since.
            self.mirror.copy.keep(self.target, &mut self.follower, &Boxes::new())?;
        }
        let phase = self.follower.election().phase();
        if self.phase.replace(phase) != Some(phase) {
            // Cosignatures of checkpoints that were not the latest ones when this copy looked.
            for note in self.target.client.checkpoints(&self.target.id())? {
                self.mirror.copy.keep_cosigned(&self.target.id(), &note)?;
            }
            self.wanting = true;
        }
        if self.wanting && (look.is_multiple_of(PATIENCE) || phase == Phase::Closed) {
            self.fill(ctx)?;
        }
        Ok(())
    }

    /// The boxes of the ballots from this index on, as far as the server gives them.
    fn boxes(&mut self, ctx: &mut Context, first: u64) -> Boxes {
        let mut boxes = Boxes::new();
        if self.refused {
            return boxes;
        }
        for teller in self.tellers() {
            let mut from = Some(first);
            while let Some(next) = from {
                match self.ask(ctx, teller, next) {
                    Ok(some) => {
                        from = some.last().and_then(|(last, _)| last.checked_add(1)).filter(|after| *after > next);
                        for (index, bytes) in some {
                            boxes.entry(index).or_default().push(bytes);
                        }
                    }
                    Err(problem) => {
                        self.wanting = true;
                        self.complain_once(ctx, &problem);
                        return Boxes::new();
                    }
                }
            }
        }
        boxes
    }

    /// Asks for the boxes that are not kept.
    fn fill(&mut self, ctx: &mut Context) -> Outcome<()> {
        let mut missing = 0_usize;
        for teller in self.tellers() {
            let mut lacking = self.mirror.copy.lacking(&self.target.id(), teller)?;
            while let Some(first) = lacking.first().copied() {
                let some = match self.ask(ctx, teller, first) {
                    Ok(some) => some,
                    Err(problem) => {
                        self.complain_once(ctx, &problem);
                        return Ok(());
                    }
                };
                let last = some.last().map_or(u64::MAX, |(last, _)| *last);
                for (index, bytes) in some.iter().filter(|(index, _)| lacking.binary_search(index).is_ok()) {
                    self.mirror.copy.keep_box(&self.target.id(), *index, teller, bytes)?;
                }
                // What the server passed over it does not have.
                let after = lacking.partition_point(|index| *index <= last.max(first));
                lacking.drain(..after);
            }
            missing = missing.saturating_add(self.mirror.copy.lacking(&self.target.id(), teller)?.len());
        }
        say!(ctx, "mirror-boxes", "title" => self.target.title(ctx.catalogue().language()), "missing" => missing);
        self.refused = false;
        self.wanting = missing > 0;
        Ok(())
    }

    fn ask(&self, ctx: &Context, teller: u8, from: u64) -> Outcome<Vec<(u64, Vec<u8>)>> {
        let box_len = self.target.manifest.box_len();
        let count = u32::try_from(PIECE.checked_div(box_len).unwrap_or(1)).unwrap_or(1).max(1);
        let part = BoxPart { teller, from, count, box_len };
        self.target.client.copy_boxes(&self.target.id(), self.mirror.key, ctx.now(), part)
    }

    /// That the server gives no boxes is said once.
    fn complain_once(&mut self, ctx: &mut Context, problem: &Problem) {
        if !self.refused {
            ctx.complain(&problem!("mirror-no-boxes", "title" => self.target.title(ctx.catalogue().language())).with(problem.clone()));
        }
        self.refused = true;
    }

    fn tellers(&self) -> std::ops::RangeInclusive<u8> {
        1..=u8::try_from(self.target.manifest.tellers.len()).unwrap_or(u8::MAX)
    }

    /// Says beside the copy whose log it is.
    fn tell(&self, seen: Option<u64>, alarm: Option<Alarm>) {
        let of = self.mirror.server.to_owned();
        self.mirror.copy.tell(&self.target.id(), Told { witness: None, of, seen, alarm });
    }
}
