/** The backend of the app: the generated commands, unwrapped. */
import { Channel } from '@tauri-apps/api/core';
import { type Backend, Failure } from './backend';
import { type AppError, commands } from './bindings';
import { looks } from './tauri-looks';

/** What a command gives when it succeeds, whether or not it can fail. */
type Opened<R> = R extends { status: 'ok'; data: infer T } ? T : R extends { status: 'error' } ? never : R;

function isResult(reply: unknown): reply is { status: 'ok'; data: unknown } | { status: 'error'; error: AppError } {
  if (typeof reply !== 'object' || reply === null || !('status' in reply)) return false;
  return (reply.status === 'ok' && 'data' in reply) || (reply.status === 'error' && 'error' in reply);
}

async function open<R>(call: Promise<R>): Promise<Opened<R>> {
  const reply: unknown = await call;
  if (!isResult(reply)) return reply as Opened<R>;
  if (reply.status === 'error') throw new Failure(reply.error);
  return reply.data as Opened<R>;
}

async function done(call: Promise<unknown>): Promise<void> {
  await open(call);
}

function channelTo<T>(receive: (message: T) => void): Channel<T> {
  const channel = new Channel<T>();
  channel.onmessage = receive;
  return channel;
}

export const tauriBackend: Backend = {
  ...looks,

  appStatus: () => open(commands.appStatus()),
  getSettings: () => open(commands.getSettings()),
  setSettings: (settings) => done(commands.setSettings(settings)),
  revealLog: () => done(commands.revealLog()),

  connectPractice: () => open(commands.connectPractice()),
  checkAccount: (form, progress) => done(commands.checkAccount(form, channelTo(progress))),
  cancelCheck: () => done(commands.cancelCheck()),
  connect: (form, progress) => open(commands.connect(form, channelTo(progress))),
  renewKeys: (id, keys, progress) => open(commands.renewKeys(id, keys, channelTo(progress))),
  renameAccount: (id, name) => open(commands.renameAccount(id, name)),
  accountForm: (id) => open(commands.accountForm(id)),
  accountUse: (id) => open(commands.accountUse(id)),
  keysNeeded: () => open(commands.keysNeeded()),
  checkCaFile: (path) => open(commands.checkCaFile(path)),
  keepSecretsInFile: (passphrase) => open(commands.keepSecretsInFile(passphrase)),
  unlockSecrets: (passphrase) => open(commands.unlockSecrets(passphrase)),
  changePassphrase: (old, next) => open(commands.changePassphrase(old, next)),
  endSecretsFile: () => open(commands.endSecretsFile()),
  discardSecretsFile: () => open(commands.discardSecretsFile()),
  accounts: () => open(commands.accounts()),
  useAccount: (id) => open(commands.useAccount(id)),
  forgetAccount: (id) => done(commands.forgetAccount(id)),

  listBuckets: () => open(commands.listBuckets()),
  createBucket: (name) => done(commands.createBucket(name)),
  deleteBucket: (bucket) => done(commands.deleteBucket(bucket)),
  listObjects: (bucket, prefix, after) => open(commands.listObjects(bucket, prefix, after)),
  bookmarks: () => open(commands.bookmarks()),
  addBookmark: (bookmark) => open(commands.addBookmark(bookmark)),
  removeBookmark: (bookmark) => open(commands.removeBookmark(bookmark)),
  createFolder: (bucket, prefix, name) => open(commands.createFolder(bucket, prefix, name)),
  measureFolder: (bucket, prefix, after) => open(commands.measureFolder(bucket, prefix, after)),
  deleteObjects: (bucket, keys) => open(commands.deleteObjects(bucket, keys)),
  deleteFolder: (bucket, prefix, after) => open(commands.deleteFolder(bucket, prefix, after)),
  bucketVersioning: (bucket) => open(commands.bucketVersioning(bucket)),
  setBucketVersioning: (bucket, on) => done(commands.setBucketVersioning(bucket, on)),
  listVersions: (bucket, prefix, after) => open(commands.listVersions(bucket, prefix, after)),
  restoreVersion: (bucket, key, versionId) => open(commands.restoreVersion(bucket, key, versionId)),
  deleteVersion: (bucket, key, versionId) => done(commands.deleteVersion(bucket, key, versionId)),
  getObjectProperties: (bucket, key) => open(commands.getObjectProperties(bucket, key)),
  setObjectProperties: (bucket, key, settings) => done(commands.setObjectProperties(bucket, key, settings)),
  getObjectAcl: (bucket, key) => open(commands.getObjectAcl(bucket, key)),
  setObjectAcl: (bucket, key, canned) => done(commands.setObjectAcl(bucket, key, canned)),
  getObjectTags: (bucket, key) => open(commands.getObjectTags(bucket, key)),
  setObjectTags: (bucket, key, tags) => done(commands.setObjectTags(bucket, key, tags)),
  restoreArchived: (bucket, keys, days, tier) => open(commands.restoreArchived(bucket, keys, days, tier)),
  renameObject: (bucket, key, newKey) => open(commands.renameObject(bucket, key, newKey)),
  presignObject: (bucket, key, expiresS) => open(commands.presignObject(bucket, key, expiresS)),

  pickFiles: () => open(commands.pickFiles()),
  pickFolder: () => open(commands.pickFolder()),

  addUploads: (bucket, prefix, paths, conflict) => open(commands.addUploads(bucket, prefix, paths, conflict)),
  addDownloads: (bucket, objects, folder, conflict) => open(commands.addDownloads(bucket, objects, folder, conflict)),
  addVersionDownload: (bucket, key, versionId, folder, conflict) =>
    open(commands.addVersionDownload(bucket, key, versionId, folder, conflict)),
  addCopies: (bucket, objects, toBucket, toPrefix, conflict) =>
    open(commands.addCopies(bucket, objects, toBucket, toPrefix, conflict)),
  copyRoute: (bucket, toBucket) => open(commands.copyRoute(bucket, toBucket)),

  transferLog: (id, before, limit) => open(commands.transferLog(id, before, limit)),
  setTransferOptions: (id, form) => done(commands.setTransferOptions(id, form)),
  pause: (ids) => done(commands.pause(ids)),
  resume: (ids) => done(commands.resume(ids)),
  startNow: (ids) => done(commands.startNow(ids)),
  retry: (ids) => done(commands.retry(ids)),
  dismiss: (ids, how) => open(commands.dismiss(ids, how)),
  dismissList: (filter) => open(commands.dismissList(filter)),
  moveTransfers: (ids, to) => open(commands.moveTransfers(ids, to)),
  undo: (number) => open(commands.undo(number)),

  select: (filter, change) => open(commands.select(filter, change)),
  actOnSelection: (act) => open(commands.actOnSelection(act)),
  moveSelection: (to) => open(commands.moveSelection(to)),

  failedGroups: () => open(commands.failedGroups()),
  failedRows: (code, after, limit) => open(commands.failedRows(code, after, limit)),
  retryFailed: (code) => open(commands.retryFailed(code)),
  dismissFailed: (code) => open(commands.dismissFailed(code)),
  failedPaths: (code) => open(commands.failedPaths(code)),
  failedPolicy: (code) => open(commands.failedPolicy(code)),
  changeFailedFolder: (code) => open(commands.changeFailedFolder(code)),
  exportFailed: () => open(commands.exportFailed()),

  pauseAll: () => done(commands.pauseAll()),
  resumeAll: () => done(commands.resumeAll()),
  reveal: (id) => done(commands.reveal(id)),

  listUploads: (bucket, prefix, after) => open(commands.listUploads(bucket, prefix, after)),
  measureUpload: (bucket, key, uploadId) => open(commands.measureUpload(bucket, key, uploadId)),
  abortUpload: (bucket, key, uploadId) => done(commands.abortUpload(bucket, key, uploadId)),
  lifecycleAbortRule: (bucket) => open(commands.lifecycleAbortRule(bucket)),
  setLifecycleAbortRule: (bucket, days) => open(commands.setLifecycleAbortRule(bucket, days)),
  cleanUpUploads: (bucket, uploads) => open(commands.cleanUpUploads(bucket, uploads)),
  readCheckpoint: (path) => open(commands.readCheckpoint(path)),
  compareUpload: (bucket, key, uploadId, path, checkpoint) =>
    open(commands.compareUpload(bucket, key, uploadId, path, checkpoint)),
  stopCompare: (uploadId) => done(commands.stopCompare(uploadId)),
  adoptUpload: (bucket, key, uploadId, path, conflict, checkpoint) =>
    open(commands.adoptUpload(bucket, key, uploadId, path, conflict, checkpoint)),

  history: (after, search, limit) => open(commands.history(after, search, limit)),
  openReceipt: (choice) => open(commands.openReceipt(choice)),
  openReceiptFile: (path) => open(commands.openReceiptFile(path)),
  receiptRows: (paper, from, limit) => open(commands.receiptRows(paper, from, limit)),
  checkReceipt: (paper, read) => open(commands.checkReceipt(paper, read)),
  checkProgress: (paper) => open(commands.checkProgress(paper)),
  stopCheck: (paper) => done(commands.stopCheck(paper)),
  saveReceipt: (paper, format) => open(commands.saveReceipt(paper, format)),
  closeReceipt: (paper) => done(commands.closeReceipt(paper)),

  getLimits: () => open(commands.getLimits()),
  setLimits: (limits) => open(commands.setLimits(limits)),
  setTimetable: (on, timetable) => open(commands.setTimetable(on, timetable)),
  setFullSpeed: (on) => open(commands.setFullSpeed(on)),
  setTransferLimit: (ids, bytesPerSecond) => done(commands.setTransferLimit(ids, bytesPerSecond)),
  setPriority: (ids, priority) => done(commands.setPriority(ids, priority)),

  quitQuestion: () => open(commands.quitQuestion()),
  quit: () => done(commands.quit()),
  keepInTray: () => done(commands.keepInTray()),
  setKeepAwake: (on) => done(commands.setKeepAwake(on)),
  setDesktopWords: (words) => done(commands.setDesktopWords(words)),
  showNotice: (notice) => done(commands.showNotice(notice)),
  takeGivenFiles: () => open(commands.takeGivenFiles()),

  subscribe: (receive) => done(commands.subscribe(channelTo(receive))),
};
