//! `isoloir`: one program for everybody who runs, counts, watches or checks an election.
//!
//! One module per group of commands; what they share stands beside them: the server's interface ([`client`]), the replay of the log
//! ([`replay`]), key files ([`keys`]), sentences ([`i18n`]).

pub mod args;
pub mod audit;
pub mod backup;
pub mod client;
pub mod context;
mod copy;
pub mod demo;
pub mod durable;
pub mod election;
pub mod i18n;
pub mod keys;
mod mirror;
pub mod problem;
pub mod receipt;
pub mod reference;
pub mod registrar;
pub mod replay;
pub mod serve;
pub mod settings;
pub mod site;
pub mod teller;
pub mod times;
pub mod voter;
pub mod watch;
pub mod witness;

pub use args::{run, run_process};
