//! Who may do what with an object.

/// A ready-made list of grants, by the names of TOS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannedAcl {
    /// The owner alone.
    Private,
    /// Everybody may read.
    PublicRead,
    /// Everybody may read and write.
    PublicReadWrite,
    /// Everybody with an account may read.
    AuthenticatedRead,
    /// The bucket's owner may read, whoever owns the object.
    BucketOwnerRead,
    /// The bucket's owner may do everything, whoever owns the object.
    BucketOwnerFullControl,
    /// The bucket's owner may decide, whoever owns the object.
    BucketOwnerEntrusted,
    /// As the bucket says.
    Default,
}

impl CannedAcl {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Private,
        Self::PublicRead,
        Self::PublicReadWrite,
        Self::AuthenticatedRead,
        Self::BucketOwnerRead,
        Self::BucketOwnerFullControl,
        Self::BucketOwnerEntrusted,
        Self::Default,
    ];

    /// The name on the wire, such as `public-read`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
            Self::AuthenticatedRead => "authenticated-read",
            Self::BucketOwnerRead => "bucket-owner-read",
            Self::BucketOwnerFullControl => "bucket-owner-full-control",
            Self::BucketOwnerEntrusted => "bucket-owner-entrusted",
            Self::Default => "default",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|canned| canned.as_str() == name)
    }
}

/// What to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AclSetting {
    /// A ready-made list.
    Canned(CannedAcl),
    /// Exactly these grants, as another object had them.
    Explicit(ObjectAcl),
}

/// The grants of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectAcl {
    /// The account that owns the object; empty where the store does not tell.
    pub owner_id: String,
    /// What is granted to whom.
    pub grants: Vec<Grant>,
    /// Whether the bucket's owner may decide.
    pub bucket_owner_entrusted: bool,
    /// Whether the object follows the bucket.
    pub is_default: bool,
}

/// One permission for one grantee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub grantee: Grantee,
    /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP`, `FULL_CONTROL`, or what a later protocol adds.
    pub permission: String,
}

/// Who is granted something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// An account, by its id.
    Account(String),
    /// `AllUsers` or `AuthenticatedUsers`.
    Group(String),
}

impl ObjectAcl {
    /// The ready-made list that these grants are; `None` for grants that somebody chose one by one. Lists that differ
    /// only where bucket and object have two owners are told as [`CannedAcl::Private`] where they have one.
    pub fn canned(&self) -> Option<CannedAcl> {
        if self.is_default {
            return Some(CannedAcl::Default);
        }
        if self.bucket_owner_entrusted {
            return Some(CannedAcl::BucketOwnerEntrusted);
        }
        let owners = |grant: &&Grant| match &grant.grantee {
            Grantee::Account(id) => *id == self.owner_id && grant.permission == "FULL_CONTROL",
            Grantee::Group(_) => false,
        };
        let mut others = Vec::new();
        for grant in self.grants.iter().filter(|grant| !owners(grant)) {
            match &grant.grantee {
                Grantee::Group(group) => others.push((group.as_str(), grant.permission.as_str())),
                Grantee::Account(_) => return None,
            }
        }
        others.sort_unstable();
        others.dedup();
        match others.as_slice() {
            [] => Some(CannedAcl::Private),
            [("AllUsers", "READ")] => Some(CannedAcl::PublicRead),
            [("AllUsers", "READ"), ("AllUsers", "WRITE")] => Some(CannedAcl::PublicReadWrite),
            [("AuthenticatedUsers", "READ")] => Some(CannedAcl::AuthenticatedRead),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(grants: &[(&str, &str)], expected: Option<CannedAcl>) {
        let grantee = |name: &str| match name {
            "AllUsers" | "AuthenticatedUsers" => Grantee::Group(name.into()),
            id => Grantee::Account(id.into()),
        };
        let grant =
            |(name, permission): &(&str, &str)| Grant { grantee: grantee(name), permission: (*permission).to_owned() };
        let acl =
            ObjectAcl { owner_id: "me".into(), grants: grants.iter().map(grant).collect(), ..ObjectAcl::default() };
        assert_eq!(acl.canned(), expected, "{grants:?}");
    }

    #[test]
    fn grants_are_known_by_their_ready_made_name_or_by_none() {
        let mine = ("me", "FULL_CONTROL");
        check(&[], Some(CannedAcl::Private));
        check(&[mine], Some(CannedAcl::Private));
        check(&[mine, ("AllUsers", "READ")], Some(CannedAcl::PublicRead));
        check(&[("AllUsers", "WRITE"), mine, ("AllUsers", "READ")], Some(CannedAcl::PublicReadWrite));
        check(&[mine, ("AuthenticatedUsers", "READ")], Some(CannedAcl::AuthenticatedRead));
        check(&[mine, ("AllUsers", "WRITE")], None);
        check(&[mine, ("you", "READ")], None);
        check(&[("me", "READ")], None);
        let default = ObjectAcl { is_default: true, ..ObjectAcl::default() };
        assert_eq!(default.canned(), Some(CannedAcl::Default));
    }

    #[test]
    fn every_name_is_found_again() {
        for canned in CannedAcl::ALL {
            assert_eq!(CannedAcl::named(canned.as_str()), Some(canned));
        }
        assert_eq!(CannedAcl::named("Private"), None);
    }
}
