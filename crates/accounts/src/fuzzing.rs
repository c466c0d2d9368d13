//! Checks of what is read from the file of profiles and from pastes: for mangled inputs and for the fuzzer. Only there
//! under the feature `testing`.

use store::Secret;

use crate::profile_file::Book;
use crate::{environment_store, environment_store_endpoint, normal_endpoint, parse_pasted_keys};

/// The text of a file of profiles: what is understood is written and read as the same.
pub fn profiles(input: &[u8]) {
    let Ok(book) = serde_json::from_slice::<Book>(input) else { return };
    let written = serde_json::to_vec_pretty(&book).unwrap_or_else(|error| panic!("{error}: {book:?}"));
    assert_eq!(serde_json::from_slice::<Book>(&written).ok().as_ref(), Some(&book));
    for profile in &book.profiles {
        let endpoint = normal_endpoint(&profile.endpoint);
        assert_eq!(normal_endpoint(&endpoint), endpoint, "{:?} has two normal forms", profile.endpoint);
        assert_eq!(environment_store_endpoint(&environment_store(&endpoint)), Some(endpoint.as_str()));
    }
}

/// What somebody pastes for keys: either both halves, as they stand in the text, or nothing.
pub fn pasted(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Some(keys) = parse_pasted_keys(&text) else { return };
    assert!(!keys.access_key.is_empty() && !keys.secret_key.expose().is_empty());
    assert!(keys.security_token.as_ref().is_none_or(|token| !token.expose().is_empty()));
    let halves = [Some(keys.access_key.as_str()), Some(keys.secret_key.expose())];
    for half in halves.into_iter().chain([keys.security_token.as_ref().map(Secret::expose)]).flatten() {
        assert_eq!(half.trim(), half);
        // JSON may have it with escapes.
        assert!(text.contains(half) || text.contains('\\'), "{half:?} is nowhere in it");
    }
    let secret = keys.secret_key.expose();
    // A short one may stand in the words around it.
    assert!(secret.len() < 8 || keys.access_key.contains(secret) || !format!("{keys:?}").contains(secret));
}

#[cfg(test)]
mod tests {
    #[test]
    fn any_file_of_profiles_is_kept_or_set_aside() {
        mangle::check_all("profiles", 30_000, super::profiles);
    }

    #[test]
    fn any_paste_has_both_halves_or_none() {
        mangle::check_all("pasted", 100_000, super::pasted);
    }
}
