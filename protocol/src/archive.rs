//! Archives: everything an auditor needs, as a folder or its zip (section 9).

mod zip;

use std::{borrow::Cow, collections::BTreeMap, io::Read};

use thiserror::Error;

use crate::hash::sha256;

/// The most bytes of a leaf (section 5).
pub const LEAF_LEN: usize = 65_535;
/// The most bytes of an entry's data (section 5).
pub const DATA_LEN: u64 = 1 << 28;
/// The most bytes of a checkpoint's file.
const NOTE_LEN: u64 = crate::log::checkpoint::NOTE_LEN as u64;

/// A log with its data and checkpoints. Nothing about them is checked yet but their names and lengths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Archive {
    /// The leaves in order.
    pub entries: Vec<Vec<u8>>,
    /// Data by their SHA-256. A file whose content has another hash than its name is not among them, as if
    /// it were missing.
    pub data: BTreeMap<[u8; 32], Vec<u8>>,
    /// The signed note of exactly all entries.
    pub checkpoint: String,
    /// Other notes that were kept, by the size in their names, which the note may contradict.
    pub checkpoints: BTreeMap<u64, String>,
}

/// Why files are not an archive.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// There is no `entries.bin`, neither at the top nor in a folder.
    #[error("no entries.bin")]
    NoEntries,
    /// There is an `entries.bin` in more than one place.
    #[error("entries.bin in more than one place")]
    Several,
    /// There is no `checkpoint`.
    #[error("no checkpoint")]
    NoCheckpoint,
    /// There are two files of this name.
    #[error("{path}: more than once")]
    Duplicate {
        /// Where in the archive.
        path: String,
    },
    /// The number of a checkpoint's name is not written as it should be.
    #[error("{path}: not the name of a checkpoint")]
    Name {
        /// Where in the archive.
        path: String,
    },
    /// A file has more bytes than such a file can have.
    #[error("{path}: too large")]
    TooLarge {
        /// Where in the archive.
        path: String,
    },
    /// A checkpoint is not UTF-8.
    #[error("{path}: not UTF-8")]
    NotText {
        /// Where in the archive.
        path: String,
    },
    /// `entries.bin` ends within a leaf, or a leaf has more bytes than a leaf can have.
    #[error("entries.bin is wrong from leaf {index} on")]
    Entries {
        /// Which leaf.
        index: u64,
    },
    /// The zip cannot be read.
    #[error("not a zip that can be read")]
    Zip,
    /// A file in the zip cannot be unpacked, or has not the checksum that the zip names: this copy is damaged.
    #[error("{path}: damaged, its bytes are not those that the zip was made of")]
    Damaged {
        /// Where in the archive.
        path: String,
    },
    /// The zip would unpack to far more bytes than an archive of its size can.
    #[error("the zip unpacks to too many bytes")]
    ZipRatio,
    /// The zip could not be written.
    #[error("the zip cannot be written")]
    ZipWrite,
}

impl Archive {
    /// The archive in these files: paths with `/`, at the top or in one folder. Other files are ignored.
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, ArchiveError> {
        let files: Vec<_> = files.into_iter().collect();
        let layout = Layout::find(files.iter().map(|(path, _)| path.as_str()))?;
        let mut unpacked = Unpacked::default();
        for (path, bytes) in files {
            if let Some(place) = layout.place(&path)? {
                unpacked.put(path, place, bytes)?;
            }
        }
        unpacked.archive()
    }

    /// The archive in this zip. Nothing is unpacked that is not part of it, nor more than plausible.
    pub fn from_zip(bytes: &[u8]) -> Result<Self, ArchiveError> {
        zip::read(bytes)
    }

    /// The data with this hash; without bytes for the hash of no bytes, which have no file.
    pub fn data(&self, sha256: &[u8; 32]) -> Option<&[u8]> {
        let found = self.data.get(sha256).map(Vec::as_slice);
        found.or_else(|| (*sha256 == crate::hash::sha256(&[])).then_some(&[]))
    }

    /// The files of this archive, by path from its top.
    pub fn to_files(&self) -> impl Iterator<Item = (String, Cow<'_, [u8]>)> {
        let mut entries = Vec::new();
        for leaf in &self.entries {
            // Invariant: leaves are at most 65,535 bytes long, else they were none.
            entries.extend(u32::try_from(leaf.len()).unwrap_or(u32::MAX).to_be_bytes());
            entries.extend(leaf);
        }
        let checkpoint = ("checkpoint".to_owned(), Cow::Borrowed(self.checkpoint.as_bytes()));
        let checkpoints = self.checkpoints.iter().map(|(size, note)| (format!("checkpoints/{size}"), Cow::Borrowed(note.as_bytes())));
        let data = self.data.iter().map(|(hash, bytes)| (format!("data/{}", hex::encode(hash)), bytes.as_slice().into()));
        core::iter::once(checkpoint).chain(checkpoints).chain(data).chain(core::iter::once(("entries.bin".to_owned(), Cow::Owned(entries))))
    }

    /// The archive as a zip, the same bytes on every machine. Nothing is compressed: points, scalars and
    /// hashes cannot be.
    pub fn to_zip(&self) -> Result<Vec<u8>, ArchiveError> {
        zip::write(self)
    }
}

/// The JSON files of a zip, with their paths: a pile of receipts.
pub fn json_files(zip: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    zip::json_files(zip)
}

/// Where the files of an archive are among others.
struct Layout {
    /// Empty, or the folder with a slash at its end.
    prefix: String,
}

/// What a file is in an archive.
enum Place {
    Entries,
    Checkpoint,
    KeptCheckpoint(u64),
    Data([u8; 32]),
}

impl Layout {
    fn find<'a>(paths: impl Iterator<Item = &'a str>) -> Result<Self, ArchiveError> {
        let mut prefixes = paths.filter_map(|path| {
            let prefix = path.strip_suffix("entries.bin")?;
            let folder = prefix.strip_suffix('/').unwrap_or(prefix);
            let whole_name = prefix.is_empty() || prefix.ends_with('/');
            (whole_name && !folder.contains('/')).then_some(prefix)
        });
        let prefix = prefixes.next().ok_or(ArchiveError::NoEntries)?;
        match prefixes.find(|other| *other != prefix) {
            None => Ok(Self { prefix: prefix.to_owned() }),
            Some(_) => Err(ArchiveError::Several),
        }
    }

    fn place(&self, path: &str) -> Result<Option<Place>, ArchiveError> {
        let Some(name) = path.strip_prefix(&self.prefix) else {
            return Ok(None);
        };
        if let Some(size) = name.strip_prefix("checkpoints/") {
            if size.is_empty() || !size.bytes().all(|byte| byte.is_ascii_digit()) {
                return Ok(None);
            }
            let number = size.parse::<u64>().ok().filter(|number| number.to_string() == size);
            let number = number.ok_or_else(|| ArchiveError::Name { path: path.to_owned() })?;
            return Ok(Some(Place::KeptCheckpoint(number)));
        }
        if let Some(hash) = name.strip_prefix("data/") {
            let bytes = hex::decode(hash).ok().filter(|bytes| hex::encode(bytes) == hash);
            return Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(Place::Data));
        }
        Ok(match name {
            "entries.bin" => Some(Place::Entries),
            "checkpoint" => Some(Place::Checkpoint),
            _ => None,
        })
    }
}

impl Place {
    /// The most bytes that such a file can have.
    fn most(&self) -> u64 {
        match self {
            Self::Entries => u64::MAX,
            Self::Checkpoint | Self::KeptCheckpoint(_) => NOTE_LEN,
            Self::Data(_) => DATA_LEN,
        }
    }
}

/// The files of an archive met so far.
#[derive(Default)]
struct Unpacked {
    entries: Option<Vec<Vec<u8>>>,
    checkpoint: Option<String>,
    checkpoints: BTreeMap<u64, String>,
    /// `None` for a file whose content has another hash than its name.
    data: BTreeMap<[u8; 32], Option<Vec<u8>>>,
}

impl Unpacked {
    fn put(&mut self, path: String, place: Place, bytes: Vec<u8>) -> Result<(), ArchiveError> {
        let fits = u64::try_from(bytes.len()).is_ok_and(|len| len <= place.most());
        let text = |bytes| String::from_utf8(bytes).map_err(|_| ArchiveError::NotText { path: path.clone() });
        let twice = match place {
            // No entry can name data of that length, so that they are ignored.
            Place::Data(hash) if !fits => self.data.insert(hash, None).is_some(),
            _ if !fits => return Err(ArchiveError::TooLarge { path }),
            Place::Entries => return self.put_entries(path, read_entries(bytes.as_slice())?),
            Place::Checkpoint => self.checkpoint.replace(text(bytes)?).is_some(),
            Place::KeptCheckpoint(size) => self.checkpoints.insert(size, text(bytes)?).is_some(),
            Place::Data(hash) => {
                let data = (sha256(&bytes) == hash).then_some(bytes);
                self.data.insert(hash, data).is_some()
            }
        };
        if twice { Err(ArchiveError::Duplicate { path }) } else { Ok(()) }
    }

    fn put_entries(&mut self, path: String, entries: Vec<Vec<u8>>) -> Result<(), ArchiveError> {
        if self.entries.replace(entries).is_some() { Err(ArchiveError::Duplicate { path }) } else { Ok(()) }
    }

    fn archive(self) -> Result<Archive, ArchiveError> {
        let data = self.data.into_iter().filter_map(|(hash, bytes)| Some((hash, bytes?)));
        Ok(Archive {
            entries: self.entries.ok_or(ArchiveError::NoEntries)?,
            data: data.collect(),
            checkpoint: self.checkpoint.ok_or(ArchiveError::NoCheckpoint)?,
            checkpoints: self.checkpoints,
        })
    }
}

/// `u32 length ‖ leaf` again and again.
fn read_entries(mut file: impl Read) -> Result<Vec<Vec<u8>>, ArchiveError> {
    let mut entries = Vec::new();
    loop {
        let wrong = ArchiveError::Entries { index: u64::try_from(entries.len()).unwrap_or(u64::MAX) };
        let mut length = [0; 4];
        match fill(&mut file, &mut length)? {
            0 => return Ok(entries),
            4 => {}
            _ => return Err(wrong),
        }
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > LEAF_LEN {
            return Err(wrong);
        }
        let mut leaf = vec![0; length];
        if fill(&mut file, &mut leaf)? < length {
            return Err(wrong);
        }
        entries.push(leaf);
    }
}

/// How many bytes were read: fewer than there is room for if the file ends before.
fn fill(file: &mut impl Read, room: &mut [u8]) -> Result<usize, ArchiveError> {
    let mut filled = 0_usize;
    while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest).map_err(|_| ArchiveError::Zip)? {
            0 => break,
            read => filled = filled.saturating_add(read),
        }
    }
    Ok(filled)
}
