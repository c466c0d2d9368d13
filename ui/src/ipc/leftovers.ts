/** The part of the door that the screen of unfinished uploads uses. */
import type {
  AbortRuleView,
  AdoptedView,
  CheckpointView,
  CleanedUpload,
  ComparedView,
  Conflict,
  HeldView,
  UploadCursor,
  UploadPage,
} from './bindings';

export type {
  AbortRuleView,
  AdoptedView,
  CheckpointView,
  CleanedUpload,
  CleanOutcome,
  ComparedView,
  HeldView,
  SourceState,
  UploadCursor,
  UploadPage,
  UploadRow,
} from './bindings';

export interface LeftoversBackend {
  listUploads(bucket: string, prefix: string, after: UploadCursor | null): Promise<UploadPage>;
  /** Null if it has gone meanwhile. */
  measureUpload(bucket: string, key: string, uploadId: string): Promise<HeldView | null>;
  abortUpload(bucket: string, key: string, uploadId: string): Promise<void>;
  lifecycleAbortRule(bucket: string): Promise<AbortRuleView>;
  /** `null` removes our rule; those of others stay. */
  setLifecycleAbortRule(bucket: string, days: number | null): Promise<AbortRuleView>;
  /** Leaves alone what one of our transfers needs and what somebody still sends to. */
  cleanUpUploads(bucket: string, uploads: UploadCursor[]): Promise<CleanedUpload[]>;
  readCheckpoint(path: string): Promise<CheckpointView>;
  /** Null if it was stopped. */
  compareUpload(bucket: string, key: string, uploadId: string, path: string, checkpoint: string | null): Promise<ComparedView | null>;
  stopCompare(uploadId: string): Promise<void>;
  adoptUpload(bucket: string, key: string, uploadId: string, path: string, conflict: Conflict, checkpoint: string | null): Promise<AdoptedView>;
}
