//! The check of an account: five steps in order, each told while it runs, each with a fact.
//!
//! It goes the way that transfers go, on the very store that they will use: what it finds out about the clock stays
//! with that store, and a proxy or certificate that it accepts is accepted later. It changes nothing at TOS.
//!
//! Being refused the list of buckets is no failure: many keys may work in one bucket only. Then the bucket is asked for
//! and looked at instead, and where even that is denied (a key that may only write), the user may go on knowingly.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use store::{ErrorKind, ListRequest, ObjectStore as _, StoreError};
use tokio::sync::Notify;
use tos::{Resolved, TlsProblem, TlsVersion, TosConfig, TosStore, tls_problem};

use crate::dto::AppError;
use crate::dto_accounts::{CheckProgress, CheckStep, StepFact, StepState};
use crate::error::OwnCode;
use crate::stores::OpenStore;

/// A clock that is off by less is right: the date that is compared with has whole seconds, and was on its way.
const CLOCK_OFF_SECONDS: u64 = 5;

/// Where in TOS an account works.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Empty for all buckets.
    pub bucket: &'a str,
    /// Empty for the whole bucket.
    pub prefix: &'a str,
}

/// A check that runs, and the way to tell how it goes.
struct Check<'a, Tell> {
    store: &'a TosStore,
    endpoint: &'a str,
    extra_ca: bool,
    place: Place<'a>,
    tell: Tell,
}

/// Checks an account and returns its store. `tell` hears of each step when it begins and when it ends.
///
/// # Errors
/// Why the step that was told last failed; `needs_bucket` if buckets may not be listed and none is named;
/// `bucket_untested` if a key may not even look at the named one and `accept_untested` is not set.
///
/// # Cancellation
/// Nothing is left behind.
pub async fn check(
    config: TosConfig,
    place: Place<'_>,
    accept_untested: bool,
    tell: impl Fn(CheckProgress),
) -> Result<OpenStore, AppError> {
    let (endpoint, extra_ca) = (config.endpoint.clone(), config.extra_ca_pem.is_some());
    let store = Arc::new(TosStore::open(config).map_err(|error| before_anything(&error, &endpoint))?);
    let check = Check { store: &store, endpoint: &endpoint, extra_ca, place, tell };
    let found = check.address().await?;
    check.secure_and_clock(&found).await?;
    let listed = check.secret().await?;
    check.permission(listed, accept_untested).await?;
    Ok(OpenStore::new(store, endpoint))
}

/// What the client refuses before it has asked anybody.
fn before_anything(error: &StoreError, endpoint: &str) -> AppError {
    match error.kind {
        ErrorKind::NotThisStore => AppError::new(OwnCode::EndpointInvalid).with("endpoint", endpoint),
        _ => AppError::store(error, "", "", endpoint),
    }
}

impl<Tell: Fn(CheckProgress)> Check<'_, Tell> {
    fn tell(&self, step: CheckStep, state: StepState) {
        (self.tell)(CheckProgress { step, state });
    }

    fn begin(&self, step: CheckStep) {
        self.tell(step, StepState::Running {});
    }

    fn done(&self, step: CheckStep, fact: StepFact) {
        self.tell(step, StepState::Done { fact });
    }

    fn fail(&self, step: CheckStep, error: AppError) -> AppError {
        self.tell(step, StepState::Failed { error: error.clone() });
        error
    }

    fn refusal(&self, error: &StoreError) -> AppError {
        AppError::store(error, self.place.bucket, self.place.prefix, self.endpoint)
    }

    async fn address(&self) -> Result<Resolved, AppError> {
        self.begin(CheckStep::Address);
        let started = Instant::now();
        let found = self.store.resolve().await.map_err(|error| {
            let host = self.endpoint.split_once("://").map_or(self.endpoint, |(_, host)| host);
            let error = AppError::store(&error, "", "", self.endpoint);
            self.fail(
                CheckStep::Address,
                AppError { code: OwnCode::AddressNotFound.as_str().into(), ..error }.with("host", host),
            )
        })?;
        let address = found.addresses.first().map_or_else(String::new, ToString::to_string);
        let fact = StepFact::Address {
            address: if address == found.host { String::new() } else { address },
            host: found.host.clone(),
            elapsed_ms: u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX),
            proxy: found.proxy.clone(),
        };
        self.done(CheckStep::Address, fact);
        Ok(found)
    }

    async fn secure_and_clock(&self, found: &Resolved) -> Result<(), AppError> {
        self.begin(CheckStep::Secure);
        let greeting = match self.store.greet().await {
            Ok(greeting) => greeting,
            Err(error) => return Err(self.fail(CheckStep::Secure, self.unreachable(&error, found))),
        };
        let version = |version: &str| StepFact::Tls { version: version.to_owned(), extra_ca: self.extra_ca };
        match greeting.tls {
            Some(TlsVersion::V1_3) => self.done(CheckStep::Secure, version("1.3")),
            Some(TlsVersion::V1_2) => self.done(CheckStep::Secure, version("1.2")),
            None => self.tell(CheckStep::Secure, StepState::Note { fact: StepFact::Plain {} }),
        }
        let ahead = greeting.clock_ahead_seconds;
        let is_off = ahead.is_some_and(|seconds| seconds.unsigned_abs() >= CLOCK_OFF_SECONDS);
        let ahead_s =
            ahead.map(|seconds| i32::try_from(seconds).unwrap_or(if seconds < 0 { i32::MIN } else { i32::MAX }));
        let fact = StepFact::Clock { ahead_s };
        let state = if is_off { StepState::Note { fact } } else { StepState::Done { fact } };
        self.tell(CheckStep::Clock, state);
        Ok(())
    }

    /// Why TOS did not answer, as closely as can be told.
    fn unreachable(&self, error: &StoreError, found: &Resolved) -> AppError {
        let told = self.refusal(error);
        match (error.kind, &found.proxy) {
            (ErrorKind::Tls, _) => match tls_problem(error) {
                Some(problem) => with_problem(told, &problem),
                None => told,
            },
            (ErrorKind::Network, Some(proxy)) => AppError::new(OwnCode::ProxyFailed).with("proxy", proxy),
            (ErrorKind::Refused, Some(proxy)) if error.status == Some(407) => {
                AppError::new(OwnCode::ProxyFailed).with("proxy", proxy)
            }
            _ => told,
        }
    }

    /// Signs a request. Tells how many buckets there are, or `None` if they may not be listed.
    async fn secret(&self) -> Result<Option<usize>, AppError> {
        self.begin(CheckStep::Secret);
        let mut answer = self.store.list_buckets().await;
        if matches!(&answer, Err(error) if error.kind == ErrorKind::ClockSkew) {
            // The refusal has told the time.
            answer = self.store.list_buckets().await;
        }
        let listed = match answer {
            Ok(buckets) => Some(buckets.len()),
            // Who may do what is asked after the signature was accepted.
            Err(error) if error.kind == ErrorKind::Forbidden => None,
            Err(error) => return Err(self.fail(CheckStep::Secret, self.refusal(&error))),
        };
        self.done(CheckStep::Secret, StepFact::Signed {});
        Ok(listed)
    }

    async fn permission(&self, listed: Option<usize>, accept_untested: bool) -> Result<(), AppError> {
        let step = CheckStep::Permission;
        if self.place.bucket.is_empty() {
            let Some(count) = listed else {
                self.tell(step, StepState::Note { fact: StepFact::NoList {} });
                return Err(AppError::new(OwnCode::NeedsBucket));
            };
            self.done(step, StepFact::Buckets { count: u32::try_from(count).unwrap_or(u32::MAX) });
            return Ok(());
        }
        self.begin(step);
        let path = format!("{}/{}", self.place.bucket, self.place.prefix);
        let path = path.trim_end_matches('/').to_owned();
        match self.look_at_place().await {
            Ok(Seen::Listed) => self.done(step, StepFact::Place { path }),
            Ok(Seen::Unlisted) => self.tell(step, StepState::Note { fact: StepFact::PlaceUnlisted { path } }),
            Ok(Seen::Denied) => {
                self.tell(step, StepState::Note { fact: StepFact::Untested { path: path.clone() } });
                if !accept_untested {
                    return Err(AppError::new(OwnCode::BucketUntested).with("path", path));
                }
            }
            Err(error) => return Err(self.fail(step, self.refusal(&error))),
        }
        Ok(())
    }

    /// The answer to HEAD has no body, so a refusal says little; a listing says more.
    async fn look_at_place(&self) -> Result<Seen, StoreError> {
        let Place { bucket, prefix } = self.place;
        let head = self.store.head_bucket(bucket).await;
        if let Err(error) = &head
            && error.kind != ErrorKind::Forbidden
        {
            return head.map(|_| Seen::Denied);
        }
        let request = ListRequest { prefix: prefix.to_owned(), max_keys: Some(1), ..ListRequest::default() };
        match (self.store.list_objects(bucket, &request).await, head) {
            (Ok(_), _) => Ok(Seen::Listed),
            (Err(error), head) if error.kind == ErrorKind::Forbidden => {
                Ok(if head.is_ok() { Seen::Unlisted } else { Seen::Denied })
            }
            (Err(error), _) => Err(error),
        }
    }
}

/// What a key may see of a place.
enum Seen {
    Listed,
    /// The bucket, and not what is in it.
    Unlisted,
    Denied,
}

fn with_problem(error: AppError, problem: &TlsProblem) -> AppError {
    let (code, names) = match problem {
        TlsProblem::UnknownIssuer => ("unknown_issuer", ""),
        TlsProblem::Expired => ("expired", ""),
        TlsProblem::NotYetValid => ("not_yet_valid", ""),
        TlsProblem::WrongName(names) => ("wrong_name", &*names.join(", ")),
        TlsProblem::Revoked => ("revoked", ""),
        TlsProblem::NoTls => ("no_tls", ""),
        TlsProblem::Other => ("other", ""),
    };
    error.with("problem", code).with("names", names)
}

/// The one check that may run. A new one ends the one before.
#[derive(Debug, Default)]
pub struct CheckSlot(Mutex<Option<Arc<Notify>>>);

impl CheckSlot {
    /// Ends the check that runs, if one does.
    pub fn cancel(&self) {
        if let Some(running) = self.replace(None) {
            running.notify_one();
        }
    }

    /// Runs a check until its end or until it is cancelled.
    ///
    /// # Errors
    /// `check_cancelled`, or those of the check.
    pub async fn run<T>(&self, check: impl Future<Output = Result<T, AppError>>) -> Result<T, AppError> {
        let mine = Arc::new(Notify::new());
        if let Some(before) = self.replace(Some(mine.clone())) {
            before.notify_one();
        }
        let end = tokio::select! {
            biased;
            () = mine.notified() => Err(AppError::new(OwnCode::CheckCancelled)),
            end = check => end,
        };
        // Given up while it came to its end: who has asked for that must not find an account.
        if self.end(&mine) { end } else { Err(AppError::new(OwnCode::CheckCancelled)) }
    }

    /// Ends this check, after which it is too late to give it up; false if that was done already.
    fn end(&self, mine: &Arc<Notify>) -> bool {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_mine = running.as_ref().is_some_and(|running| Arc::ptr_eq(running, mine));
        if is_mine {
            *running = None;
        }
        is_mine
    }

    fn replace(&self, with: Option<Arc<Notify>>) -> Option<Arc<Notify>> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_given_up_while_it_ends_is_given_up() {
        let slot = CheckSlot::default();
        let given_up = slot.run(async {
            slot.cancel();
            Ok(1)
        });
        assert_eq!(given_up.await.unwrap_err().code, "check_cancelled");
        let overtaken = slot.run(async {
            assert_eq!(slot.run(async { Ok(2) }).await.unwrap(), 2);
            Ok(1)
        });
        assert_eq!(overtaken.await.unwrap_err().code, "check_cancelled");
        assert_eq!(slot.run(async { Ok(3) }).await.unwrap(), 3);
        // Nothing runs any more, so nothing is given up; the next one is not concerned.
        slot.cancel();
        assert_eq!(slot.run(async { Ok(4) }).await.unwrap(), 4);
    }
}
