//! How bad it is just now: chances of each fault, and the dice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use store::{Call, ErrorKind, Fault, Verb};

/// Chances of faults of the network and the store, in a thousand calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    /// Connection refused, or reset within the request: no effect.
    pub(crate) refused: u32,
    /// The effect happens and the reply is lost.
    pub(crate) reply_lost: u32,
    /// 5xx.
    pub(crate) server: u32,
    /// 429 or 503 with a time to come again.
    pub(crate) slow_down: u32,
    /// Nothing ever answers.
    pub(crate) hangs: u32,
    /// The body breaks off.
    pub(crate) body_cut: u32,
    /// The body stalls.
    pub(crate) body_stalls: u32,
    /// The answer's body comes as a trickle that never breaks off.
    pub(crate) trickles: u32,
    /// A bit of the body flips.
    pub(crate) bit_flips: u32,
    /// The signature's time is refused.
    pub(crate) skewed: u32,
    /// The caller may not do this just now.
    pub(crate) forbidden: u32,
    /// The ledger cannot be written.
    pub(crate) ledger: u32,
    /// Most milliseconds that a request takes each way.
    pub(crate) latency_ms: u64,
}

impl Weather {
    /// Weather of a kind: 0 is fair, 3 is as bad as it gets.
    pub(crate) fn of(level: u8) -> Self {
        let by = |permille: u32| permille * u32::from(level);
        Self {
            refused: by(15),
            reply_lost: by(20),
            server: by(15),
            slow_down: by(8),
            hangs: by(2),
            body_cut: by(15),
            body_stalls: by(2),
            trickles: by(4),
            bit_flips: by(6),
            skewed: by(4),
            forbidden: by(2),
            ledger: by(2),
            latency_ms: 40 + 40 * u64::from(level),
        }
    }
}

#[derive(Debug)]
struct Sky {
    weather: Weather,
    expired: bool,
    /// Nothing happens to calls just now.
    spared: bool,
    /// Whether a flipped bit would be noticed by a store that reports no checksums: it would not.
    checksums: bool,
    random: fastrand::Rng,
}

/// The dice. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Dice(Arc<Mutex<Sky>>);

impl Dice {
    pub(crate) fn new(seed: u64, checksums: bool) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Self(Arc::new(Mutex::new(Sky { weather: Weather::of(0), expired: false, spared: false, checksums, random })))
    }

    fn lock(&self) -> MutexGuard<'_, Sky> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_weather(&self, weather: Weather) {
        self.lock().weather = weather;
    }

    /// Lets the credentials expire, or renews them.
    pub(crate) fn set_expired(&self, expired: bool) {
        self.lock().expired = expired;
    }

    /// How long a request takes one way.
    pub(crate) fn latency(&self) -> Duration {
        let mut sky = self.lock();
        let most = sky.weather.latency_ms;
        Duration::from_millis(sky.random.u64(0..=most))
    }

    /// Spares calls from faults, or does so no longer.
    pub(crate) fn spare(&self, spared: bool) {
        self.lock().spared = spared;
    }

    /// Whether an answer that begins now comes as a trickle.
    pub(crate) fn trickles(&self) -> bool {
        let mut sky = self.lock();
        let chance = sky.weather.trickles;
        chance > 0 && sky.random.u32(0..1000) < chance
    }

    /// Heads or tails.
    pub(crate) fn coin(&self) -> bool {
        self.lock().random.bool()
    }

    /// Whether the ledger refuses to be written now.
    pub(crate) fn ledger_fails(&self) -> bool {
        let mut sky = self.lock();
        let chance = sky.weather.ledger;
        chance > 0 && sky.random.u32(0..1000) < chance
    }

    /// What happens to a call.
    pub(crate) fn fault(&self, call: &Call) -> Option<Fault> {
        let mut sky = self.lock();
        if sky.spared {
            return None;
        }
        if sky.expired {
            return Some(Fault::Fail(ErrorKind::CredentialsExpired));
        }
        let weather = sky.weather;
        let mut dice = sky.random.u32(0..1000);
        let mut strikes = |chance: u32| {
            let hit = dice < chance;
            dice = dice.wrapping_sub(chance);
            hit
        };
        let has_body = matches!(call.verb, Verb::PutObject | Verb::UploadPart | Verb::GetObject);
        if strikes(weather.refused) {
            return Some(Fault::Fail(ErrorKind::Network));
        }
        if strikes(weather.reply_lost) {
            return Some(Fault::LoseReply(ErrorKind::Network));
        }
        if strikes(weather.server) {
            return Some(Fault::Fail(ErrorKind::Server));
        }
        if strikes(weather.slow_down) {
            return Some(Fault::SlowDown(Duration::from_secs(sky.random.u64(1..20))));
        }
        if strikes(weather.hangs) {
            return Some(Fault::Hang);
        }
        if strikes(weather.skewed) {
            return Some(Fault::Fail(ErrorKind::ClockSkew));
        }
        // What may not be listed cannot be swept: that is said in docs/resumability.md.
        if strikes(weather.forbidden) && !matches!(call.verb, Verb::ListUploads | Verb::ListParts) {
            return Some(Fault::Fail(ErrorKind::Forbidden));
        }
        if !has_body {
            return None;
        }
        if strikes(weather.body_cut) {
            return Some(Fault::CutBody(sky.random.u64(0..2000)));
        }
        if strikes(weather.body_stalls) {
            return Some(Fault::StallBody(sky.random.u64(0..2000)));
        }
        (strikes(weather.bit_flips) && sky.checksums).then_some(Fault::FlipBit)
    }
}
