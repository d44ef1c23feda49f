//! What every command is given: where to write, whom to ask, which clock. Tests put their own in.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use zeroize::Zeroizing;

use crate::{
    i18n::{Catalogue, Language},
    problem,
    problem::{Outcome, Problem},
};

/// The device's clock, and the way to wait.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970.
    fn now(&self) -> u64;
    /// Lets about this much time pass.
    fn pause(&self, time: Duration);
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|time| u64::try_from(time.as_millis()).ok()).unwrap_or_default()
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// The person at the keyboard.
pub trait Ask: Send {
    /// A secret typed without echo.
    fn secret(&mut self, prompt: &str) -> Outcome<Zeroizing<String>>;
    /// A typed line, trimmed.
    fn line(&mut self, prompt: &str) -> Outcome<String>;
}

/// Questions on the terminal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal;

impl Ask for Terminal {
    fn secret(&mut self, prompt: &str) -> Outcome<Zeroizing<String>> {
        if !io::stdin().is_terminal() {
            return Err(problem!("nobody-to-ask", "question" => prompt.trim()));
        }
        rpassword::prompt_password(prompt)
            .map(Zeroizing::new)
            .map_err(|error| problem!("nobody-to-ask", "question" => prompt.trim()).because(&error))
    }

    fn line(&mut self, prompt: &str) -> Outcome<String> {
        if !io::stdin().is_terminal() {
            return Err(problem!("nobody-to-ask", "question" => prompt.trim()));
        }
        let mut error = io::stderr();
        let _ = write!(error, "{prompt}");
        let _ = error.flush();
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|error| problem!("nobody-to-ask", "question" => prompt.trim()).because(&error))?;
        Ok(line.trim().to_owned())
    }
}

/// Nobody to ask: a program, a test, the demonstration.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Ask for Nobody {
    fn secret(&mut self, prompt: &str) -> Outcome<Zeroizing<String>> {
        Err(problem!("nobody-to-ask", "question" => prompt.trim()))
    }

    fn line(&mut self, prompt: &str) -> Outcome<String> {
        Err(problem!("nobody-to-ask", "question" => prompt.trim()))
    }
}

/// The surroundings of one command.
pub struct Context {
    catalogue: Arc<Catalogue>,
    out: Box<dyn Write + Send>,
    asker: Box<dyn Ask>,
    clock: Arc<dyn Clock>,
}

impl Context {
    /// Standard output, terminal and machine clock.
    #[must_use]
    pub fn of_process(language: Language) -> Self {
        Self::new(language, Box::new(io::stdout()), Box::new(Terminal), Arc::new(SystemClock))
    }

    /// Surroundings made of parts.
    #[must_use]
    pub fn new(language: Language, out: Box<dyn Write + Send>, asker: Box<dyn Ask>, clock: Arc<dyn Clock>) -> Self {
        Self { catalogue: Arc::new(Catalogue::new(language)), out, asker, clock }
    }

    /// The same language and clock, another output, nobody to ask: for a part that runs beside.
    #[must_use]
    pub fn beside(&self, out: Box<dyn Write + Send>) -> Self {
        Self { catalogue: Arc::clone(&self.catalogue), out, asker: Box::new(Nobody), clock: Arc::clone(&self.clock) }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The sentences.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The clock, for a part that waits by itself.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Milliseconds since 1970 by this device's clock.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Lets time pass between two looks at the server.
    pub fn pause(&self, time: Duration) {
        self.clock.pause(time);
    }

    /// Writes the sentence under a key.
    pub fn say(&mut self, key: &str, facts: &[(&'static str, String)]) {
        let line = self.catalogue.line(key, facts);
        self.print(&line);
    }

    /// Writes a line as it is.
    pub fn print(&mut self, line: &str) {
        // An output that is gone (a closed pipe) must not stop what is being done.
        let _ = writeln!(self.out, "{line}");
        let _ = self.out.flush();
    }

    /// Writes what is wrong and what to do.
    pub fn complain(&mut self, problem: &Problem) {
        let text = self.catalogue.explain(problem);
        self.print(text.trim_end());
    }

    /// Asks for a passphrase.
    pub fn secret(&mut self, key: &str, facts: &[(&'static str, String)]) -> Outcome<Zeroizing<String>> {
        let prompt = format!("{} ", self.catalogue.line(key, facts));
        self.asker.secret(&prompt)
    }

    /// Asks for a line.
    pub fn ask(&mut self, key: &str, facts: &[(&'static str, String)]) -> Outcome<String> {
        let prompt = format!("{} ", self.catalogue.line(key, facts));
        self.asker.line(&prompt)
    }

    /// Asks for a yes; anything else is a no.
    pub fn confirm(&mut self, key: &str, facts: &[(&'static str, String)]) -> Outcome<bool> {
        let answer = self.ask(key, facts)?.to_lowercase();
        Ok(matches!(answer.as_str(), "y" | "yes" | "o" | "oui"))
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Context({:?})", self.catalogue)
    }
}
