//! What the window can ask: each command reads its arguments, makes one call and puts the answer into wire types.
//!
//! A new command is added to [`crate::bindings`] and to `permissions/own.toml`; tests fail until both agree and the
//! generated bindings are fresh.

pub mod accounts;
pub mod adoption;
pub mod app;
pub mod bookmarks;
pub mod browse;
pub mod buckets;
pub mod desktop;
pub mod failed;
pub mod folders;
pub mod limits;
pub mod links;
pub mod looks;
pub mod properties;
pub mod receipts;
pub mod renaming;
pub mod secrets;
pub mod selected;
pub mod transfers;
pub mod uploads;
pub mod versions;

use std::sync::Arc;

use crate::app::App;
use crate::dto::AppError;

/// The app, as Tauri hands it to commands.
pub type Shared<'a> = tauri::State<'a, Arc<App>>;

/// What a command answers.
pub type Answer<T> = Result<T, AppError>;
