//! A teller's boxes: fetched from the server piece by piece, checked and opened as they come.

use isoloir_protocol::{election::Election, fetch::FetchRequest, rand_core::UnwrapErr, tally::Opener, teller::TellerSecret};

use crate::{client::Client, context::Context, problem, problem::Outcome, reference::Target, say};

/// Bytes of boxes asked for at once, about.
const PIECE: usize = 8 << 20;

/// Fetches every box that the server has, and opens it.
pub fn open_all(ctx: &mut Context, target: &Target, election: &Election, teller: u8, secret: &TellerSecret) -> Outcome<Opener> {
    let mut opener = Opener::new(election, teller, secret).map_err(|error| problem!("opener-stopped").because(&error))?;
    let length = target.manifest.box_len();
    let count = u32::try_from(PIECE.checked_div(length).unwrap_or(1)).unwrap_or(1).max(1);
    let mut from = 0_u64;
    loop {
        let request = FetchRequest::sign(&target.id(), teller, ctx.now(), secret.sign());
        let boxes = target.client.boxes(&target.id(), &request, from, count, length)?;
        let Some((last, _)) = boxes.last() else { break };
        // A server that goes back would be asked for ever.
        from = last.checked_add(1).filter(|next| *next > from).ok_or_else(|| problem!("server-answer"))?;
        let given: Vec<(u64, &[u8])> = boxes.iter().map(|(index, bytes)| (*index, bytes.as_slice())).collect();
        let progress = opener.open(election, &given, &mut UnwrapErr(getrandom::SysRng));
        say!(ctx, "boxes-progress", "checked" => progress.checked, "current" => progress.current);
    }
    Ok(opener)
}

/// Asks mirrors, one after the other, for the boxes that are still missing. A mirror that does not answer, or answers nonsense, is left aside:
/// a box counts only if its hash is the ballot's.
pub fn ask_mirrors(
    ctx: &mut Context,
    target: &Target,
    mirrors: &[String],
    (election, opener): (&Election, &mut Opener),
    (teller, secret): (u8, &TellerSecret),
) -> Outcome<()> {
    for mirror in mirrors {
        let client = Client::with_clock(mirror, ctx.clock())?;
        for index in opener.missing() {
            let request = FetchRequest::sign(&target.id(), teller, ctx.now(), secret.sign());
            match client.boxes(&target.id(), &request, index, 1, target.manifest.box_len()) {
                Ok(boxes) => {
                    let given: Vec<(u64, &[u8])> = boxes.iter().map(|(index, bytes)| (*index, bytes.as_slice())).collect();
                    opener.open(election, &given, &mut UnwrapErr(getrandom::SysRng));
                }
                Err(problem) => {
                    say!(ctx, "mirror-left-aside", "mirror" => mirror);
                    ctx.complain(&problem);
                    break;
                }
            }
        }
        say!(ctx, "mirror-asked", "mirror" => mirror, "missing" => opener.missing().len());
        if opener.missing().is_empty() {
            break;
        }
    }
    Ok(())
}

/// Fetches the boxes of these ballots once more.
pub fn again(ctx: &Context, target: &Target, teller: u8, secret: &TellerSecret, indices: &[u64]) -> Outcome<Vec<(u64, Vec<u8>)>> {
    let mut found = Vec::new();
    for index in indices {
        let request = FetchRequest::sign(&target.id(), teller, ctx.now(), secret.sign());
        let boxes = target.client.boxes(&target.id(), &request, *index, 1, target.manifest.box_len())?;
        found.extend(boxes.into_iter().filter(|(given, _)| given == index));
    }
    Ok(found)
}
