//! Room for open files and connections.

/// Enough for every part and small object that may move at a time, and what a window holds open beside them.
#[cfg(unix)]
const WANTED: u64 = 4096;

/// Asks for as many open files as may be needed: macOS gives a program 256 unless it asks. Where it is refused, what does
/// not fit fails and is tried again.
pub fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let wanted = limit.maximum.map_or(WANTED, |most| most.min(WANTED));
        if limit.current.is_some_and(|now| now < wanted)
            && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit })
        {
            tracing::debug!(%error, wanted, "no more files may be open at a time");
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    #[test]
    fn as_many_files_may_be_open_as_the_system_lets() {
        let before = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(256), ..before }).unwrap();
        super::raise_file_limit();
        let after = getrlimit(Resource::Nofile);
        assert_eq!(after.maximum, before.maximum);
        assert_eq!(after.current, Some(before.maximum.map_or(super::WANTED, |most| most.min(super::WANTED))));
        super::raise_file_limit();
        assert_eq!(getrlimit(Resource::Nofile).current, after.current, "asking again changes nothing");
    }
}
