//! Uploads that somebody else began: what they have in common with a file, and going on with them.

use super::{Engine, EngineError, check};
use crate::driver::Command;
use crate::job::{self, Examined, ForeignUpload};
use crate::ledger::Owner;
use crate::transfer::{Kind, TransferId, TransferSpec};

/// What came of adopting an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The transfer.
    pub id: TransferId,
    /// Size of the file.
    pub size_bytes: u64,
    /// Parts that the upload had.
    pub parts_listed: usize,
    /// Those of them that are parts of the file, and need not be sent again.
    pub parts_held: usize,
    /// Their bytes.
    pub held_bytes: u64,
}

/// What an upload of somebody else has in common with a file. Nothing was changed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Size of the file.
    pub size_bytes: u64,
    /// Size of each part but the last, as the upload is cut.
    pub part_size_bytes: u64,
    /// Parts that the upload has.
    pub parts_listed: usize,
    /// Bytes of those of them that are parts of the file.
    pub held_bytes: u64,
    /// All parts that the file has in this cut, in order.
    pub parts: Vec<ComparedPart>,
}

/// One part of a file, compared with what an upload holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparedPart {
    /// The upload does not have it.
    NotSent,
    /// The upload has just these bytes.
    Equal,
    /// The upload has something else under this number, or nothing that would prove it.
    Differs,
}

impl Engine {
    /// Compares an upload that somebody else has begun with the file of `spec`, and changes nothing. Reads the ranges of
    /// the file that are there already.
    ///
    /// # Errors
    /// As [`Engine::adopt`].
    ///
    /// # Cancellation
    /// Can be dropped at any time.
    pub async fn compare(&self, spec: TransferSpec, foreign: ForeignUpload) -> Result<Comparison, EngineError> {
        let found = self.examined(&spec, foreign).await?;
        let plan = found.checkpoint.plan();
        let mut parts = vec![ComparedPart::NotSent; plan.part_count() as usize];
        let mut mark = |number: store::PartNumber, as_what| {
            if let Some(part) = parts.get_mut(number.get() as usize - 1) {
                *part = as_what;
            }
        };
        found.listed.iter().for_each(|number| mark(*number, ComparedPart::Differs));
        found.held.iter().for_each(|part| mark(part.number, ComparedPart::Equal));
        Ok(Comparison {
            size_bytes: plan.size_bytes,
            part_size_bytes: plan.part_size_bytes,
            parts_listed: found.listed.len(),
            held_bytes: found.held_bytes(),
            parts,
        })
    }

    /// Goes on with an upload that another tool, or another computer, has begun: compares what it holds with the file of
    /// `spec`, and adds a transfer that sends the rest. From then on it is like any other; cancelling it aborts the
    /// upload. Reads the ranges of the file that are there already.
    ///
    /// # Errors
    /// `Adoption` if the upload is gone, is not of this file, or its target must not be replaced; nothing is changed
    /// then. `InvalidSpec` as [`Engine::add`], for what is no upload, and if one of our transfers goes on with it.
    ///
    /// # Cancellation
    /// Until the comparison has ended nothing is changed; afterwards the transfer may be there.
    pub async fn adopt(&self, spec: TransferSpec, foreign: ForeignUpload) -> Result<Adoption, EngineError> {
        let found = self.examined(&spec, foreign).await?;
        let (parts_listed, parts_held, held_bytes) = (found.listed.len(), found.held.len(), found.held_bytes());
        let size_bytes = found.checkpoint.source.size_bytes();
        let id = self.ask(|reply| Command::Adopt(Box::new(spec), Box::new(found), reply)).await?;
        Ok(Adoption { id, size_bytes, parts_listed, parts_held, held_bytes })
    }

    async fn examined(&self, spec: &TransferSpec, foreign: ForeignUpload) -> Result<Examined, EngineError> {
        check(spec)?;
        if spec.kind() != Some(Kind::Upload) {
            return Err(EngineError::InvalidSpec("only the upload of a file can be adopted".to_owned()));
        }
        if let Some(Some(Owner::Needs(id))) = self.owners(std::slice::from_ref(&foreign.upload_id))?.pop() {
            return Err(EngineError::InvalidSpec(format!("transfer {id} goes on with this upload; resume that one")));
        }
        Ok(job::examine(spec.clone(), foreign, self.tools.clone()).await?)
    }
}
