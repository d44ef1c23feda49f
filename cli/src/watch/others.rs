//! What others saw of the same log: cosignatures that the server shows, and witnesses and mirrors that serve what they keep.

use isoloir_protocol::{election::Election, log::checkpoint};

use crate::{
    client::Client,
    problem,
    problem::{Outcome, Problem},
    reference::Target,
};

/// The witnesses that have signed nothing of at least `due` entries, by the checkpoints that the server shows; and the most entries that
/// a checkpoint of the log has.
pub fn silent(target: &Target, note: &str, due: u64) -> Outcome<(Option<Problem>, u64)> {
    let manifest = &target.manifest;
    let mut notes = target.client.checkpoints(&target.id())?;
    notes.push(note.to_owned());
    let opened: Vec<_> = notes.iter().filter_map(|note| checkpoint::open(note, manifest).ok()).collect();
    let signed = |witness: usize| {
        let ours = opened.iter().filter(|note| note.cosignatures.iter().any(|one| one.witness == witness));
        ours.map(|note| note.checkpoint.size).max().unwrap_or(0)
    };
    let witnesses = manifest.witness_keys().iter().enumerate();
    let silent: Vec<String> = witnesses.filter(|(number, _)| signed(*number) < due).map(|(_, (name, _))| name.clone()).collect();
    let problem = (!silent.is_empty()).then(|| problem!("watch-witness", "names" => silent.join(", "), "size" => due));
    Ok((problem, opened.iter().map(|note| note.checkpoint.size).max().unwrap_or(0)))
}

/// Asks a witness or mirror what it has. Returns how many entries its log has, which must be this one.
pub fn ask(target: &Target, witness: &Client, election: &Election) -> Outcome<u64> {
    let name = witness.base();
    let down = |problem: Problem| problem!("watch-witness-down", "name" => name).with(problem);
    let status = witness.status(&target.id()).map_err(down)?;
    if status.copy.is_some_and(|copy| copy.alarm.is_some()) {
        return Err(problem!("watch-witness-alarm", "name" => name));
    }
    let note = witness.checkpoint(target.log_name()).map_err(down)?;
    let opened = checkpoint::open(&note, &target.manifest).map_err(|error| down(problem!("checkpoint-invalid").because(&error)))?;
    let (size, root) = (opened.checkpoint.size, opened.checkpoint.root);
    // What is longer than this replay is compared at the next look.
    if size <= election.size() && election.tree().root_at(size) != Some(root) {
        return Err(problem!("watch-witness-fork", "name" => name, "size" => size).because(&note.trim_end()));
    }
    Ok(size)
}
