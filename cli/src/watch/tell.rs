//! How an alarm reaches people: on the screen, by a program of the operator's, by mail.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, UNIX_EPOCH},
};

use clap::Args;
use lettre::{
    Message,
    message::{Mailbox, header::ContentType},
};
use zeroize::Zeroizing;

use crate::{
    context::Context,
    durable, problem,
    problem::{Outcome, Problem},
    registrar::delivery::Smtp,
};

/// Whom to tell besides the screen.
#[derive(Debug, Clone, Args)]
pub struct TellArgs {
    /// Program to run when something begins or ceases to be wrong; it gets the sentences on its input
    #[arg(long, value_name = "PROGRAM")]
    pub hook: Option<PathBuf>,
    /// Address to write to when something begins or ceases to be wrong; several times if need be
    #[arg(long, value_name = "ADDRESS", requires = "smtp", requires = "mail_from")]
    pub mail_to: Vec<Mailbox>,
    /// The sender of these messages
    #[arg(long, value_name = "ADDRESS")]
    pub mail_from: Option<Mailbox>,
    /// Deliver by this mail server: smtps://host[:port], smtp://host[:port] (STARTTLS) or smtp://localhost:port
    #[arg(long, value_name = "URL")]
    pub smtp: Option<String>,
    /// User name at the mail server
    #[arg(long, value_name = "NAME", requires = "smtp_password_file")]
    pub smtp_user: Option<String>,
    /// File whose first line is the password at the mail server
    #[arg(long, value_name = "FILE")]
    pub smtp_password_file: Option<PathBuf>,
}

impl TellArgs {
    /// Tells everybody; each who could not be told is a problem, and the others are told nevertheless.
    pub fn tell(&self, ctx: &Context, title: &str, words: &str) -> Outcome<()> {
        let mut problems: Vec<Problem> = Vec::new();
        problems.extend(self.hook.as_ref().and_then(|hook| call(hook, words).err()));
        if let (Some(smtp), Some(from)) = (&self.smtp, &self.mail_from) {
            problems.extend(self.mail_to.iter().filter_map(|to| self.mail(ctx, (smtp, from, to), title, words).err()));
        }
        Problem::all(problems)
    }

    fn mail(&self, ctx: &Context, (smtp, from, to): (&str, &Mailbox, &Mailbox), title: &str, words: &str) -> Outcome<()> {
        let unsent = |status: String| problem!("watch-mail", "status" => status);
        let password = self.smtp_password_file.as_deref().map(durable::read_text).transpose()?.map(Zeroizing::new);
        let password = password.as_ref().and_then(|text| text.lines().next());
        let server = Smtp::connect(smtp, self.smtp_user.as_deref().zip(password))?;
        let date = UNIX_EPOCH.checked_add(Duration::from_millis(ctx.now())).unwrap_or(UNIX_EPOCH);
        let message = Message::builder()
            .message_id(None)
            .date(date)
            .from(from.clone())
            .to(to.clone())
            .subject(ctx.catalogue().line("watch-subject", &[("title", title.to_owned())]))
            .header(ContentType::TEXT_PLAIN)
            .body(words.to_owned())
            .map_err(|error| unsent(error.to_string()))?;
        server.send(&message).map_err(unsent)
    }
}

fn call(hook: &Path, words: &str) -> Outcome<()> {
    let failed = |error: std::io::Error| problem!("watch-hook", "path" => hook.display()).because(&error);
    let mut child = Command::new(hook).stdin(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(words.as_bytes()).map_err(failed)?;
    }
    let ended = child.wait().map_err(failed)?;
    if ended.success() { Ok(()) } else { Err(failed(std::io::Error::other(ended.to_string()))) }
}
