//! Speed limits: in force at once, remembered for the next run.

use super::{Answer, Shared};
use crate::app::rates;
use crate::dto::Limits;
use crate::view;

/// The limits in force.
#[tauri::command]
#[specta::specta]
pub async fn get_limits(app: Shared<'_>) -> Answer<Limits> {
    Ok(view::limits(app.engine().await?.rates()))
}

/// Changes the limits, also of what moves now.
#[tauri::command]
#[specta::specta]
pub async fn set_limits(app: Shared<'_>, limits: Limits) -> Answer<()> {
    let rates = rates(limits)?;
    app.engine().await?.set_rates(rates);
    app.settings.set_limits(limits)
}
