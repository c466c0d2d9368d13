/** The part of the backend that looks after one object: its properties, its tags, its versions, its archive. */
import type {
  AclView,
  ObjectProperties,
  ObjectSettingsView,
  RenameView,
  RestoreAsked,
  RestoreTier,
  TagView,
  VersionCursor,
  VersioningView,
  VersionPage,
  VersionRestored,
} from './bindings';

export type {
  AclView,
  MetadataEntry,
  ObjectProperties,
  ObjectSettingsView,
  RenameView,
  RestoreAsked,
  RestoreTier,
  RestoreView,
  TagView,
  VersionCursor,
  VersioningView,
  VersionPage,
  VersionRestored,
  VersionRow,
} from './bindings';

export interface ObjectBackend {
  bucketVersioning(bucket: string): Promise<VersioningView>;
  /** On, or no new ones: what was once on is never off again. */
  setBucketVersioning(bucket: string, on: boolean): Promise<void>;
  listVersions(bucket: string, prefix: string, after: VersionCursor | null): Promise<VersionPage>;
  /** Makes an older version the newest one again, by a copy inside TOS; a large one becomes a transfer. */
  restoreVersion(bucket: string, key: string, versionId: string): Promise<VersionRestored>;
  deleteVersion(bucket: string, key: string, versionId: string): Promise<void>;
  getObjectProperties(bucket: string, key: string): Promise<ObjectProperties>;
  setObjectProperties(bucket: string, key: string, settings: ObjectSettingsView): Promise<void>;
  getObjectAcl(bucket: string, key: string): Promise<AclView>;
  setObjectAcl(bucket: string, key: string, canned: string): Promise<void>;
  getObjectTags(bucket: string, key: string): Promise<TagView[]>;
  /** Replaces all of them. */
  setObjectTags(bucket: string, key: string, tags: TagView[]): Promise<void>;
  /** Answers for each key. */
  restoreArchived(bucket: string, keys: string[], days: number, tier: RestoreTier): Promise<RestoreAsked[]>;
  renameObject(bucket: string, key: string, newKey: string): Promise<RenameView>;
}
