//! The shell of Tern: it opens the window, hands its wishes to the engine and the engine's picture to it.
//!
//! No decision about transfers is taken here. The parts are put together in [`app`], the window asks through
//! [`commands`], is told through [`events`], and everything that crosses the border is a type of [`dto`] or of its
//! parts, such as [`dto_accounts`]. What is around the page (tray, notices, a second start) is in [`surroundings`].
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on has failed"))]

pub mod app;
pub mod bindings;
mod ca_file;
pub mod check;
pub mod closing;
pub mod commands;
pub mod connect;
mod copying;
pub mod desktop;
mod dragged;
mod drops;
pub mod dto;
pub mod dto_accounts;
mod dto_browser;
pub mod dto_desktop;
pub mod dto_limits;
pub mod dto_list;
pub mod dto_objects;
pub mod dto_push;
pub mod dto_receipts;
pub mod dto_uploads;
mod elsewhere;
pub mod environment;
pub mod error;
pub mod events;
mod export;
pub mod front;
pub mod instance;
mod journal;
pub mod local_clock;
pub mod logs;
mod naming;
mod notices;
mod paper_rows;
mod papers;
mod policy;
mod practice;
mod selection;
mod settings;
mod signals;
pub mod speed;
mod starts;
mod stops;
mod stores;
pub mod surroundings;
mod taskbar;
mod times;
pub mod tray;
mod undo;
pub mod view;
mod waiting;
mod webview;
mod window_place;

use std::sync::Arc;

use ::accounts::DataFolder;
use tauri::{Manager as _, RunEvent, Runtime, WebviewWindow, Window, WindowEvent};

use crate::app::App;
use crate::closing::Close;
use crate::desktop::{NativeDesktop, ScriptedDesktop};
use crate::environment::Environment;
use crate::front::NativeFront;
use crate::instance::{Claim, Instance, Wish};
use crate::waiting::wait_for;
use crate::window_place::WindowPlace;

/// Starts the app and returns when its window is closed; at once if there is a window for this data folder already,
/// which comes to the front then.
///
/// # Errors
/// If the command line is not understood, there is no data folder, or no window can be opened.
pub fn run() -> Result<(), Box<dyn std::error::Error>> {
    let environment = Environment::read()?;
    let folder = DataFolder::usual().ok_or("this system has no folder for app data; set TERN_DATA_DIR")?;
    let wish = Wish { files: environment.files.clone(), activation: environment.activation.clone() };
    let claim = instance::claim(folder.path(), &wish);
    if matches!(claim, Ok(Claim::Passed)) {
        return Ok(());
    }
    logs::start(&folder);
    machine::raise_file_limit();
    let place = WindowPlace::open(folder.path().join("window.json"));
    let app = Arc::new(App::new(folder, environment));
    app.wish(wish);
    let mut instance = first(claim);
    let listening = instance.as_mut().and_then(|instance| listen(instance, &app));
    let (opened, closed) = (app.clone(), app.clone());
    let tauri_app = configure(tauri::Builder::default().plugin(tauri_plugin_dialog::init()), app)
        .setup(move |tauri_app| set_up(tauri_app, &opened, &place))
        .build(tauri::generate_context!())?;
    tauri_app.run(move |_, event| match event {
        RunEvent::Exit => {
            // A start from now on waits until this one is gone, rather than give its files to it.
            if let Some(listening) = &listening {
                listening.abort();
            }
            tauri::async_runtime::block_on(closed.shut_down());
            // Nobody else is the window of this folder before that.
            drop(instance.take());
        }
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            let paths = urls.iter().filter_map(|url| url.to_file_path().ok());
            let files = paths.map(|path| path.to_string_lossy().into_owned()).collect();
            closed.wish(Wish { files, activation: None });
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => closed.wish(Wish::default()),
        _ => {}
    });
    Ok(())
}

/// Gives a Tauri app its commands, its state and its events; the same for the window and for tests without one.
pub fn configure<R: Runtime>(builder: tauri::Builder<R>, app: Arc<App>) -> tauri::Builder<R> {
    builder
        .manage(app.clone())
        .invoke_handler(bindings::builder::<R>().invoke_handler())
        .on_window_event(move |window, event| heard(&app, window, event))
}

/// Opens the window where it was, and begins what goes on around it.
fn set_up<R: Runtime>(
    tauri_app: &mut tauri::App<R>,
    app: &Arc<App>,
    place: &WindowPlace,
) -> Result<(), Box<dyn std::error::Error>> {
    let handle = tauri_app.handle().clone();
    app.set_desktop(match app.environment().picks.clone() {
        Some(answers) => Box::new(ScriptedDesktop { answers }),
        None => Box::new(NativeDesktop(handle.clone())),
    });
    let window = webview::open(tauri_app)?;
    if let Err(error) = place.restore(&window) {
        tracing::warn!(%error, "the window is where the desktop has put it");
    }
    let zoomed = handle.clone();
    app.set_zoom(move |factor| {
        if let Some(Err(error)) = zoomed.get_webview_window("main").map(|window| window.set_zoom(factor)) {
            tracing::debug!(%error, "the window was not zoomed");
        }
    });
    window.show()?;
    tauri_app.manage(place.clone());
    app.surroundings.set_front(Arc::new(NativeFront(handle.clone())));
    tauri::async_runtime::spawn(signals::quit_when_asked(NativeFront(handle.clone())));
    tauri::async_runtime::spawn(tray::show(app.clone(), handle));
    // What was left goes on at once, also before the window has asked for anything.
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = app.engine().await {
            tracing::warn!(code = error.code, "the engine has not started yet");
        }
    });
    Ok(())
}

/// What happens to the window.
fn heard<R: Runtime>(app: &Arc<App>, window: &Window<R>, event: &WindowEvent) {
    let place = || Some((window.try_state::<WindowPlace>()?, window.get_webview_window(window.label())?));
    match event {
        WindowEvent::DragDrop(event) => {
            // Only Windows tells true pixels; the others tell what the page counts in.
            let scale = if cfg!(windows) { window.scale_factor().unwrap_or(1.0) } else { 1.0 };
            app.pushes.dragged(event, scale);
        }
        WindowEvent::Moved(_) | WindowEvent::Resized(_) => {
            if let Some((place, window)) = place() {
                place.touched(&window);
            }
        }
        // Whether it may close takes a look at the ledger, which this thread must not wait for.
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            tauri::async_runtime::spawn(close_if_nothing_runs(app.clone(), window.clone(), place().map(cloned)));
        }
        _ => {}
    }
}

fn cloned<R: Runtime>(
    (place, window): (tauri::State<'_, WindowPlace>, WebviewWindow<R>),
) -> (WindowPlace, WebviewWindow<R>) {
    (place.inner().clone(), window)
}

/// Remembers where the window is, and closes it unless the user is asked first.
async fn close_if_nothing_runs<R: Runtime>(
    app: Arc<App>,
    window: Window<R>,
    place: Option<(WindowPlace, WebviewWindow<R>)>,
) {
    if let Some((place, window)) = place {
        wait_for(|| place.look(&window));
    }
    if app.close_wanted().await == Close::Now
        && let Err(error) = window.destroy()
    {
        tracing::warn!(%error, "the window does not close");
    }
}

/// The right to be the window of the data folder. Where another has it and does not answer, this one opens all the
/// same and says who has the ledger; a folder that cannot be used is said by what needs it.
fn first(claim: std::io::Result<Claim>) -> Option<Instance> {
    match claim {
        Ok(Claim::First(instance)) => Some(instance),
        Ok(Claim::Unanswered | Claim::Passed) => {
            tracing::warn!("another window has this data folder and does not answer");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "a second start will not find this one");
            None
        }
    }
}

/// Listens for further starts.
fn listen(instance: &mut Instance, app: &Arc<App>) -> Option<tauri::async_runtime::JoinHandle<()>> {
    let (listener, secret) = instance.listener()?;
    let app = app.clone();
    Some(tauri::async_runtime::spawn(async move {
        if let Err(error) = Instance::serve(listener, secret, move |wish| app.wish(wish)).await {
            tracing::warn!(%error, "a second start will not find this one");
        }
    }))
}
