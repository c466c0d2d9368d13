//! Keys as people paste them: two lines, `NAME=VALUE` lines, JSON of a temporary session, or the console's CSV.

use store::Secret;

/// Keys found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastedKeys {
    /// The access key id.
    pub access_key: String,
    /// The secret key.
    pub secret_key: Secret,
    /// The token of a temporary session.
    pub security_token: Option<Secret>,
}

/// Names under which a value is found, in lower case without spaces, `_` and `-`.
const ACCESS_KEY: [&str; 5] = ["accesskeyid", "accesskey", "tosaccesskey", "volcengineaccesskey", "ak"];
const SECRET_KEY: [&str; 6] =
    ["secretaccesskey", "secretkey", "accesskeysecret", "tossecretkey", "volcenginesecretkey", "sk"];
const TOKEN: [&str; 5] = ["sessiontoken", "securitytoken", "tossecuritytoken", "volcenginesessiontoken", "token"];

/// Finds a key pair, and a token if there is one, in what somebody pasted. `None` unless both halves are there.
///
/// Understood are: the key id and the secret on two lines (or separated by one comma, tab or space); lines
/// `NAME=VALUE` or `NAME: VALUE`, also with `export` and quotes; the JSON of a temporary session; a CSV whose first
/// line has the names.
pub fn parse_pasted_keys(text: &str) -> Option<PastedKeys> {
    let text = text.trim().trim_start_matches('\u{feff}');
    from_json(text).or_else(|| from_named_lines(text)).or_else(|| from_csv(text)).or_else(|| from_two_words(text))
}

fn from_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Option<PastedKeys> {
    let (mut access_key, mut secret_key, mut token) = (None, None, None);
    for (name, value) in pairs {
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let value = value.trim().trim_matches(['"', '\'']).trim();
        if value.is_empty() {
            continue;
        }
        let slot = if ACCESS_KEY.contains(&name.as_str()) {
            &mut access_key
        } else if SECRET_KEY.contains(&name.as_str()) {
            &mut secret_key
        } else if TOKEN.contains(&name.as_str()) {
            &mut token
        } else {
            continue;
        };
        slot.get_or_insert(value);
    }
    Some(PastedKeys {
        access_key: access_key?.to_owned(),
        secret_key: Secret::new(secret_key?),
        security_token: token.map(Secret::new),
    })
}

fn from_json(text: &str) -> Option<PastedKeys> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    // The answer of AssumeRole has them two levels down.
    let inner = [&value["Result"]["Credentials"], &value["Credentials"], &value];
    inner.iter().find_map(|value| {
        from_pairs(value.as_object()?.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))))
    })
}

fn from_named_lines(text: &str) -> Option<PastedKeys> {
    from_pairs(text.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        // A secret may end in `=`, so only the first sign separates.
        line.split_once(['=', ':', '：'])
    }))
}

fn from_csv(text: &str) -> Option<PastedKeys> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (names, values) = (lines.next()?, lines.next()?);
    from_pairs(names.split(',').zip(values.split(',')))
}

fn from_two_words(text: &str) -> Option<PastedKeys> {
    let words: Vec<&str> = text.split([',', '\n', '\r', '\t', ' ']).filter(|word| !word.is_empty()).collect();
    let [access_key, secret_key] = words[..] else { return None };
    // A key id is letters and digits; a secret is base64. Anything else is a sentence.
    let plain = |word: &str, more: &[u8]| {
        word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    (plain(access_key, b"") && plain(secret_key, b"+/=-_")).then(|| PastedKeys {
        access_key: access_key.to_owned(),
        secret_key: Secret::new(secret_key),
        security_token: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, &str, Option<&str>)>) {
        let found = parse_pasted_keys(text);
        let found = found.as_ref().map(|keys| {
            (keys.access_key.as_str(), keys.secret_key.expose(), keys.security_token.as_ref().map(Secret::expose))
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn keys_are_found_however_they_are_pasted() {
        let pair = Some(("AKLTexample001", "c2VjcmV0LXdvcmRz==", None));
        check("AKLTexample001\nc2VjcmV0LXdvcmRz==\n", pair);
        check("  AKLTexample001\r\n\r\nc2VjcmV0LXdvcmRz==", pair);
        check("AKLTexample001,c2VjcmV0LXdvcmRz==", pair);
        check("AccessKeyId: AKLTexample001\nSecretAccessKey: c2VjcmV0LXdvcmRz==", pair);
        check("Access Key ID：AKLTexample001\nSecret Access Key：c2VjcmV0LXdvcmRz==", pair);
        check("TOS_ACCESS_KEY=AKLTexample001\nTOS_SECRET_KEY=c2VjcmV0LXdvcmRz==", pair);
        check("export TOS_ACCESS_KEY='AKLTexample001'\nexport TOS_SECRET_KEY=\"c2VjcmV0LXdvcmRz==\"", pair);
        check("\u{feff}User Name,Access Key ID,Secret Access Key\nme,AKLTexample001,c2VjcmV0LXdvcmRz==\n", pair);
        let session = Some(("AKLTexample001", "c2VjcmV0LXdvcmRz==", Some("a-long-token")));
        check("AK=AKLTexample001\nSK=c2VjcmV0LXdvcmRz==\nTOS_SECURITY_TOKEN=a-long-token", session);
        let flat = r#"{"AccessKeyId":"AKLTexample001","SecretAccessKey":"c2VjcmV0LXdvcmRz==","SessionToken":"a-long-token","ExpiredTime":"2030-01-01T00:00:00Z"}"#;
        check(flat, session);
        check(&format!(r#"{{"Result":{{"Credentials":{flat}}}}}"#), session);
    }

    #[test]
    fn half_a_pair_or_prose_is_not_taken_for_keys() {
        for text in
            ["", "AKLTexample001", "AccessKeyId: AKLTexample001", "{}", "[1,2]", "please see the attached file", "a b"]
        {
            check(text, None);
        }
    }
}
