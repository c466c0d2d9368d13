/** The backend of the app: the generated commands, unwrapped. */
import { Channel } from '@tauri-apps/api/core';
import { type Backend, Failure } from './backend';
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

function channelTo<T>(receive: (message: T) => void): Channel<T> {
  const channel = new Channel<T>();
  channel.onmessage = receive;
  return channel;
}

export const tauriBackend: Backend = {
  appStatus: () => open(commands.appStatus()),
  getSettings: () => open(commands.getSettings()),
  setSettings: (settings) => done(commands.setSettings(settings)),

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
  listObjects: (bucket, prefix, after) => open(commands.listObjects(bucket, prefix, after)),

  pickFiles: () => open(commands.pickFiles()),
  pickFolder: () => open(commands.pickFolder()),

  addUploads: (bucket, prefix, paths, conflict) => open(commands.addUploads(bucket, prefix, paths, conflict)),
  addDownloads: (bucket, keys, folder, conflict) => open(commands.addDownloads(bucket, keys, folder, conflict)),
  addCopies: (bucket, keys, toBucket, toPrefix, conflict) =>
    open(commands.addCopies(bucket, keys, toBucket, toPrefix, conflict)),

  transfers: (filter, after, limit) => open(commands.transfers(filter, after, limit)),
  transferDetail: (id) => open(commands.transferDetail(id)),
  pause: (ids) => done(commands.pause(ids)),
  resume: (ids) => done(commands.resume(ids)),
  cancel: (ids) => done(commands.cancel(ids)),
  retry: (ids) => done(commands.retry(ids)),
  remove: (ids) => done(commands.remove(ids)),
  pauseAll: () => done(commands.pauseAll()),
  resumeAll: () => done(commands.resumeAll()),
  reveal: (id) => done(commands.reveal(id)),

  getLimits: () => open(commands.getLimits()),
  setLimits: (limits) => done(commands.setLimits(limits)),

  subscribe: (receive) => done(commands.subscribe(channelTo(receive))),
};
