//! Which request is struck: the plan that is set, and what its rules have seen.
//!
//! The counts of all rules are under one lock, as a request is judged by all of them at one moment: so the numbers that
//! concurrent requests get have no gaps, and the strikes of a plan depend on nothing but the order of the requests.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::plan::{Fault, FaultPlan, FaultPlanError, FaultRule, FaultWhen};
use crate::Verb;
use crate::request::Call;
use crate::throttle::{Throttle, Throttles};

/// The plan that is set and what came of it so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultReport {
    /// The plan; `None` if none is set.
    pub plan: Option<FaultPlan>,
    /// For each rule of the plan, in its order, counted since the plan was set.
    pub rules: Vec<RuleCount>,
}

/// What a rule has seen and done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleCount {
    /// Requests that matched, those included that were struck.
    pub matched: u64,
    /// Requests that were struck.
    pub struck: u64,
}

/// The faults of one server.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    active: RwLock<Option<Arc<Active>>>,
}

#[derive(Debug)]
struct Active {
    plan: FaultPlan,
    throttles: Option<Throttles>,
    rules: Mutex<Vec<RuleState>>,
}

#[derive(Debug)]
struct RuleState {
    count: RuleCount,
    rng: fastrand::Rng,
}

impl Faults {
    /// Sets a plan in place of any other; its counts begin at 0.
    pub(crate) fn set(&self, plan: FaultPlan) -> Result<(), FaultPlanError> {
        plan.check()?;
        // Each rule has its own numbers, so that what one of them sees does not move the strikes of another.
        let state = |index: u64| RuleState {
            count: RuleCount::default(),
            rng: fastrand::Rng::with_seed(plan.seed.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15))),
        };
        let rules = Mutex::new((0..plan.rules.len() as u64).map(state).collect());
        let throttles = plan.mbps.map(|mbps| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be 1e3 to 1e12")]
            let bytes_per_second = (mbps * 1e6) as u64;
            Throttles(vec![Arc::new(Throttle::new(bytes_per_second))])
        });
        self.replace(Some(Arc::new(Active { plan, throttles, rules })));
        Ok(())
    }

    /// Goes back to no faults. Requests that were struck suffer on.
    pub(crate) fn clear(&self) {
        self.replace(None);
    }

    fn replace(&self, active: Option<Arc<Active>>) {
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = active;
    }

    fn active(&self) -> Option<Arc<Active>> {
        self.active.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn report(&self) -> FaultReport {
        let Some(active) = self.active() else { return FaultReport::default() };
        let rules = active.rules.lock().unwrap_or_else(PoisonError::into_inner);
        FaultReport { plan: Some(active.plan.clone()), rules: rules.iter().map(|rule| rule.count).collect() }
    }

    /// The latency of the plan, if it has one.
    pub(crate) fn latency(&self) -> Option<Duration> {
        self.active()?.plan.latency_ms.map(Duration::from_millis)
    }

    /// The throttle of the plan, if it has one.
    pub(crate) fn throttles(&self) -> Option<Throttles> {
        self.active()?.throttles.clone()
    }

    /// Counts a request and says what befalls it. `verb` is missing if the request is no call at all.
    pub(crate) fn choose(&self, call: &Call, verb: Option<Verb>) -> Option<Fault> {
        let active = self.active()?;
        let mut states = active.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = active.plan.rules.iter().zip(states.iter_mut()).find_map(|(rule, state)| {
            (rule.matches(call, verb) && state.strikes(rule.when)).then(|| rule.fault.clone())
        });
        if let Some(fault) = &fault {
            tracing::debug!(verb = verb.map_or("Unknown", Verb::name), key = call.key(), ?fault, "a fault strikes");
        }
        fault
    }
}

impl FaultRule {
    fn matches(&self, call: &Call, verb: Option<Verb>) -> bool {
        let part = || call.filled("partNumber").parse::<u16>().ok();
        (self.verb.is_none() || self.verb == verb)
            && self.key.as_ref().is_none_or(|key| key == call.key())
            && (self.part.is_none() || self.part == part())
    }
}

impl RuleState {
    /// Counts a request that matches.
    fn strikes(&mut self, when: FaultWhen) -> bool {
        self.count.matched += 1;
        let number = self.count.matched;
        let strikes = match when {
            FaultWhen::Nth(wanted) => number == wanted,
            FaultWhen::First(count) => number <= count,
            FaultWhen::Every(step) => number.is_multiple_of(step),
            FaultWhen::Permille(chance) => self.rng.u16(0..1000) < chance,
        };
        self.count.struck += u64::from(strikes);
        strikes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the requests, from 1, that are struck among so many.
    fn struck(when: FaultWhen, seed: u64, requests: u64) -> Vec<u64> {
        let mut state = RuleState { count: RuleCount::default(), rng: fastrand::Rng::with_seed(seed) };
        (1..=requests).filter(|_| state.strikes(when)).collect()
    }

    #[test]
    fn nth_first_and_every_choose_by_number() {
        assert_eq!(struck(FaultWhen::Nth(3), 0, 9), [3]);
        assert_eq!(struck(FaultWhen::First(2), 0, 9), [1, 2]);
        assert_eq!(struck(FaultWhen::Every(4), 0, 9), [4, 8]);
        assert_eq!(struck(FaultWhen::Every(1), 0, 3), [1, 2, 3]);
    }

    #[test]
    fn permille_chooses_by_seed() {
        let once = struck(FaultWhen::Permille(100), 7, 10_000);
        assert_eq!(once, struck(FaultWhen::Permille(100), 7, 10_000));
        assert_ne!(once, struck(FaultWhen::Permille(100), 8, 10_000));
        // One in ten of 10 000; the seed is fixed, so this holds always or never.
        assert!((900..1100).contains(&once.len()), "{}", once.len());
        assert_eq!(struck(FaultWhen::Permille(1000), 7, 100).len(), 100);
    }
}
