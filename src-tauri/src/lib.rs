//! The shell of Tern: it opens the window, hands its wishes to the engine and the engine's picture to it.
//!
//! No decision about transfers is taken here. The parts are put together in [`app`], the window asks through
//! [`commands`], is told through [`events`], and everything that crosses the border is a type of [`dto`]
//! or [`dto_accounts`].
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on has failed"))]

pub mod app;
pub mod bindings;
mod ca_file;
pub mod check;
pub mod commands;
pub mod connect;
pub mod desktop;
pub mod dto;
pub mod dto_accounts;
pub mod environment;
pub mod error;
pub mod events;
pub mod logs;
mod naming;
mod practice;
mod settings;
mod stores;
pub mod view;

use std::sync::Arc;

use ::accounts::DataFolder;
use tauri::{Manager as _, RunEvent, Runtime, WindowEvent};

use crate::app::App;
use crate::desktop::{NativeDesktop, ScriptedDesktop};
use crate::environment::Environment;

/// Starts the app and returns when its window is closed.
///
/// # Errors
/// If the command line is not understood, there is no data folder, or no window can be opened.
pub fn run() -> Result<(), Box<dyn std::error::Error>> {
    let environment = Environment::read()?;
    let folder = DataFolder::usual().ok_or("this system has no folder for app data; set TERN_DATA_DIR")?;
    logs::start(&folder);
    let app = Arc::new(App::new(folder, environment));
    let tauri_app =
        configure(native_plugins(tauri::Builder::default()), app.clone()).build(tauri::generate_context!())?;
    tauri_app.run(move |_, event| {
        if let RunEvent::Exit = event {
            tauri::async_runtime::block_on(app.shut_down());
        }
    });
    Ok(())
}

/// Gives a Tauri app its commands, its state and its events; the same for the window and for tests without one.
pub fn configure<R: Runtime>(builder: tauri::Builder<R>, app: Arc<App>) -> tauri::Builder<R> {
    let pushes = app.pushes.clone();
    builder
        .manage(app.clone())
        .invoke_handler(bindings::builder::<R>().invoke_handler())
        .on_window_event(move |_, event| {
            if let WindowEvent::DragDrop(event) = event {
                pushes.dragged(event);
            }
        })
        .setup(move |tauri_app| {
            app.set_desktop(match app.environment().picks.clone() {
                Some(answers) => Box::new(ScriptedDesktop { answers }),
                None => Box::new(NativeDesktop(tauri_app.handle().clone())),
            });
            // What was left goes on at once, also before the window has asked for anything.
            tauri::async_runtime::spawn(async move {
                if let Err(error) = app.engine().await {
                    tracing::warn!(code = error.code, "the engine has not started yet");
                }
            });
            Ok(())
        })
}

/// What only a real window has: dialogs, its remembered place, and coming to the front when started again.
fn native_plugins<R: Runtime>(builder: tauri::Builder<R>) -> tauri::Builder<R> {
    let builder = builder.plugin(tauri_plugin_dialog::init()).plugin(tauri_plugin_window_state::Builder::new().build());
    // One window per data folder; whoever names another folder wants another window.
    if std::env::var_os("TERN_DATA_DIR").is_some() {
        return builder;
    }
    builder.plugin(tauri_plugin_single_instance::init(|tauri_app, _, _| {
        if let Some(window) = tauri_app.get_webview_window("main")
            && let Err(error) = window.unminimize().and_then(|()| window.set_focus())
        {
            tracing::debug!(%error, "the window did not come to the front");
        }
    }))
}
