//! Where buckets live that are not in the region of the store.
//!
//! An account's list of buckets names the region of each, and a bucket answers only at the endpoint of its region, to
//! requests that are signed for it. So every answer of ListBuckets is remembered here. Whoever asks for a bucket before
//! there was one (after a restart) is refused, the list is fetched, and the next attempt goes to the right place: like
//! the clock's offset, this is learned from a refusal, and nothing is sent twice here.
//!
//! A region has its endpoint by the pattern of our own (public or internal, of either brand); only where that has no
//! pattern, the list is believed. What it costs: keys that may not list buckets reach those of one region.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use store::BucketSummary;
use tokio::sync::Mutex;

use crate::endpoint::Endpoint;

/// How long a list that did not come is not asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// An endpoint, and the region that requests to it are signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) endpoint: Endpoint,
    pub(crate) region: String,
}

/// What is known of where buckets live.
#[derive(Debug)]
pub(crate) struct Homes {
    own: Arc<Home>,
    away: RwLock<HashMap<String, Arc<Home>>>,
    listed: AtomicBool,
    /// Held while a list is on its way: whoever is refused meanwhile waits for it instead of fetching another. When one
    /// was asked for in vain, last.
    listing: Mutex<Option<SystemTime>>,
}

impl Homes {
    pub(crate) fn new(own: Home) -> Self {
        Self { own: Arc::new(own), away: RwLock::default(), listed: AtomicBool::new(false), listing: Mutex::new(None) }
    }

    /// The store's own.
    pub(crate) fn own(&self) -> Arc<Home> {
        self.own.clone()
    }

    /// That of a bucket; the store's own if nothing else is known.
    pub(crate) fn of(&self, bucket: &str) -> Arc<Home> {
        let away = self.away.read().unwrap_or_else(PoisonError::into_inner);
        away.get(bucket).unwrap_or(&self.own).clone()
    }

    /// After a refusal by `asked`: fetches the list with `fetch`, if none came yet, and tells whether the bucket now has
    /// another home. `fetch` says whether there is an answer, be it a refusal; where none came, nobody asks again for a
    /// minute: where only the service's own host is out of reach, every look at a free key would wait for it. Of many
    /// that are refused at once (at `now`), one asks and all learn.
    ///
    /// # Cancellation
    /// The next one asks instead.
    pub(crate) async fn has_moved<F>(
        &self,
        bucket: &str,
        asked: &Home,
        now: SystemTime,
        fetch: impl FnOnce() -> F,
    ) -> bool
    where
        F: Future<Output = bool>,
    {
        if *self.of(bucket) == *asked {
            let mut in_vain_at = self.listing.lock().await;
            // Who was refused before the last question failed has waited for it, and counts as recent, too.
            let is_recent = |at: SystemTime| now.duration_since(at).unwrap_or_default() < ASK_AGAIN;
            if !self.listed.load(Ordering::Acquire) && !in_vain_at.is_some_and(is_recent) {
                if fetch().await {
                    self.listed.store(true, Ordering::Release);
                } else {
                    *in_vain_at = Some(now);
                }
            }
        }
        *self.of(bucket) != *asked
    }

    /// Remembers what a list says.
    pub(crate) fn learn(&self, buckets: &[BucketSummary]) {
        self.listed.store(true, Ordering::Release);
        let homes = buckets.iter().filter_map(|bucket| Some((bucket.name.clone(), Arc::new(self.home(bucket)?))));
        *self.away.write().unwrap_or_else(PoisonError::into_inner) = homes.collect();
    }

    /// A bucket was created or deleted here: what was known of another of that name is no longer true.
    pub(crate) fn forget(&self, bucket: &str) {
        self.away.write().unwrap_or_else(PoisonError::into_inner).remove(bucket);
    }

    /// The home of a bucket of another region.
    fn home(&self, bucket: &BucketSummary) -> Option<Home> {
        let region = bucket.region.as_deref().filter(|region| !region.is_empty() && *region != self.own.region)?;
        let own = &self.own.endpoint;
        let endpoint = own.of_region(&self.own.region, region).or_else(|| own.alike(bucket.endpoint.as_deref()?))?;
        Some(Home { endpoint, region: region.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Addressing;

    fn homes(endpoint: &str, addressing: Addressing) -> Homes {
        let endpoint = Endpoint::parse(endpoint, addressing).unwrap();
        Homes::new(Home { endpoint, region: "cn-beijing".into() })
    }

    fn bucket(name: &str, region: Option<&str>, endpoint: &str) -> BucketSummary {
        let (region, endpoint) = (region.map(str::to_owned), Some(endpoint.to_owned()));
        BucketSummary { name: name.into(), created: None, region, endpoint }
    }

    #[test]
    fn a_bucket_of_another_region_is_asked_there_in_the_way_of_our_own_endpoint() {
        for (own, said, expected) in [
            ("tos-cn-beijing.volces.com", "tos-cn-shanghai.volces.com", "https://far.tos-cn-shanghai.volces.com/k"),
            ("tos-cn-beijing.ivolces.com", "tos-cn-shanghai.volces.com", "https://far.tos-cn-shanghai.ivolces.com/k"),
            ("tos-cn-beijing.bytepluses.com", "elsewhere.test", "https://far.tos-cn-shanghai.bytepluses.com/k"),
            ("http://store.test:8080", "far.test:9090", "http://far.far.test:9090/k"),
            ("https://store.test", "http://far.test", "https://far.far.test/k"),
            ("http://127.0.0.1:1", "127.0.0.1:2", "http://127.0.0.1:2/far/k"),
        ] {
            let homes = homes(own, Addressing::VirtualHost);
            homes.learn(&[
                bucket("far", Some("cn-shanghai"), said),
                bucket("near", Some("cn-beijing"), "x.test"),
                bucket("somewhere", None, "y.test"),
            ]);
            let home = homes.of("far");
            assert_eq!(home.endpoint.url(&home.endpoint.place("far", "k")), expected);
            assert_eq!(home.region, "cn-shanghai");
            for near in ["near", "somewhere", "unheard-of"] {
                assert_eq!(homes.of(near), homes.own(), "{near}");
            }
        }
    }

    #[tokio::test]
    async fn of_many_refused_at_once_one_asks_and_all_learn() {
        let homes = homes("tos-cn-beijing.volces.com", Addressing::VirtualHost);
        let (own, asked) = (homes.own(), AtomicBool::new(false));
        let refused = || {
            homes.has_moved("far", &own, SystemTime::UNIX_EPOCH, || async {
                assert!(!asked.swap(true, Ordering::Relaxed), "asked twice");
                tokio::task::yield_now().await;
                homes.learn(&[bucket("far", Some("cn-shanghai"), "tos-cn-shanghai.volces.com")]);
                true
            })
        };
        let moved = futures_util::future::join_all((0..8).map(|_| refused())).await;
        assert_eq!(moved, [true; 8]);
        assert!(
            !homes.has_moved("far", &homes.of("far"), SystemTime::UNIX_EPOCH, || async { panic!("it is known") }).await
        );
    }

    #[tokio::test]
    async fn one_who_gives_up_while_asking_leaves_the_question_to_the_next() {
        let homes = homes("tos-cn-beijing.volces.com", Addressing::VirtualHost);
        let own = homes.own();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let gives_up = homes.has_moved("far", &own, at(0), std::future::pending::<bool>);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(5), gives_up).await.is_err());
        assert!(!homes.has_moved("far", &own, at(0), || async { false }).await, "no answer");
        let too_soon = async || panic!("nobody asks so soon again");
        assert!(!homes.has_moved("far", &own, at(59), too_soon).await);
        let list = [bucket("far", Some("cn-shanghai"), "tos-cn-shanghai.volces.com")];
        let learns = || async {
            homes.learn(&list);
            true
        };
        assert!(homes.has_moved("far", &own, at(60), learns).await);
        homes.forget("far");
        assert_eq!(homes.of("far"), own);
    }

    #[test]
    fn an_endpoint_that_stands_for_one_bucket_has_no_others() {
        let homes = homes("files.example.com", Addressing::CustomDomain);
        homes.learn(&[bucket("far", Some("cn-shanghai"), "tos-cn-shanghai.volces.com")]);
        assert_eq!(homes.of("far"), homes.own());
    }

    #[test]
    fn a_list_that_names_no_usable_endpoint_changes_nothing() {
        let homes = homes("http://store.test", Addressing::VirtualHost);
        for said in ["", "a b", "ftp://x.test", "ws://x.test", "x.test/path", "me:pw@x.test"] {
            homes.learn(&[bucket("far", Some("cn-shanghai"), said)]);
            assert_eq!(homes.of("far"), homes.own(), "{said}");
        }
    }
}
