//! What the window can ask: each command reads its arguments, makes one call and puts the answer into wire types.
//!
//! A new command is added to [`crate::bindings`] and to `permissions/own.toml`; tests fail until both agree and the
//! generated bindings are fresh.

pub mod accounts;
pub mod app;
pub mod browse;
pub mod limits;
pub mod secrets;
pub mod transfers;
pub mod uploads;

use std::sync::Arc;

use crate::app::App;
use crate::dto::AppError;

/// The app, as Tauri hands it to commands.
pub type Shared<'a> = tauri::State<'a, Arc<App>>;

/// What a command answers.
pub type Answer<T> = Result<T, AppError>;
