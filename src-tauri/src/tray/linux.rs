//! The tray of Linux desktops: a StatusNotifierItem on the session bus, as KDE, GNOME (with its extension), Xfce and
//! most panels show it. No library of a desktop is linked, so one that has none loses nothing but the tray.

use ksni::menu::{MenuItem, StandardItem};
use ksni::{OfflineReason, ToolTip, TrayMethods as _};
use tauri::{AppHandle, Runtime};

use super::{Act, Shown, Tray, TrayAct, entries};

struct Item {
    tray: Tray,
    shown: Shown,
    act: Act,
    icon: ksni::Icon,
}

pub(super) async fn show<R: Runtime>(tray: Tray, handle: AppHandle<R>, act: Act) {
    let shown = tray.worded().await;
    let item = Item { tray: tray.clone(), shown, act, icon: icon(&handle) };
    // A panel that comes later, or comes back, takes it up then; until it does the tray says that it is not there.
    tray.set_shown(true);
    let item = match item.assume_sni_available(true).spawn().await {
        Ok(item) => item,
        Err(error) => {
            tray.set_shown(false);
            tracing::info!(%error, "this desktop has no tray");
            return;
        }
    };
    loop {
        tray.state.changed.notified().await;
        let shown = tray.shown();
        if item.update(|item| item.shown = shown).await.is_none() {
            return;
        }
    }
}

/// The app's icon as the bus wants it: alpha first.
fn icon<R: Runtime>(handle: &AppHandle<R>) -> ksni::Icon {
    let Some(icon) = handle.default_window_icon() else {
        return ksni::Icon { width: 0, height: 0, data: Vec::new() };
    };
    let data = icon.rgba().chunks_exact(4).flat_map(|pixel| [pixel[3], pixel[0], pixel[1], pixel[2]]).collect();
    let length = |pixels: u32| i32::try_from(pixels).unwrap_or(0);
    ksni::Icon { width: length(icon.width()), height: length(icon.height()), data }
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "tern".to_owned()
    }

    fn title(&self) -> String {
        "Tern".to_owned()
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        vec![self.icon.clone()]
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip { title: "Tern".to_owned(), ..ToolTip::default() }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        (self.act)(TrayAct::Open);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let item = |entry: Option<(TrayAct, &str, bool)>| match entry {
            None => MenuItem::Separator,
            Some((act, label, enabled)) => StandardItem {
                // An underscore would mark a key.
                label: label.replace('_', "__"),
                enabled,
                activate: Box::new(move |item: &mut Self| (item.act)(act)),
                ..StandardItem::default()
            }
            .into(),
        };
        entries(&self.shown).into_iter().map(item).collect()
    }

    fn watcher_online(&self) {
        self.tray.set_shown(true);
    }

    fn watcher_offline(&self, _reason: OfflineReason) -> bool {
        self.tray.set_shown(false);
        // Nobody could bring a window back that is nowhere.
        (self.act)(TrayAct::Lost);
        true
    }
}
