//! A teller's report after closing: the root it saw and its complaints (section 7).

use super::complaint::{Complaint, ComplaintError};
use crate::{
    codec::{DecodeError, Reader},
    log::entry::DataRef,
    manifest::{ElectionId, Manifest},
    signature::{SIGNATURE_LEN, SignSecret},
};

const LABEL: &str = "isoloir/v1/report";

/// The body of a report entry; [`Report::verify`] checks its signature.
#[derive(Debug, Clone)]
pub struct Report {
    /// The teller `j`, from 1.
    pub teller: u8,
    /// Log size right after the close entry.
    pub size: u64,
    /// Merkle root at that size.
    pub root: [u8; 32],
    /// How many complaints the data hold.
    pub complaints: u32,
    /// The data.
    pub data: DataRef,
    signed: Vec<u8>,
    signature: [u8; SIGNATURE_LEN],
}

impl Report {
    /// Reads the body of a report entry.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let report = Self {
            teller: reader.u8()?,
            size: reader.u64()?,
            root: reader.array()?,
            complaints: reader.u32()?,
            data: DataRef::read(&mut reader)?,
            signed: body.split_last_chunk::<SIGNATURE_LEN>().ok_or(DecodeError::Truncated)?.0.to_vec(),
            signature: reader.array()?,
        };
        reader.finish()?;
        Ok(report)
    }

    /// Whether the teller signed it.
    pub fn verify(&self, manifest: &Manifest) -> bool {
        manifest
            .teller_keys(self.teller)
            .is_some_and(|keys| keys.sign.verify(LABEL, &[manifest.id().as_bytes(), &self.signed], &self.signature))
    }

    /// Log indices of the ballots whose boxes the complaints in the data show, of which more must be known than that they are current.
    pub(crate) fn ballots_with_boxes(data: &[u8]) -> Result<Vec<u64>, DecodeError> {
        let mut reader = Reader::new(data);
        let mut indices = Vec::new();
        while reader.remaining() > 0 {
            indices.extend(Complaint::skip(&mut reader)?);
        }
        Ok(indices)
    }

    /// The complaints in the data, in strictly increasing order of their indices.
    pub fn read_complaints(&self, data: &[u8]) -> Result<Vec<Complaint>, ComplaintError> {
        let mut reader = Reader::new(data);
        let mut complaints: Vec<Complaint> = Vec::new();
        while reader.remaining() > 0 {
            let complaint = Complaint::read(&mut reader)?;
            if complaints.last().is_some_and(|last| last.index() >= complaint.index()) {
                return Err(ComplaintError::Encoding(DecodeError::Value));
            }
            complaints.push(complaint);
        }
        if usize::try_from(self.complaints) != Ok(complaints.len()) {
            return Err(ComplaintError::Encoding(DecodeError::Length));
        }
        Ok(complaints)
    }
}

/// Body and data of a report on the closing root.
pub(crate) fn make(
    election: ElectionId,
    teller: u8,
    size: u64,
    root: &[u8; 32],
    complaints: &[Complaint],
    secret: &SignSecret,
) -> (Vec<u8>, Vec<u8>) {
    let data: Vec<u8> = complaints.iter().flat_map(Complaint::encode).collect();
    let count = u32::try_from(complaints.len()).unwrap_or(u32::MAX);
    let mut body = [[teller].as_slice(), &size.to_be_bytes(), root, &count.to_be_bytes()].concat();
    DataRef::to(&data).write(&mut body);
    let signature = secret.sign(LABEL, &[election.as_bytes(), &body]);
    body.extend_from_slice(&signature);
    (body, data)
}
