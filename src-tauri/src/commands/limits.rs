//! Speed limits and priority: in force at once, remembered for the next run.

use engine::{Clock as _, TransferId};

use super::{Answer, Shared};
use crate::dto_limits::{LimitSettings, Limits, Priority};
use crate::speed;

/// What the user has set about speed.
#[tauri::command]
#[specta::specta]
pub async fn get_limits(app: Shared<'_>) -> Answer<LimitSettings> {
    Ok(app.limit_settings())
}

/// Changes the limits of all transfers together, also of what moves now; 0 stops. Full speed for an hour is over then.
#[tauri::command]
#[specta::specta]
pub async fn set_limits(app: Shared<'_>, limits: Limits) -> Answer<LimitSettings> {
    app.change_speed(|kept| kept.set_limits(limits)).await
}

/// Changes the timetable: 168 letters from Monday 00:00, and whether it is in use.
#[tauri::command]
#[specta::specta]
pub async fn set_timetable(app: Shared<'_>, on: bool, timetable: String) -> Answer<LimitSettings> {
    app.change_speed(|kept| kept.set_timetable(on, timetable)).await
}

/// Lifts all limits but own ones for an hour from now, or ends that.
#[tauri::command]
#[specta::specta]
pub async fn set_full_speed(app: Shared<'_>, on: bool) -> Answer<LimitSettings> {
    let until_ms = on.then(|| app.clock.wall_ms() + speed::FULL_SPEED_MS);
    app.change_speed(|kept| kept.set_full_speed_until(until_ms)).await
}

/// Gives transfers a limit of their own, or takes it away.
#[tauri::command]
#[specta::specta]
pub async fn set_transfer_limit(app: Shared<'_>, ids: Vec<u64>, bytes_s: Option<f64>) -> Answer<()> {
    let limit = speed::own_limit(bytes_s)?;
    let ids: Vec<TransferId> = ids.into_iter().map(TransferId).collect();
    Ok(app.engine().await?.set_own_limit(&ids, limit).await?)
}

/// Gives transfers, in this order, the last place of a priority.
#[tauri::command]
#[specta::specta]
pub async fn set_priority(app: Shared<'_>, ids: Vec<u64>, priority: Priority) -> Answer<()> {
    let ids: Vec<TransferId> = ids.into_iter().map(TransferId).collect();
    Ok(app.engine().await?.set_priority(&ids, speed::priority(priority)).await?)
}
