//! The rules that keep bytes safe, by name, at the places that keep them.
//!
//! A rule that nothing would miss is not tested. So a simulation may switch off one at a time and has to notice it. In
//! a program that people use every rule holds and the question is answered while compiling.

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The bytes of a part are synced before the part is recorded.
    SyncBeforeRecord,
    /// Every fact is durable before the commit starts.
    CommitBarrier,
    /// The upload id is durable before the first part is sent.
    SessionBeforeParts,
    /// On a resume, what the store or the temp file really holds outweighs the ledger.
    FarSideOverLedger,
    /// A commit whose upload is gone may have succeeded: the target is looked at.
    LostReplyIsAsked,
    /// An upload whose opening was never answered is looked for and aborted.
    LostBeginSwept,
    /// The source is compared with what it was, with every part and before the commit.
    SourceIsCompared,
    /// Done means that both checksums were compared.
    VerifiedBeforeDone,
    /// What appears at the target meanwhile is not replaced unless that was asked for.
    NothingReplacedUnasked,
    /// A temp file that is not ours is left alone.
    OnlyOurFiles,
    /// No more parts move at a time than were asked for.
    PartsBounded,
    /// Progress never runs backwards.
    ProgressForward,
    /// A paused transfer waits until it is told to go on.
    PauseHolds,
    /// A transfer moves no faster than its own limit.
    OwnLimitHolds,
    /// Where nothing may move, nothing does.
    StopHolds,
    /// Nothing of what is given up is removed before the time is over in which that can be taken back.
    UndoHasItsTime,
}

#[cfg(feature = "testing")]
impl Rule {
    /// Every rule.
    pub const ALL: [Self; 16] = [
        Self::SyncBeforeRecord,
        Self::CommitBarrier,
        Self::SessionBeforeParts,
        Self::FarSideOverLedger,
        Self::LostReplyIsAsked,
        Self::LostBeginSwept,
        Self::SourceIsCompared,
        Self::VerifiedBeforeDone,
        Self::NothingReplacedUnasked,
        Self::OnlyOurFiles,
        Self::PartsBounded,
        Self::ProgressForward,
        Self::PauseHolds,
        Self::OwnLimitHolds,
        Self::StopHolds,
        Self::UndoHasItsTime,
    ];
}

/// Which rules hold: all of them, unless a simulation breaks one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    #[cfg(feature = "testing")]
    pub(crate) broken: Option<Rule>,
}

impl Rules {
    /// Whether a rule holds.
    #[cfg(feature = "testing")]
    pub(crate) fn hold(self, rule: Rule) -> bool {
        self.broken != Some(rule)
    }

    /// Whether a rule holds: it does.
    #[cfg(not(feature = "testing"))]
    #[expect(clippy::unused_self, reason = "the same words in both builds")]
    pub(crate) fn hold(self, _rule: Rule) -> bool {
        true
    }
}
