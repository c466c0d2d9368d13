//! Several looks in one call.
//!
//! Four times a second the page asks for its list, for what is selected and for the drawer. What a call costs the window
//! is the call and hardly what it answers with, so the three go in one. Each is answered, or refused, by itself.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Answer, Shared, selected, transfers};
use crate::dto::{AppError, TransferDetail, TransferFilter, TransferPage};
use crate::dto_list::Selected;

/// More are not asked for at a time.
const LOOKS_MAX: usize = 16;

/// What the page wants to see; the words are those of the commands of these names.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Look {
    /// A page of a list.
    Transfers {
        /// Of which list.
        filter: TransferFilter,
        /// What the page before answered as its `next`.
        after: Option<u64>,
        /// How many rows.
        limit: u32,
    },
    /// The figures of what is selected.
    Selected {
        /// In which list.
        filter: TransferFilter,
    },
    /// One transfer with its parts.
    Detail {
        /// Which.
        id: u64,
    },
}

/// What was seen.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "of", content = "what", rename_all = "snake_case")]
pub enum Seen {
    /// A page of a list.
    Transfers(TransferPage),
    /// What is selected.
    Selected(Selected),
    /// One transfer.
    Detail(Box<TransferDetail>),
    /// Nothing, and why.
    Refused(AppError),
}

/// Looks at several things at once; the answers are in the order of the questions.
#[tauri::command]
#[specta::specta]
pub async fn look(app: Shared<'_>, at: Vec<Look>) -> Answer<Vec<Seen>> {
    let mut seen = Vec::with_capacity(at.len().min(LOOKS_MAX));
    for look in at.into_iter().take(LOOKS_MAX) {
        let answer = match look {
            Look::Transfers { filter, after, limit } => {
                transfers::transfers(app.clone(), filter, after, limit).await.map(Seen::Transfers)
            }
            Look::Selected { filter } => selected::selected(app.clone(), filter).await.map(Seen::Selected),
            Look::Detail { id } => {
                transfers::transfer_detail(app.clone(), id).await.map(|detail| Seen::Detail(Box::new(detail)))
            }
        };
        seen.push(answer.unwrap_or_else(Seen::Refused));
    }
    Ok(seen)
}
