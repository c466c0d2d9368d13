//! The wire types of one object and its versions, and of what a bucket does by itself. Times are milliseconds since
//! 1970, ids are opaque strings.

use serde::{Deserialize, Serialize};
use specta::Type;
use store::{ListedVersion, ObjectAcl, ObjectDetails, ObjectSettings, RestoreState, Versioning};

use crate::dto::AppError;
use crate::times::milliseconds;

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum VersioningView {
    /// It never did.
    Never,
    /// It does.
    Enabled,
    /// It did; older versions stay, no new ones are kept.
    Suspended,
}

impl From<Versioning> for VersioningView {
    fn from(versioning: Versioning) -> Self {
        match versioning {
            Versioning::Never => Self::Never,
            Versioning::Enabled => Self::Enabled,
            Versioning::Suspended => Self::Suspended,
        }
    }
}

/// A version of a key, or a mark that it was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct VersionRow {
    /// The key.
    pub key: String,
    /// The version; `None` in a bucket that never kept versions.
    pub version_id: Option<String>,
    /// Whether it is what a reader gets who names no version.
    pub latest: bool,
    /// When it was written, or the key deleted.
    pub modified_ms: Option<i64>,
    /// A mark that the object was deleted then; it has no bytes.
    pub delete_marker: bool,
    /// Size; 0 for a marker.
    pub size_bytes: u64,
    /// Such as `STANDARD`.
    pub storage_class: Option<String>,
}

impl From<ListedVersion> for VersionRow {
    fn from(version: ListedVersion) -> Self {
        Self {
            key: version.key,
            version_id: version.version.map(|id| id.0),
            latest: version.is_latest,
            modified_ms: version.modified.map(milliseconds),
            delete_marker: version.object.is_none(),
            size_bytes: version.object.as_ref().map_or(0, |facts| facts.size_bytes),
            storage_class: version.object.and_then(|facts| facts.storage_class),
        }
    }
}

/// A place in a list of versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct VersionCursor {
    /// The key.
    pub key: String,
    /// Behind this version of it; behind all of them if `None`.
    pub version_id: Option<String>,
}

/// A page of versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct VersionPage {
    /// By key, then the newest first. Those of one key may go on with the next page.
    pub rows: Vec<VersionRow>,
    /// Give this back for the next page.
    pub next: Option<VersionCursor>,
}

/// What became of bringing an older version back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum VersionRestored {
    /// It was copied inside the store, at once, and what can be compared is the same.
    Copied {
        /// The version that it became, where the bucket keeps versions.
        version_id: Option<String>,
        /// Whether its permissions came with it.
        acl_kept: bool,
    },
    /// It is too large for one copy: a transfer does it.
    Transfer {
        /// The transfer.
        id: u64,
    },
}

/// How far the restoration of an archived object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RestoreView {
    /// It runs.
    Running {},
    /// The object can be read.
    Readable {
        /// Until then, if the store tells.
        until_ms: Option<i64>,
    },
}

/// One entry of the user's own metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MetadataEntry {
    /// Its name, in lower case.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What can be changed of an object without sending it again. What is left out is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ObjectSettingsView {
    /// `Content-Type`
    pub content_type: Option<String>,
    /// `Cache-Control`
    pub cache_control: Option<String>,
    /// `Content-Disposition`
    pub content_disposition: Option<String>,
    /// `Content-Encoding`
    pub content_encoding: Option<String>,
    /// `Content-Language`
    pub content_language: Option<String>,
    /// `Expires`
    pub expires: Option<String>,
    /// The user's own metadata.
    pub metadata: Vec<MetadataEntry>,
}

impl ObjectSettingsView {
    /// As the store takes them. An empty text is none.
    pub fn into_settings(self) -> ObjectSettings {
        let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let named = |entry: MetadataEntry| (entry.name.trim().to_lowercase(), entry.value);
        ObjectSettings {
            content_type: filled(self.content_type),
            cache_control: filled(self.cache_control),
            content_disposition: filled(self.content_disposition),
            content_encoding: filled(self.content_encoding),
            content_language: filled(self.content_language),
            expires: filled(self.expires),
            metadata: self.metadata.into_iter().map(named).filter(|(name, _)| !name.is_empty()).collect(),
            ..ObjectSettings::default()
        }
    }
}

/// Everything that is known of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ObjectProperties {
    /// The key.
    pub key: String,
    /// The version, where the bucket keeps them.
    pub version_id: Option<String>,
    /// Size.
    pub size_bytes: u64,
    /// Entity tag, without quotes.
    pub etag: String,
    /// Checksum, decimal.
    pub crc64: Option<String>,
    /// Last change.
    pub modified_ms: Option<i64>,
    /// Such as `STANDARD`; TOS leaves it out for some.
    pub storage_class: Option<String>,
    /// `Appendable` or `Symlink`; `None` for a plain object.
    pub object_type: Option<String>,
    /// How far its restoration is; `None` if none was asked for.
    pub restore: Option<RestoreView>,
    /// What can be changed.
    pub settings: ObjectSettingsView,
}

impl ObjectProperties {
    /// The facts of the object with this key.
    pub fn of(key: String, details: ObjectDetails) -> Self {
        let restore = details.restore.as_deref().and_then(RestoreState::parse).map(|state| match state {
            RestoreState::Running => RestoreView::Running {},
            RestoreState::Readable(until) => RestoreView::Readable { until_ms: until.map(milliseconds) },
        });
        let settings = details.settings;
        let entry = |(name, value)| MetadataEntry { name, value };
        Self {
            key,
            version_id: details.version.map(|id| id.0),
            size_bytes: details.size_bytes,
            etag: details.etag.to_string(),
            crc64: details.crc64.map(|crc64| crc64.0.to_string()),
            modified_ms: details.modified.map(milliseconds),
            storage_class: settings.storage_class,
            object_type: details.object_type,
            restore,
            settings: ObjectSettingsView {
                content_type: settings.content_type,
                cache_control: settings.cache_control,
                content_disposition: settings.content_disposition,
                content_encoding: settings.content_encoding,
                content_language: settings.content_language,
                expires: settings.expires,
                metadata: settings.metadata.into_iter().map(entry).collect(),
            },
        }
    }
}

/// One permission for one grantee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct GrantView {
    /// The id of an account, `AllUsers` or `AuthenticatedUsers`.
    pub grantee: String,
    /// Such as `READ`.
    pub permission: String,
}

/// Who may do what with an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AclView {
    /// The ready-made list that these grants are, such as `public-read`; `None` for grants chosen one by one.
    pub canned: Option<String>,
    /// The grants.
    pub grants: Vec<GrantView>,
}

impl From<ObjectAcl> for AclView {
    fn from(acl: ObjectAcl) -> Self {
        let grant = |grant: store::Grant| {
            let (store::Grantee::Account(grantee) | store::Grantee::Group(grantee)) = grant.grantee;
            GrantView { grantee, permission: grant.permission }
        };
        Self {
            canned: acl.canned().map(|canned| canned.as_str().to_owned()),
            grants: acl.grants.into_iter().map(grant).collect(),
        }
    }
}

/// A tag of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TagView {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// How fast a restoration is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RestoreTier {
    /// Minutes, and the dearest.
    Expedited,
    /// The usual.
    Standard,
    /// The cheapest.
    Bulk,
}

/// What became of the wish to restore one object.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct RestoreAsked {
    /// The key.
    pub key: String,
    /// What the store does now; `None` if it refused.
    pub answer: Option<RestoreAnswerView>,
    /// Why it refused.
    pub error: Option<AppError>,
}

/// What the store does about a wish to restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RestoreAnswerView {
    /// It has begun.
    Started,
    /// It had begun earlier.
    Running,
    /// The object can be read already, and longer now if that was asked for.
    Extended,
}

/// How an object got its new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum RenameView {
    /// In one step.
    Renamed {},
    /// Copied inside the store: this bucket or this object cannot be renamed.
    Copied {
        /// Whether its permissions came with it.
        acl_kept: bool,
        /// What has become of the old key.
        old: OldKey,
    },
}

/// What has become of the old key of an object that was copied to a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum OldKey {
    /// It is gone, as both were the same.
    Deleted,
    /// It is still there: nothing but the size could be compared.
    Unproven,
    /// It is still there: somebody has written to it meanwhile.
    Changed,
    /// It is still there: the store did not delete it.
    NotDeleted,
}

/// What a bucket does about unfinished uploads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AbortRuleView {
    /// Our rule aborts them after so many days; `None` without it.
    pub days: Option<u32>,
    /// Rules of others that do so too.
    pub others: Vec<OtherAbortRule>,
}

/// A rule of somebody else that aborts unfinished uploads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct OtherAbortRule {
    /// Its id.
    pub id: String,
    /// It is about keys that begin with this.
    pub prefix: String,
    /// After so many days.
    pub days: u32,
}
