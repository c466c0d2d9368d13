/** The backend of the app: the generated commands, unwrapped. */
import { Channel } from '@tauri-apps/api/core';
import { type Backend, Failure, type Push } from './backend';
import { type AppError, commands } from './bindings';

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

export const tauriBackend: Backend = {
  appStatus: () => open(commands.appStatus()),
  getSettings: () => open(commands.getSettings()),
  setSettings: (settings) => done(commands.setSettings(settings)),

  connectPractice: () => open(commands.connectPractice()),
  connect: (form) => open(commands.connect(form)),
  accounts: () => open(commands.accounts()),
  useAccount: (id) => open(commands.useAccount(id)),
  forgetAccount: (id) => done(commands.forgetAccount(id)),
  renewKeys: (id, keys) => open(commands.renewKeys(id, keys)),

  listBuckets: () => open(commands.listBuckets()),
  createBucket: (name) => done(commands.createBucket(name)),
  listObjects: (bucket, prefix, after) => open(commands.listObjects(bucket, prefix, after)),

  pickFiles: () => open(commands.pickFiles()),
  pickFolder: () => open(commands.pickFolder()),

  addUploads: (bucket, prefix, paths, conflict) => open(commands.addUploads(bucket, prefix, paths, conflict)),
  addDownloads: (bucket, keys, folder, conflict) => open(commands.addDownloads(bucket, keys, folder, conflict)),
  addCopies: (bucket, keys, toBucket, toPrefix, conflict) =>
    open(commands.addCopies(bucket, keys, toBucket, toPrefix, conflict)),

  transfers: (filter, after, limit) => open(commands.transfers(filter, after, limit)),
  transferDetail: (id) => open(commands.transferDetail(id)),
  transferLog: (id, before, limit) => open(commands.transferLog(id, before, limit)),
  setTransferOptions: (id, form) => done(commands.setTransferOptions(id, form)),
  pause: (ids) => done(commands.pause(ids)),
  resume: (ids) => done(commands.resume(ids)),
  retry: (ids) => done(commands.retry(ids)),
  dismiss: (ids) => open(commands.dismiss(ids)),
  dismissList: (filter) => open(commands.dismissList(filter)),
  moveTransfers: (ids, to) => open(commands.moveTransfers(ids, to)),
  undo: (number) => open(commands.undo(number)),

  select: (filter, change) => open(commands.select(filter, change)),
  selected: (filter) => open(commands.selected(filter)),
  actOnSelection: (act) => open(commands.actOnSelection(act)),
  moveSelection: (to) => open(commands.moveSelection(to)),

  failedGroups: () => open(commands.failedGroups()),
  failedRows: (code, after, limit) => open(commands.failedRows(code, after, limit)),
  retryFailed: (code) => open(commands.retryFailed(code)),
  dismissFailed: (code) => open(commands.dismissFailed(code)),
  failedPaths: (code) => open(commands.failedPaths(code)),
  exportFailed: () => open(commands.exportFailed()),

  pauseAll: () => done(commands.pauseAll()),
  resumeAll: () => done(commands.resumeAll()),
  reveal: (id) => done(commands.reveal(id)),

  getLimits: () => open(commands.getLimits()),
  setLimits: (limits) => done(commands.setLimits(limits)),

  subscribe: (receive) => {
    const channel = new Channel<Push>();
    channel.onmessage = receive;
    return done(commands.subscribe(channel));
  },
};
