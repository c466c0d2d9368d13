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
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use store::BucketSummary;

use crate::endpoint::Endpoint;

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
}

impl Homes {
    pub(crate) fn new(own: Home) -> Self {
        Self { own: Arc::new(own), away: RwLock::default(), listed: AtomicBool::new(false) }
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

    /// Whether a list may teach something about buckets: one that came once has said all that it had to say, until
    /// somebody asks for it again.
    pub(crate) fn may_learn(&self) -> bool {
        !self.listed.swap(true, Ordering::Relaxed)
    }

    /// The list did not come.
    pub(crate) fn may_learn_again(&self) {
        self.listed.store(false, Ordering::Relaxed);
    }

    /// Remembers what a list says.
    pub(crate) fn learn(&self, buckets: &[BucketSummary]) {
        self.listed.store(true, Ordering::Relaxed);
        let homes = buckets.iter().filter_map(|bucket| Some((bucket.name.clone(), Arc::new(self.home(bucket)?))));
        *self.away.write().unwrap_or_else(PoisonError::into_inner) = homes.collect();
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

    #[test]
    fn an_endpoint_that_stands_for_one_bucket_has_no_others() {
        let homes = homes("files.example.com", Addressing::CustomDomain);
        homes.learn(&[bucket("far", Some("cn-shanghai"), "tos-cn-shanghai.volces.com")]);
        assert_eq!(homes.of("far"), homes.own());
    }

    #[test]
    fn a_list_that_names_no_usable_endpoint_changes_nothing() {
        let homes = homes("http://store.test", Addressing::VirtualHost);
        for said in ["", "a b", "ftp://x.test", "x.test/path", "me:pw@x.test"] {
            homes.learn(&[bucket("far", Some("cn-shanghai"), said)]);
            assert_eq!(homes.of("far"), homes.own(), "{said}");
        }
    }
}
