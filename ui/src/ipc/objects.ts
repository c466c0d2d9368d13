/** One object and its versions, as the window speaks of them. */

/** How far the restoration of an archived object is; null if none was asked for. */
export type RestoreView = { state: 'running' } | { state: 'readable'; until_ms: number | null };

export interface MetadataEntry {
  name: string;
  value: string;
}

/** What can be changed of an object without sending it again. What is left out is removed. */
export interface ObjectSettingsView {
  content_type: string | null;
  cache_control: string | null;
  content_disposition: string | null;
  content_encoding: string | null;
  content_language: string | null;
  expires: string | null;
  metadata: MetadataEntry[];
}

export interface ObjectProperties {
  key: string;
  version_id: string | null;
  size_bytes: number;
  etag: string;
  crc64: string | null;
  modified_ms: number | null;
  storage_class: string | null;
  object_type: string | null;
  restore: RestoreView | null;
  settings: ObjectSettingsView;
}

export interface VersionRow {
  key: string;
  version_id: string | null;
  latest: boolean;
  modified_ms: number | null;
  /** A mark that the object was deleted then; it has no bytes. */
  delete_marker: boolean;
  size_bytes: number;
  storage_class: string | null;
}

export interface VersionCursor {
  key: string;
  version_id: string | null;
}

export interface VersionPage {
  rows: VersionRow[];
  next: VersionCursor | null;
}

export type VersioningView = 'never' | 'enabled' | 'suspended';

export type RestoreTier = 'expedited' | 'standard' | 'bulk';

/** Who may do what with an object. */
export interface AclView {
  /** The ready-made list that these grants are, such as `public-read`; null for grants chosen one by one. */
  canned: string | null;
  grants: { grantee: string; permission: string }[];
}

/** The part of the backend that looks after one object. */
export interface ObjectBackend {
  bucketVersioning(bucket: string): Promise<VersioningView>;
  listVersions(bucket: string, prefix: string, after: VersionCursor | null): Promise<VersionPage>;
  /** Makes an older version the newest one again, by a copy inside TOS. */
  restoreVersion(bucket: string, key: string, versionId: string): Promise<void>;
  deleteVersion(bucket: string, key: string, versionId: string): Promise<void>;
  getObjectProperties(bucket: string, key: string): Promise<ObjectProperties>;
  setObjectProperties(bucket: string, key: string, settings: ObjectSettingsView): Promise<void>;
  getObjectAcl(bucket: string, key: string): Promise<AclView>;
  setObjectAcl(bucket: string, key: string, canned: string): Promise<void>;
  restoreArchived(bucket: string, key: string, days: number, tier: RestoreTier): Promise<void>;
  renameObject(bucket: string, key: string, newKey: string): Promise<void>;
}
