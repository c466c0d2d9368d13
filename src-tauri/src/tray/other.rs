//! The tray of Windows and the menu bar of macOS.

use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Runtime};

use super::{Act, Shown, Tray, TrayAct, entries};

const ID: &str = "tern";

pub(super) async fn show<R: Runtime>(tray: Tray, handle: AppHandle<R>, act: Act) {
    let shown = tray.worded().await;
    let (said, heard) = tokio::sync::oneshot::channel();
    let builder = handle.clone();
    // Both systems make icons on the main thread only.
    let asked = handle.run_on_main_thread(move || {
        let _ = said.send(make(&builder, &shown, act));
    });
    match (asked, heard.await) {
        (Ok(()), Ok(Ok(()))) => tray.set_shown(true),
        (asked, made) => {
            tracing::info!(?asked, ?made, "this desktop has no tray");
            return;
        }
    }
    loop {
        tray.state.changed.notified().await;
        let (shown, changed) = (tray.shown(), handle.clone());
        let asked = handle.run_on_main_thread(move || {
            let replaced = menu(&changed, &shown)
                .and_then(|menu| changed.tray_by_id(ID).map_or(Ok(()), |icon| icon.set_menu(Some(menu))));
            if let Err(error) = replaced {
                tracing::debug!(%error, "the menu of the tray stays as it was");
            }
        });
        if asked.is_err() {
            return;
        }
    }
}

fn make<R: Runtime>(handle: &AppHandle<R>, shown: &Shown, act: Act) -> tauri::Result<()> {
    let chosen = act.clone();
    let mut builder = TrayIconBuilder::with_id(ID)
        .tooltip("Tern")
        .menu(&menu(handle, shown)?)
        // A left click opens the window; on macOS every click opens the menu.
        .show_menu_on_left_click(cfg!(target_os = "macos"))
        .on_menu_event(move |_, event| {
            if let Some(wanted) = act_of(event.id().as_ref()) {
                chosen(wanted);
            }
        })
        .on_tray_icon_event(move |_, event| {
            let is_left_click = matches!(
                event,
                TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. }
            );
            if is_left_click && !cfg!(target_os = "macos") {
                act(TrayAct::Open);
            }
        });
    if let Some(icon) = handle.default_window_icon() {
        builder = builder.icon(icon.clone());
    }
    builder.build(handle)?;
    Ok(())
}

fn menu<R: Runtime>(handle: &AppHandle<R>, shown: &Shown) -> tauri::Result<Menu<R>> {
    let menu = Menu::new(handle)?;
    for entry in entries(shown) {
        match entry {
            None => menu.append(&PredefinedMenuItem::separator(handle)?)?,
            Some((act, label, enabled)) => {
                menu.append(&MenuItem::with_id(handle, id(act), label, enabled, None::<&str>)?)?;
            }
        }
    }
    Ok(menu)
}

fn id(act: TrayAct) -> &'static str {
    match act {
        TrayAct::Open => "open",
        TrayAct::PauseAll => "pause-all",
        TrayAct::ResumeAll => "resume-all",
        TrayAct::Quit => "quit",
        TrayAct::Lost => "lost",
    }
}

fn act_of(chosen: &str) -> Option<TrayAct> {
    [TrayAct::Open, TrayAct::PauseAll, TrayAct::ResumeAll, TrayAct::Quit].into_iter().find(|act| id(*act) == chosen)
}
