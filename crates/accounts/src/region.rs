//! The regions of TOS that are known by name (protocol.md, section 1.1). Any other can be typed.

/// A region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its id, which goes into signatures.
    pub id: &'static str,
    /// Where it is, in English.
    pub place: &'static str,
}

impl Region {
    /// The endpoint by which a region is reached from the public network.
    pub fn endpoint(id: &str) -> String {
        format!("tos-{id}.volces.com")
    }
}

/// The known regions, in the order in which they are offered.
pub const REGIONS: [Region; 6] = [
    Region { id: "cn-beijing", place: "Beijing" },
    Region { id: "cn-beijing2", place: "Beijing 2" },
    Region { id: "cn-shanghai", place: "Shanghai" },
    Region { id: "cn-guangzhou", place: "Guangzhou" },
    Region { id: "cn-hongkong", place: "Hong Kong" },
    Region { id: "ap-southeast-1", place: "Johor" },
];

/// The region that an endpoint of TOS (public or internal, of either brand) names; `None` for any other host.
pub fn region_of_endpoint(endpoint: &str) -> Option<&str> {
    let host = endpoint.trim().trim_end_matches('/');
    let host = host.split_once("://").map_or(host, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let name = host.strip_prefix("tos-")?;
    let name = name.strip_prefix("s3-").unwrap_or(name);
    [".volces.com", ".ivolces.com", ".bytepluses.com", ".ibytepluses.com"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .filter(|region| !region.is_empty() && !region.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_of_tos_names_its_region() {
        for (endpoint, expected) in [
            ("tos-cn-beijing.volces.com", Some("cn-beijing")),
            (" https://tos-cn-shanghai.ivolces.com/ ", Some("cn-shanghai")),
            ("https://tos-ap-southeast-1.bytepluses.com:443", Some("ap-southeast-1")),
            ("tos-s3-cn-beijing.volces.com", Some("cn-beijing")),
            ("http://127.0.0.1:9000", None),
            ("files.example.com", None),
            ("tos-.volces.com", None),
        ] {
            assert_eq!(region_of_endpoint(endpoint), expected, "{endpoint}");
        }
    }

    #[test]
    fn every_region_is_found_again_in_its_endpoint() {
        for region in REGIONS {
            assert_eq!(region_of_endpoint(&Region::endpoint(region.id)), Some(region.id));
        }
    }
}
