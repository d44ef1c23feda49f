//! Notices of the organiser (section 5, kind 7).

use crate::{
    codec::{DecodeError, Reader},
    election::Election,
    manifest::Manifest,
    signature::{SIGNATURE_LEN, SignSecret},
};

const LABEL: &str = "isoloir/v1/notice";

/// A notice's text has at most this many characters.
pub const TEXT_MAX: usize = 2_000;

/// What a notice does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// No ballots are accepted until a resumption.
    Suspend,
    /// Ballots are accepted again.
    Resume,
    /// A later closing time, in ms since 1970.
    Extend {
        /// The new closing time in ms since 1970.
        closes: u64,
    },
    /// Words only.
    Message,
}

impl What {
    fn number(self) -> u8 {
        match self {
            Self::Suspend => 1,
            Self::Resume => 2,
            Self::Extend { .. } => 3,
            Self::Message => 4,
        }
    }

    fn closes(self) -> u64 {
        match self {
            Self::Extend { closes } => closes,
            _ => 0,
        }
    }
}

/// A notice as read; [`Notice::verify`] checks what needs no log.
#[derive(Debug, Clone)]
pub struct Notice {
    /// What it does.
    pub what: What,
    /// A log size: at least the one right after the last notice, or the open entry.
    pub after: u64,
    /// When it was signed, in ms since 1970.
    pub signed_at: u64,
    /// The text for voters, at most 2,000 characters.
    pub text: String,
    signed: Vec<u8>,
    signature: [u8; SIGNATURE_LEN],
}

impl Notice {
    /// Reads the body of a notice entry.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let number = reader.u8()?;
        let closes = reader.u64()?;
        let what = match (number, closes) {
            (1, 0) => What::Suspend,
            (2, 0) => What::Resume,
            (3, closes) if closes < 1 << 53 => What::Extend { closes },
            (4, 0) => What::Message,
            _ => return Err(DecodeError::Value),
        };
        let after = reader.u64()?;
        let signed_at = reader.u64()?;
        let length = usize::try_from(reader.u32()?).map_err(|_| DecodeError::Length)?;
        let text = core::str::from_utf8(reader.take(length)?).map_err(|_| DecodeError::Text)?;
        if text.chars().count() > TEXT_MAX {
            return Err(DecodeError::Length);
        }
        let signature = reader.array()?;
        reader.finish()?;
        let (signed, _) = body.split_last_chunk::<SIGNATURE_LEN>().ok_or(DecodeError::Truncated)?;
        Ok(Self { what, after, signed_at, text: text.to_owned(), signed: signed.to_vec(), signature })
    }

    /// Whether the organiser signed it.
    pub fn verify(&self, manifest: &Manifest) -> bool {
        manifest.organiser_key().verify(LABEL, &[manifest.id().as_bytes(), &self.signed], &self.signature)
    }
}

/// Body of a notice on the log as it is now, signed at `now`; `None` before the manifest entry.
pub fn body(election: &Election, what: What, text: &str, now: u64, secret: &SignSecret) -> Option<Vec<u8>> {
    let manifest = election.manifest()?;
    let mut body = [
        [what.number()].as_slice(),
        &what.closes().to_be_bytes(),
        &election.size().to_be_bytes(),
        &now.to_be_bytes(),
        &u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes(),
        text.as_bytes(),
    ]
    .concat();
    let signature = secret.sign(LABEL, &[manifest.id().as_bytes(), &body]);
    body.extend_from_slice(&signature);
    Some(body)
}
