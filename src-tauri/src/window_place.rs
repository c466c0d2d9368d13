//! Where the window was when it was closed, and where it goes when it opens: on the screens that there are now.
//!
//! In the data folder, like all that Tern keeps, so that two data folders have two windows in two places. It is written
//! some moments after the window has moved, so that a crash costs no more than that.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use accounts::{Lasting, Readers, replace_file};
use serde::{Deserialize, Serialize};
use tauri::{PhysicalPosition, PhysicalSize, Runtime, WebviewWindow};

use crate::waiting::wait_for;

/// After a move the window is left alone for this long before it is looked at: a desktop that maximizes it moves,
/// resizes and marks it in turn.
const SETTLES_IN: Duration = Duration::from_millis(400);
/// The smallest window that shows everything, in points of a screen (as in `tauri.conf.json`).
const SMALLEST: (f64, f64) = (900.0, 560.0);

/// A rectangle in pixels of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rectangle {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
}

/// Where a window is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Place {
    #[serde(flatten)]
    rectangle: Rectangle,
    /// Pixels for each point, where it was.
    scale: f64,
    maximized: bool,
}

/// A screen: what the panels of the desktop leave of it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Screen {
    area: Rectangle,
    scale: f64,
}

/// The remembered place and the file behind it. Clones share it.
#[derive(Clone, Debug)]
pub struct WindowPlace {
    path: Arc<PathBuf>,
    place: Arc<Mutex<Option<Place>>>,
    looking: Arc<AtomicBool>,
}

impl WindowPlace {
    /// Reads the file; none, or one that is not understood, is no place.
    pub fn open(path: PathBuf) -> Self {
        let place = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Self { path: Arc::new(path), place: Arc::new(Mutex::new(place)), looking: Arc::default() }
    }

    /// Puts a window that is not shown yet where it was; a new one keeps its size as far as the screen has it.
    ///
    /// # Errors
    /// If the system does not tell about its screens.
    pub fn restore<R: Runtime>(&self, window: &WebviewWindow<R>) -> tauri::Result<()> {
        let screens: Vec<Screen> = window.available_monitors()?.iter().map(Screen::of).collect();
        let remembered = *self.held();
        let size = window.inner_size()?;
        let scale = window.scale_factor()?;
        let new = Rectangle { x: i32::MIN, y: i32::MIN, width: size.width, height: size.height };
        let place = remembered.unwrap_or(Place { rectangle: new, scale, maximized: false });
        let Some(fit) = fit(place, &screens) else { return Ok(()) };
        window.set_size(PhysicalSize::new(fit.width, fit.height))?;
        if remembered.is_some() {
            window.set_position(PhysicalPosition::new(fit.x, fit.y))?;
        }
        if place.maximized {
            window.maximize()?;
        }
        Ok(())
    }

    /// The window has moved or changed its size: looks at it soon, and remembers.
    pub fn touched<R: Runtime>(&self, window: &WebviewWindow<R>) {
        if self.looking.swap(true, Ordering::Relaxed) {
            return;
        }
        let (place, window) = (self.clone(), window.clone());
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(SETTLES_IN).await;
            place.looking.store(false, Ordering::Relaxed);
            wait_for(|| place.look(&window));
        });
    }

    /// Looks at the window now, and remembers. Blocks: it asks the thread of the window, and writes a file.
    pub fn look<R: Runtime>(&self, window: &WebviewWindow<R>) {
        let seen = || -> tauri::Result<Option<(Rectangle, f64, bool)>> {
            // One that is hidden or minimized is nowhere.
            if window.is_minimized()? || !window.is_visible()? {
                return Ok(None);
            }
            let (at, size) = (window.outer_position()?, window.inner_size()?);
            let rectangle = Rectangle { x: at.x, y: at.y, width: size.width, height: size.height };
            Ok(Some((rectangle, window.scale_factor()?, window.is_maximized()? || window.is_fullscreen()?)))
        };
        let Ok(Some((rectangle, scale, maximized))) = seen() else { return };
        let mut held = self.held();
        // What it was before it was maximized is what it will be after.
        let kept = (*held).filter(|_| maximized);
        let place = Place { maximized, ..kept.unwrap_or(Place { rectangle, scale, maximized }) };
        if *held != Some(place) {
            *held = Some(place);
            drop(held);
            if let Err(error) = write(&self.path, &place) {
                tracing::warn!(%error, "the place of the window is not remembered");
            }
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Place>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Losing it costs a place on the screen.
fn write(path: &Path, place: &Place) -> io::Result<()> {
    replace_file(path, &serde_json::to_vec(place)?, Readers::OwnerOnly, Lasting::Unsynced)
}

impl Screen {
    fn of(monitor: &tauri::Monitor) -> Self {
        let area = monitor.work_area();
        let (at, size) = (area.position, area.size);
        let area = Rectangle { x: at.x, y: at.y, width: size.width, height: size.height };
        Self { area, scale: monitor.scale_factor() }
    }
}

impl Rectangle {
    /// Pixels that two have in common.
    fn common(&self, other: &Self) -> i64 {
        let along = |a: i32, a_len: u32, b: i32, b_len: u32| {
            let (a, b) = (i64::from(a), i64::from(b));
            ((a + i64::from(a_len)).min(b + i64::from(b_len)) - a.max(b)).max(0)
        };
        along(self.x, self.width, other.x, other.width) * along(self.y, self.height, other.y, other.height)
    }
}

/// The place on the screens that there are: on the one that shows most of it, else in the middle of the first; never
/// larger than the screen, never beyond its edge, never smaller than what shows everything. `None` without a screen.
fn fit(place: Place, screens: &[Screen]) -> Option<Rectangle> {
    let wanted = place.rectangle;
    let shows = |screen: &Screen| screen.area.common(&wanted);
    let best = screens.iter().max_by_key(|screen| shows(screen)).filter(|screen| shows(screen) > 0);
    let screen = best.or(screens.first())?;
    let scale = |scale: f64| if scale.is_finite() && scale > 0.1 { scale } else { 1.0 };
    let (from, to) = (scale(place.scale), scale(screen.scale));
    let length = |wanted: u32, smallest: f64, most: u32| {
        // A cast saturates; a screen that is smaller than the smallest is filled.
        ((f64::from(wanted) / from).max(smallest) * to).round().min(f64::from(most)) as u32
    };
    let area = screen.area;
    let width = length(wanted.width, SMALLEST.0, area.width);
    let height = length(wanted.height, SMALLEST.1, area.height);
    let start = |at: i32, len: u32, low: i32, room: u32| {
        let (low, free) = (i64::from(low), i64::from(room - len));
        let at = if best.is_some() { i64::from(at).clamp(low, low + free) } else { low + free / 2 };
        i32::try_from(at).unwrap_or(i32::MAX)
    };
    let (x, y) = (start(wanted.x, width, area.x, area.width), start(wanted.y, height, area.y, area.height));
    Some(Rectangle { x, y, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn rectangle(x: i32, y: i32, width: u32, height: u32) -> Rectangle {
        Rectangle { x, y, width, height }
    }

    const LAPTOP: Screen = Screen { area: rectangle(0, 32, 1920, 1048), scale: 1.0 };
    const BESIDE: Screen = Screen { area: rectangle(1920, 0, 3840, 2160), scale: 2.0 };

    fn check(was: Rectangle, scale: f64, screens: &[Screen], expected: Rectangle) {
        let place = Place { rectangle: was, scale, maximized: false };
        let fits = fit(place, screens).unwrap();
        assert_eq!(fits, expected);
        let again = Place { rectangle: fits, scale, maximized: false };
        let same_scale = screens.iter().all(|screen| screen.scale == scale);
        assert!(!same_scale || fit(again, screens) == Some(fits), "what fits stays");
    }

    #[test]
    fn a_window_that_fits_is_where_it_was() {
        check(rectangle(100, 90, 1280, 800), 1.0, &[LAPTOP], rectangle(100, 90, 1280, 800));
        check(rectangle(2000, 100, 2560, 1600), 2.0, &[LAPTOP, BESIDE], rectangle(2000, 100, 2560, 1600));
    }

    #[test]
    fn a_window_on_a_screen_that_is_gone_is_in_the_middle_of_the_first_in_the_same_points() {
        check(rectangle(2000, 100, 2560, 1600), 2.0, &[LAPTOP], rectangle(320, 156, 1280, 800));
    }

    #[test]
    fn a_window_beyond_an_edge_is_brought_back() {
        check(rectangle(-300, -20, 1280, 800), 1.0, &[LAPTOP], rectangle(0, 32, 1280, 800));
        check(rectangle(1500, 900, 1280, 800), 1.0, &[LAPTOP], rectangle(640, 280, 1280, 800));
    }

    #[test]
    fn a_window_is_no_larger_than_its_screen_and_no_smaller_than_what_shows_everything() {
        check(rectangle(0, 32, 5000, 4000), 1.0, &[LAPTOP], rectangle(0, 32, 1920, 1048));
        check(rectangle(10, 40, 20, 10), 1.0, &[LAPTOP], rectangle(10, 40, 900, 560));
        let tiny = Screen { area: rectangle(0, 0, 800, 480), scale: 1.0 };
        check(rectangle(10, 40, 1280, 800), 1.0, &[tiny], rectangle(0, 0, 800, 480));
    }

    #[test]
    fn numbers_that_make_no_sense_still_give_a_window() {
        for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            check(rectangle(i32::MIN, i32::MAX, u32::MAX, u32::MAX), scale, &[LAPTOP], rectangle(0, 32, 1920, 1048));
        }
        assert_eq!(fit(Place { rectangle: rectangle(0, 0, 1, 1), scale: 1.0, maximized: true }, &[]), None);
    }

    #[test]
    fn any_file_is_understood_or_no_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("window.json");
        let place = Place { rectangle: rectangle(1, 2, 1000, 700), scale: 1.5, maximized: true };
        write(&path, &place).unwrap();
        assert_eq!(*WindowPlace::open(path.clone()).held(), Some(place));
        std::fs::write(&path, "{\"x\": 1").unwrap();
        assert_eq!(*WindowPlace::open(path.clone()).held(), None);
        assert_eq!(*WindowPlace::open(folder.path().join("none.json")).held(), None);
    }
}
