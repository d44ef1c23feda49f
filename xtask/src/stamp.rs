//! A fingerprint of a step's inputs, kept beside its output, so that the step is left out when nothing changed.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;

use crate::shell::{Doing, Outcome};

/// The inputs of a step. Guards against needless work only: nothing secret or hostile is hashed.
pub struct Stamp(DefaultHasher);

impl Stamp {
    /// No inputs yet.
    pub fn new() -> Self {
        Stamp(DefaultHasher::new())
    }

    /// Adds a text, such as the version of a tool.
    pub fn text(&mut self, text: &str) {
        text.hash(&mut self.0);
    }

    /// Adds a file by its name and content.
    pub fn file(&mut self, file: &Path) -> Outcome {
        file.file_name().hash(&mut self.0);
        std::fs::read(file).doing(format!("reading {}", file.display()))?.hash(&mut self.0);
        Ok(())
    }

    /// Adds all files below a folder in the order of their names, leaving out folders of these names and everything hidden.
    pub fn folder(&mut self, folder: &Path, without: &[&str]) -> Outcome {
        let listing = std::fs::read_dir(folder).doing(format!("listing {}", folder.display()))?;
        let mut names: Vec<_> = listing.flatten().map(|item| item.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        for name in names {
            let path = folder.join(&name);
            if name.starts_with('.') {
                continue;
            } else if path.is_dir() {
                if !without.contains(&name.as_str()) {
                    name.hash(&mut self.0);
                    self.folder(&path, without)?;
                }
            } else {
                self.file(&path)?;
            }
        }
        Ok(())
    }

    /// Whether the kept fingerprint is this one.
    pub fn matches(&self, kept: &Path) -> bool {
        std::fs::read_to_string(kept).is_ok_and(|kept| kept == self.shown())
    }

    /// Keeps the fingerprint; to be called after the step has succeeded.
    pub fn keep(&self, place: &Path) -> Outcome {
        std::fs::write(place, self.shown()).doing(format!("writing {}", place.display()))
    }

    fn shown(&self) -> String {
        format!("{:016x}\n", self.0.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_changes_the_stamp_and_a_left_out_folder_does_not() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("out")).unwrap();
        std::fs::write(folder.join("source"), "one").unwrap();
        let stamp = || {
            let mut stamp = Stamp::new();
            stamp.folder(&folder, &["out"]).unwrap();
            stamp
        };
        let kept = folder.join("out/stamp");
        assert!(!stamp().matches(&kept));
        stamp().keep(&kept).unwrap();
        assert!(stamp().matches(&kept));
        std::fs::write(folder.join("source"), "two").unwrap();
        assert!(!stamp().matches(&kept));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
