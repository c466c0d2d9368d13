//! Who the user is to which store: profiles in a file, secrets in the keychain, and the practice account.
//!
//! Shared by the window and the command line, so that both mean the same account by the same id, and the only place
//! that knows where the data folder is and what lies in it. A profile holds nothing secret: it can be read, copied
//! and mended by hand. Secrets live in the system's keychain; where there is none they stay in memory for this run, or,
//! if the user asks for that, in a file that a passphrase opens. [`SecretKeeping`] says which, for a promise that is
//! silently broken is worse than none.
//!
//! What that costs: nothing but the encrypted secrets is cached, so each call reads the profile file again (a few
//! hundred bytes). In return the window and the command line never overwrite each other's changes with an old picture.
//!
//! Start with [`Accounts`].
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on has failed"))]

mod accounts;
mod data_folder;
mod error;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod fuzzing;
mod pasted;
mod practice;
mod profile;
mod profile_file;
mod region;
mod replaced_file;
mod secret_file;
mod vault;

pub use accounts::{Accounts, SecretKeeping};
pub use data_folder::DataFolder;
pub use error::AccountsError;
pub use pasted::{PastedKeys, parse_pasted_keys};
pub use practice::PRACTICE_ACCOUNT;
pub use profile::{Addressing, Profile, Proxy, environment_store, environment_store_endpoint, normal_endpoint};
pub use profile_file::SetAside;
pub use region::{REGIONS, Region, region_of_endpoint};
pub use replaced_file::{Lasting, Readers, new_file_beside, replace_file};
pub use secret_file::PASSPHRASE_CHARS_MIN;
pub use vault::Secrets;
