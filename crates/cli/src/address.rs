//! What a source or a target is: a local path or `tos://bucket/key`.
//!
//! Everything after the bucket is the key as it is: nothing is decoded, `?` and `#` mean nothing, `//` stays. A key
//! that needs no thought on the command line needs none here either.

use std::collections::BTreeMap;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use engine::{End, Naming, StoreId};
use store::{ObjectRef, check_bucket_name, check_key};

use crate::exit::Failure;

/// What an argument names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A path on this computer, as it was typed.
    Local(String),
    /// A bucket, or with a key an object or a prefix.
    Remote(Remote),
}

/// A place in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    /// The bucket; checked.
    pub(crate) bucket: String,
    /// The raw key or prefix; empty for the bucket itself.
    pub(crate) key: String,
}

const SCHEME: &str = "tos://";

impl Address {
    /// Understands an argument.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return if text.is_empty() {
                Err(Failure::usage("An empty text is neither a path nor tos://bucket/key."))
            } else {
                Ok(Self::Local(text.to_owned()))
            };
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        check_bucket_name(bucket).map_err(|rule| {
            Failure::usage(format!("“{}” cannot be the name of a bucket: {rule}.", crate::output::printable(bucket)))
        })?;
        Ok(Self::Remote(Remote { bucket: bucket.to_owned(), key: key.to_owned() }))
    }
}

impl Remote {
    /// Understands an argument that must be in the store.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        match Address::parse(text)? {
            Address::Remote(remote) => Ok(remote),
            Address::Local(path) => Err(Failure::usage(format!(
                "“{}” is no address in TOS; write tos://bucket or tos://bucket/key.",
                crate::output::printable(&path)
            ))),
        }
    }

    /// The object, with its key checked.
    pub(crate) fn object(&self) -> Result<ObjectRef, Failure> {
        object(&self.bucket, self.key.clone())
    }
}

fn object(bucket: &str, key: String) -> Result<ObjectRef, Failure> {
    check_key(&key).map_err(|rule| {
        let shown = crate::output::printable(&key);
        Failure::usage(format!("“{shown}” cannot be the key of an object: {rule}."))
    })?;
    Ok(ObjectRef::new(bucket, key))
}

/// One source and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    /// From.
    pub(crate) source: End,
    /// To.
    pub(crate) target: End,
}

/// Pairs every source with its target, each in its store: a trailing slash, an existing folder or a bucket alone keeps the name of the
/// source, anything else is the name. Several sources need the former.
pub(crate) fn pairs(sources: &[String], target: &str, stores: (&StoreId, &StoreId)) -> Result<Vec<Pair>, Failure> {
    let (source_store, target_store) = stores;
    let target_address = Address::parse(target)?;
    let keeps_names = match &target_address {
        Address::Local(path) => ends_in_separator(path) || Path::new(path).is_dir(),
        Address::Remote(remote) => remote.key.is_empty() || remote.key.ends_with('/'),
    };
    if sources.len() > 1 && !keeps_names {
        return Err(Failure::usage(format!(
            "{} sources need a folder to go to, but “{target}” is one name; end it with a slash.",
            sources.len()
        )));
    }
    let mut pairs: Vec<Pair> = Vec::with_capacity(sources.len());
    let mut taken: BTreeMap<End, usize> = BTreeMap::new();
    for source in sources {
        let source_address = Address::parse(source)?;
        let name = if keeps_names { Some(name_of(&source_address)?) } else { None };
        let pair = Pair {
            source: source_end(&source_address, source_store)?,
            target: end(&target_address, name, target_store)?,
        };
        if matches!((&pair.source, &pair.target), (End::File { .. }, End::File { .. })) {
            return Err(Failure::usage("Both ends are on this computer; one of them has to be tos://bucket/key."));
        }
        if pair.source == pair.target {
            return Err(Failure::usage(format!("“{source}” would be copied onto itself.")));
        }
        if let Some(other) = taken.insert(pair.target.clone(), pairs.len()).and_then(|at| pairs.get(at)) {
            return Err(Failure::usage(format!(
                "{} and {} would both become {}; give them different names, or copy them one by one.",
                other.source, pair.source, pair.target
            )));
        }
        pairs.push(pair);
    }
    Ok(pairs)
}

fn source_end(address: &Address, store: &StoreId) -> Result<End, Failure> {
    match address {
        Address::Remote(remote) if remote.key.is_empty() => Err(Failure::usage(format!(
            "tos://{} is a bucket; name an object in it, as tos://{}/key.",
            remote.bucket, remote.bucket
        ))),
        other => end(other, None, store),
    }
}

fn end(address: &Address, kept: Option<Kept>, store: &StoreId) -> Result<End, Failure> {
    let here = Naming::here();
    match address {
        Address::Local(path) => {
            let whole = match kept {
                Some(Kept::KeyPart(part)) => Path::new(path).join(file_name(here, &part)?),
                Some(Kept::FileName(name)) => Path::new(path).join(name),
                None => PathBuf::from(path),
            };
            let whole = std::path::absolute(&whole)
                .map_err(|error| Failure::usage(format!("“{path}” is no path.")).because(error))?;
            Ok(End::file(whole))
        }
        Address::Remote(remote) => {
            let key = match kept {
                Some(Kept::KeyPart(part)) => format!("{}{part}", remote.key),
                Some(Kept::FileName(name)) => here.key_beneath(&remote.key, &name),
                None => remote.key.clone(),
            };
            Ok(End::object(store.clone(), object(&remote.bucket, key)?))
        }
    }
}

/// The name of a source that its target keeps.
enum Kept {
    /// Of a file.
    FileName(String),
    /// The last part of a key.
    KeyPart(String),
}

fn name_of(address: &Address) -> Result<Kept, Failure> {
    let (whole, name) = match address {
        Address::Local(path) => {
            let name = Path::new(path).file_name();
            (path, name.map(|name| Kept::FileName(name.to_string_lossy().into_owned())))
        }
        Address::Remote(remote) => {
            let part = remote.key.rsplit('/').next().filter(|part| !part.is_empty());
            (&remote.key, part.map(|part| Kept::KeyPart(part.to_owned())))
        }
    };
    name.ok_or_else(|| {
        Failure::usage(format!("“{whole}” has no name that could be kept; write the name of the target out."))
    })
}

fn ends_in_separator(path: &str) -> bool {
    path.ends_with('/') || path.ends_with(MAIN_SEPARATOR)
}

/// The name that a part of a key has on this computer; it stays inside its folder whatever the key holds.
fn file_name(here: Naming, part: &str) -> Result<String, Failure> {
    here.file_name(part).map_err(|error| {
        let shown = crate::output::printable(part);
        Failure::usage(format!("“{shown}” cannot be the name of a file here; write the name of the target out."))
            .because(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> StoreId {
        StoreId("env:http://x".into())
    }

    fn check(sources: &[&str], target: &str, expected: Result<&[&str], &str>) {
        let sources: Vec<String> = sources.iter().map(|source| (*source).to_owned()).collect();
        match (pairs(&sources, target, (&store(), &store())), expected) {
            (Ok(found), Ok(targets)) => {
                let found: Vec<String> = found.iter().map(|pair| pair.target.to_string()).collect();
                assert_eq!(found, targets, "{sources:?} → {target}");
            }
            (Err(failure), Err(words)) => {
                assert!(format!("{failure:?}").contains(words), "{sources:?} → {target}: {failure:?}");
                assert_eq!(failure.ending(), crate::exit::Ending::Usage);
            }
            (found, expected) => panic!("{sources:?} → {target}: {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn the_key_is_everything_after_the_bucket_as_it_is() {
        for (text, key) in [
            ("tos://bucket", ""),
            ("tos://bucket/", ""),
            ("tos://bucket/a b", "a b"),
            ("tos://bucket/a%20b?x=1#y", "a%20b?x=1#y"),
            ("tos://bucket//lead//double/", "/lead//double/"),
            ("tos://bucket/报告/😀", "报告/😀"),
        ] {
            let expected = Remote { bucket: "bucket".into(), key: key.into() };
            assert_eq!(Address::parse(text).unwrap(), Address::Remote(expected), "{text}");
        }
        assert_eq!(Address::parse("TOS://bucket/x").unwrap(), Address::Local("TOS://bucket/x".into()));
    }

    #[test]
    fn a_slash_a_folder_or_a_bucket_keeps_the_name() {
        check(&["/x/a.txt"], "tos://bucket", Ok(&["tos://bucket/a.txt"]));
        check(&["/x/a.txt"], "tos://bucket/", Ok(&["tos://bucket/a.txt"]));
        check(&["/x/a.txt"], "tos://bucket/p/", Ok(&["tos://bucket/p/a.txt"]));
        check(&["/x/a.txt"], "tos://bucket/p", Ok(&["tos://bucket/p"]));
        check(&["/x/a", "/x/b"], "tos://bucket/p/", Ok(&["tos://bucket/p/a", "tos://bucket/p/b"]));
        check(&["tos://bucket/p/a"], "tos://other/", Ok(&["tos://other/a"]));
        // On Windows a drive belongs to it.
        let here = |path: &str| std::path::absolute(path).unwrap().display().to_string();
        check(&["tos://bucket/p/a"], "/no/such/folder/", Ok(&[&here("/no/such/folder/a")]));
        check(&["tos://bucket/p/a"], "/no/such/file", Ok(&[&here("/no/such/file")]));
        let folder = std::env::temp_dir();
        let inside = folder.join("a").display().to_string();
        check(&["tos://bucket/p/a"], &folder.display().to_string(), Ok(&[&inside]));
    }

    #[test]
    #[cfg(unix)]
    fn what_no_file_can_be_called_is_escaped_on_the_way_down_and_back_up() {
        check(&["tos://bucket/p/a\0b"], "/x/", Ok(&["/x/a%00b"]));
        check(&["tos://bucket/p/%00"], "/x/", Ok(&["/x/%2500"]));
        check(&["tos://bucket/p/%20"], "/x/", Ok(&["/x/%20"]));
        check(&["/x/a%00b"], "tos://bucket/p/", Ok(&["tos://bucket/p/a\0b"]));
        check(&["/x/%2500"], "tos://bucket/p/", Ok(&["tos://bucket/p/%00"]));
        check(&["/x/a%00b"], "tos://bucket/a%00b", Ok(&["tos://bucket/a%00b"]));
        check(&["tos://bucket/p/a%00b"], "tos://other/", Ok(&["tos://other/a%00b"]));
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        check(&["/x/a"], "/y/b", Err("Both ends are on this computer"));
        check(&["/x/a", "/x/b"], "tos://bucket/p", Err("end it with a slash"));
        check(&["/x/a", "/y/a"], "tos://bucket/p/", Err("would both become"));
        check(&["tos://bucket"], "/x/", Err("no name that could be kept"));
        check(&["tos://bucket"], "/x", Err("is a bucket"));
        check(&["tos://bucket/p/"], "/x/", Err("no name that could be kept"));
        check(&["tos://bucket/a"], "tos://bucket/a", Err("onto itself"));
        check(&["/x/a"], "tos://B_d/a", Err("cannot be the name of a bucket"));
        check(&["/x/a"], "tos://bucket/a/../b", Err("cannot be the key"));
        check(&["/x/a"], "tos://bucket/a\nb", Err("cannot be the key"));
        check(&["/x/a"], &format!("tos://bucket/{}", "k".repeat(1025)), Err("1024 bytes"));
        check(&["tos://bucket/.."], "/x/", Err("cannot be the key"));
        check(&["tos://bucket/dir/../x"], ".", Err("cannot be the key"));
        check(&[&format!("tos://bucket/{}", "k".repeat(256))], "/x/", Err("cannot be the name of a file here"));
        check(&[""], "tos://bucket/", Err("An empty text"));
    }

    #[test]
    fn b19_any_address_is_what_it_says_and_no_name_out_of_a_key_leaves_its_folder() {
        let folder = std::path::absolute("/no/such/folder").unwrap();
        mangle::check_all("address", 40_000, |input| {
            let text = String::from_utf8_lossy(input).into_owned();
            match Address::parse(&text) {
                Ok(Address::Local(path)) => assert_eq!(path, text),
                Ok(Address::Remote(Remote { bucket, key })) => {
                    assert!(check_bucket_name(&bucket).is_ok());
                    let again = format!("tos://{bucket}/{key}");
                    assert!(again == text || again == format!("{text}/"), "{text:?} became {again:?}");
                }
                Err(failure) => assert_eq!(failure.ending(), crate::exit::Ending::Usage),
            }
            if let Ok(found) = pairs(std::slice::from_ref(&text), "/no/such/folder/", (&store(), &store())) {
                for pair in found {
                    let End::File { path } = &pair.target else { panic!("{pair:?}") };
                    assert_eq!(path.parent(), Some(folder.as_path()), "{text:?}");
                }
            }
        });
    }
}
