//! `wasm-pack.toml`, read in full: an unknown or missing name is an error, so that the file says what happens.

use std::fmt;
use std::path::Path;

use toml::{Table, Value};

use crate::shell::{Doing, Failure, Outcome};

/// The name of the file, at the root of the checkout.
pub const FILE: &str = "wasm-pack.toml";

/// The browser build.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder of the crate, from the root.
    pub folder: String,
    /// wasm-pack's `--target`.
    pub target: String,
    /// The profile of Cargo.toml.
    pub profile: String,
    /// What wasm-opt is told.
    pub optimiser: Vec<String>,
    /// What is made from the crate, in the order of the names.
    pub modules: Vec<Module>,
}

/// One module, with its package.
#[derive(Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name here.
    pub name: String,
    /// The folder of the package, from the root.
    pub out_dir: String,
    /// The features of the crate, these and no others; nothing for the crate's default ones.
    pub features: Option<Vec<String>>,
    /// The largest size allowed.
    pub budget: Budget,
    /// The same module as plain JavaScript, for browsers without WebAssembly.
    pub javascript: Option<JavaScript>,
}

/// A module as plain JavaScript.
#[derive(Debug, PartialEq, Eq)]
pub struct JavaScript {
    /// The folder of the package, from the root.
    pub out_dir: String,
    /// The largest size allowed.
    pub budget: Budget,
}

/// Sizes in bytes that the module must not exceed.
#[derive(Debug, PartialEq, Eq)]
pub struct Budget {
    /// Of the module as it is.
    pub raw: u64,
    /// Of the module compressed by brotli.
    pub brotli: u64,
}

/// The sizes of a built module, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// As it is.
    pub raw: u64,
    /// Compressed by brotli.
    pub brotli: u64,
}

impl Sizes {
    /// Reads what is displayed.
    pub fn parse(text: &str) -> Option<Sizes> {
        let (raw, brotli) = text.split_once(" bytes, ")?;
        Some(Sizes { raw: raw.parse().ok()?, brotli: brotli.strip_suffix(" compressed by brotli")?.parse().ok()? })
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes, {} compressed by brotli", self.raw, self.brotli)
    }
}

impl Settings {
    /// Reads the file at the root of the checkout.
    pub fn read(root: &Path) -> Outcome<Settings> {
        Settings::parse(&std::fs::read_to_string(root.join(FILE)).doing(format!("reading {FILE}"))?)
    }

    /// Reads the file's text.
    pub fn parse(text: &str) -> Outcome<Settings> {
        let mut table: Table = text.parse().doing(FILE)?;
        let mut optimiser = Section::take(&mut table, "optimiser", "optimiser")?;
        let modules = Section::take(&mut table, "module", "module")?.table;
        let mut top = Section { name: String::new(), table };
        let settings = Settings {
            folder: top.text("crate")?,
            target: top.text("target")?,
            profile: top.text("profile")?,
            optimiser: optimiser.texts("flags")?,
            modules: Module::parse_all(modules)?,
        };
        top.end()?;
        optimiser.end()?;
        Ok(settings)
    }
}

impl Module {
    fn parse_all(mut table: Table) -> Outcome<Vec<Module>> {
        let names: Vec<String> = table.keys().cloned().collect();
        let modules: Outcome<Vec<Module>> = names.into_iter().map(|name| Module::parse(&mut table, name)).collect();
        modules.and_then(|modules| if modules.is_empty() { Err(Failure::new(format!("{FILE} names no module."))) } else { Ok(modules) })
    }

    fn parse(table: &mut Table, name: String) -> Outcome<Module> {
        let mut section = Section::take(table, &name, &format!("module.{name}"))?;
        let mut budget = Section::take(&mut section.table, "budget", &format!("module.{name}.budget"))?;
        let javascript = if section.table.contains_key("javascript") {
            let mut made = Section::take(&mut section.table, "javascript", &format!("module.{name}.javascript"))?;
            let budget = Budget { raw: made.size("raw")?, brotli: made.size("brotli")? };
            let made_in = made.text("out-dir")?;
            made.end()?;
            Some(JavaScript { out_dir: made_in, budget })
        } else {
            None
        };
        let module = Module {
            out_dir: section.text("out-dir")?,
            features: section.table.contains_key("features").then(|| section.texts("features")).transpose()?,
            budget: Budget { raw: budget.size("raw")?, brotli: budget.size("brotli")? },
            javascript,
            name,
        };
        section.end()?;
        budget.end()?;
        Ok(module)
    }
}

impl Budget {
    /// Fails, with the sizes, when the module is larger than allowed.
    pub fn check(&self, name: &str, sizes: Sizes) -> Outcome {
        let over: Vec<String> = [("as it is", sizes.raw, self.raw), ("compressed by brotli", sizes.brotli, self.brotli)]
            .into_iter()
            .filter(|(_, size, most)| size > most)
            .map(|(how, size, most)| format!("{size} bytes {how} where {most} are allowed"))
            .collect();
        if over.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "the module `{name}` is over its size budget: {}. Make it smaller, or raise the budget in {FILE} and say why in the commit.",
            over.join(", ")
        )))
    }
}

/// A table whose names are taken one by one.
struct Section {
    name: String,
    table: Table,
}

impl Section {
    fn take(table: &mut Table, key: &str, name: &str) -> Outcome<Section> {
        match table.remove(key) {
            Some(Value::Table(table)) => Ok(Section { name: name.to_owned(), table }),
            _ => Err(Failure::new(format!("{FILE} lacks the section [{name}]."))),
        }
    }

    fn value<T>(&mut self, key: &str, kind: &str, read: impl FnOnce(Value) -> Option<T>) -> Outcome<T> {
        let value = self.table.remove(key).and_then(read);
        value.ok_or_else(|| Failure::new(format!("{FILE} lacks {}`{key}`, which must be {kind}.", self.shown())))
    }

    fn text(&mut self, key: &str) -> Outcome<String> {
        self.value(key, "a text", |value| value.as_str().map(str::to_owned))
    }

    fn texts(&mut self, key: &str) -> Outcome<Vec<String>> {
        self.value(key, "a list of texts", |value| value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect())
    }

    fn size(&mut self, key: &str) -> Outcome<u64> {
        self.value(key, "a number of bytes", |value| u64::try_from(value.as_integer()?).ok())
    }

    fn end(self) -> Outcome {
        match self.table.keys().next() {
            None => Ok(()),
            Some(key) => Err(Failure::new(format!("{FILE} has {}`{key}`, which nothing reads.", self.shown()))),
        }
    }

    fn shown(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("in [{}] ", self.name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        crate = "ballot-wasm"
        target = "web"
        profile = "release"
        [optimiser]
        flags = ["-O3"]
        [module.ballot]
        out-dir = "ballot-wasm/pkg"
        features = ["count"]
        [module.ballot.budget]
        raw = 1_000
        brotli = 400
    "#;

    fn refused(text: &str) -> String {
        Settings::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn every_name_is_read() {
        let settings = Settings::parse(GOOD).unwrap();
        assert_eq!(
            settings,
            Settings {
                folder: "ballot-wasm".into(),
                target: "web".into(),
                profile: "release".into(),
                optimiser: vec!["-O3".into()],
                modules: vec![Module {
                    name: "ballot".into(),
                    out_dir: "ballot-wasm/pkg".into(),
                    features: Some(vec!["count".into()]),
                    budget: Budget { raw: 1_000, brotli: 400 },
                    javascript: None,
                }],
            }
        );
    }

    #[test]
    fn the_file_of_the_project_is_good() {
        let settings = Settings::read(&crate::shell::root()).unwrap();
        assert!(crate::shell::root().join(&settings.folder).join("Cargo.toml").is_file());
        assert!(settings.modules.iter().all(|module| module.budget.brotli < module.budget.raw));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(refused(&GOOD.replace("profile = \"release\"", "")), "wasm-pack.toml lacks `profile`, which must be a text.");
        assert_eq!(
            refused(&GOOD.replace("brotli = 400", "")),
            "wasm-pack.toml lacks in [module.ballot.budget] `brotli`, which must be a number of bytes."
        );
        assert_eq!(
            refused(&GOOD.replace("raw = 1_000", "raw = -1")),
            "wasm-pack.toml lacks in [module.ballot.budget] `raw`, which must be a number of bytes."
        );
        assert_eq!(refused(&GOOD.replace("[module.ballot.budget]", "[other]")), "wasm-pack.toml lacks the section [module.ballot.budget].");
    }

    #[test]
    fn a_module_may_keep_the_default_features() {
        let settings = Settings::parse(&GOOD.replace("features = [\"count\"]", "")).unwrap();
        assert_eq!(settings.modules.first().unwrap().features, None);
        assert!(refused(&GOOD.replace("[\"count\"]", "\"count\"")).contains("`features`, which must be a list of texts"));
    }

    #[test]
    fn a_module_may_be_made_as_javascript_too() {
        let with = |line: &str| GOOD.replace("features = [\"count\"]", line);
        let settings = Settings::parse(&with("javascript = { out-dir = \"js\", raw = 9, brotli = 3 }")).unwrap();
        let made = settings.modules.first().unwrap().javascript.as_ref().unwrap();
        assert_eq!(*made, JavaScript { out_dir: "js".into(), budget: Budget { raw: 9, brotli: 3 } });
        let sentence = refused(&with("javascript = { out-dir = \"js\", raw = 9 }"));
        assert!(sentence.contains("in [module.ballot.javascript] `brotli`"), "{sentence}");
    }

    #[test]
    fn what_nothing_reads_is_refused() {
        assert_eq!(refused(&format!("speed = 1\n{GOOD}")), "wasm-pack.toml has `speed`, which nothing reads.");
        assert_eq!(refused(&format!("{GOOD}\ngzip = 1")), "wasm-pack.toml has in [module.ballot.budget] `gzip`, which nothing reads.");
    }

    #[test]
    fn sizes_are_read_as_they_are_shown() {
        let sizes = Sizes { raw: 1_000, brotli: 400 };
        assert_eq!(Sizes::parse(&sizes.to_string()), Some(sizes));
        assert_eq!(Sizes::parse("1000 bytes"), None);
    }

    #[test]
    fn a_module_within_its_budget_passes() {
        let budget = Budget { raw: 1_000, brotli: 400 };
        assert!(budget.check("ballot", Sizes { raw: 1_000, brotli: 400 }).is_ok());
    }

    #[test]
    fn a_module_past_its_budget_fails_with_the_sizes() {
        let budget = Budget { raw: 1_000, brotli: 400 };
        let raw = budget.check("ballot", Sizes { raw: 1_001, brotli: 400 }).unwrap_err().to_string();
        assert!(raw.starts_with("the module `ballot` is over its size budget: "), "{raw}");
        assert!(raw.contains("1001 bytes as it is where 1000 are allowed"), "{raw}");
        assert!(!raw.contains("brotli where"), "{raw}");
        let both = budget.check("ballot", Sizes { raw: 2_000, brotli: 401 }).unwrap_err().to_string();
        assert!(both.contains("as it is") && both.contains("401 bytes compressed by brotli where 400 are allowed"), "{both}");
    }
}
