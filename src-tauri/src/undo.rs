//! What the user can take back: the last few wishes, each under a number.
//!
//! What is dismissed is kept by the engine, also over a crash; here is only the way to it. Another order is undone by
//! putting each transfer before the one that it stood before.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::{Engine, EngineError, NewPlace, TransferId};

/// Wishes that are remembered; the oldest is forgotten.
const KEPT: usize = 32;

/// How a wish is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// It was dismissed until this moment.
    Recall(i64),
    /// It was dismissed until this moment, and these were added in its place.
    Instead {
        /// The moment.
        until_ms: i64,
        /// What was added.
        added: Vec<TransferId>,
    },
    /// These stood, in this order, at these places; the last is put back first.
    Places(Vec<(Vec<TransferId>, NewPlace)>),
}

#[derive(Debug, Default)]
struct Book {
    next: u64,
    wishes: BTreeMap<u64, Undo>,
}

/// The wishes.
#[derive(Debug, Default)]
pub struct UndoBook(Mutex<Book>);

impl UndoBook {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers how to take a wish back, and gives it a number.
    pub fn remember(&self, undo: Undo) -> u64 {
        let mut book = self.book();
        book.next += 1;
        let number = book.next;
        book.wishes.insert(number, undo);
        while book.wishes.len() > KEPT {
            book.wishes.pop_first();
        }
        number
    }

    /// Takes a wish back. Whether there was still time for it.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub async fn undo(&self, number: u64, engine: &Engine) -> Result<bool, EngineError> {
        let Some(undo) = self.book().wishes.remove(&number) else { return Ok(false) };
        match undo {
            Undo::Recall(until_ms) => engine.recall(until_ms).await,
            Undo::Instead { until_ms, added } => {
                let is_back = engine.recall(until_ms).await?;
                if is_back {
                    engine.dismiss(&added).await?;
                }
                Ok(is_back)
            }
            Undo::Places(places) => {
                for (ids, to) in places.into_iter().rev() {
                    match engine.reorder(&ids, to).await {
                        Ok(()) => {}
                        // It has ended and been cleared away meanwhile; the others still have their places.
                        Err(EngineError::NoSuchTransfer(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_wish_is_forgotten_and_numbers_are_never_given_twice() {
        let book = UndoBook::default();
        let numbers: Vec<u64> = (0..40).map(|at| book.remember(Undo::Recall(at))).collect();
        assert!(numbers.windows(2).all(|two| two[0] < two[1]));
        assert_eq!(book.book().wishes.len(), KEPT);
        assert_eq!(book.book().wishes.get(&numbers[39]), Some(&Undo::Recall(39)));
        assert_eq!(book.book().wishes.get(&numbers[0]), None);
    }
}
