//! The wire types of the window on its desktop: closing it, its tray, its notices, its drops.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::dto::{AppError, TransferRow};

/// What the user is asked when the window is to be closed while transfers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct QuitQuestion {
    /// Transfers that run, or that wait for their turn.
    pub running: u64,
    /// Whether Tern can go on in the tray; without one there is nowhere to go on.
    pub tray: bool,
}

/// Words that the desktop shows outside of the page, in the window's language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DesktopWords {
    /// Shows the window.
    pub open: String,
    /// Pauses everything.
    pub pause_all: String,
    /// Lets everything go on.
    pub resume_all: String,
    /// Ends Tern.
    pub quit: String,
}

/// What ended, or needs the user, since the last notice: the page makes sentences of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Type)]
pub struct NoticeFacts {
    /// Transfers that are done.
    pub done: u64,
    /// Transfers that failed, or were paused because they need the user.
    pub attention: u64,
    /// The transfer, if it is only one.
    pub row: Option<TransferRow>,
}

/// A notice of the system, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Notice {
    /// One line.
    pub title: String,
    /// More, or nothing.
    pub body: String,
}

/// Files that were given to Tern from outside.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Type)]
pub struct GivenFiles {
    /// Absolute paths of those that can be read.
    pub paths: Vec<String>,
    /// A reason for each that cannot, up to a thousand.
    pub refused: Vec<AppError>,
    /// How many more cannot.
    pub refused_more: u64,
}
