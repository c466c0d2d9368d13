//! How the program ends, and how it says why.

use std::process::ExitCode;

use engine::{Answer, TransferError};

use crate::{output, words};

/// How a command ended. The numbers are a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything was done. What could not be verified was said.
    Done,
    /// Something failed.
    Failed,
    /// The command makes no sense as it was typed; nothing was tried.
    Usage,
    /// Paused by a signal; the same command, or `resume`, goes on.
    Paused,
}

impl Ending {
    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Paused => 3,
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.code())
    }
}

/// Why a command could not be done: a sentence for the person, and what support wants to know.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    ending: Ending,
    sentence: String,
    cause: Option<String>,
    code: Option<String>,
    request_id: Option<String>,
}

impl Failure {
    /// Something went wrong. `sentence` says what happened, why, and what to do now.
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self { ending: Ending::Failed, sentence: sentence.into(), cause: None, code: None, request_id: None }
    }

    /// The command was typed, or the environment set, in a way that makes no sense.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self { ending: Ending::Usage, ..Self::new(sentence) }
    }

    /// Adds what the system or the store said.
    #[must_use]
    pub(crate) fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// The same, but as a wrong use of the program.
    #[must_use]
    pub(crate) fn told_as_usage(mut self) -> Self {
        self.ending = Ending::Usage;
        self
    }

    /// What happened.
    pub(crate) fn sentence(&self) -> &str {
        &self.sentence
    }

    /// How the program ends because of it.
    pub(crate) fn ending(&self) -> Ending {
        self.ending
    }

    /// Says it on standard error: the sentence, then cause, code and request id on lines of their own.
    pub(crate) fn tell(&self) {
        output::error(&format!("tern-cli: {}", self.sentence));
        self.tell_cause();
    }

    /// Says the rest of it alone, for a sentence that was told elsewhere.
    pub(crate) fn tell_cause(&self) {
        for (name, value) in [("cause", &self.cause), ("code", &self.code), ("request id", &self.request_id)] {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                output::error(&format!("  {name}: {}", output::printable(value)));
            }
        }
    }
}

impl From<&TransferError> for Failure {
    fn from(error: &TransferError) -> Self {
        let answer = error.answer.as_deref().cloned().unwrap_or_default();
        let code = code_line(&answer).unwrap_or_else(|| error.code.as_str().to_owned());
        Self {
            ending: Ending::Failed,
            sentence: words::sentence(error),
            cause: Some(answer.message),
            code: Some(code),
            request_id: answer.request_id,
        }
    }
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        Self::from(&error)
    }
}

/// The store's code, finer code and HTTP status, as one line.
fn code_line(answer: &Answer) -> Option<String> {
    let status = answer.status.map(|status| format!("HTTP {status}"));
    let extended = answer.extended_code.as_ref().map(|code| format!("EC {code}"));
    let words: Vec<String> = [answer.code.clone(), extended, status].into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(", "))
}
