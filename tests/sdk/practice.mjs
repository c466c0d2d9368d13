// Starts the practice server and lets the official JavaScript SDK reach it.
//
// The SDK addresses buckets as BUCKET.DOMAIN only and cannot be told an address, so names below `tos.test` are resolved
// to the loopback interface inside this process.

import { spawn } from 'node:child_process';
import dns from 'node:dns';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import sdk from '@volcengine/tos-sdk';

export const { TosClient, TosServerError, CancelToken, UploadEventType } = sdk;
export const DOMAIN = 'tos.test';
const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const SERVER_PROGRAM = process.env.TOS_LOCAL_BIN ?? path.join(REPOSITORY, 'target/debug/tos-local');

const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(name === DOMAIN || name.endsWith(`.${DOMAIN}`) ? '127.0.0.1' : name, ...rest);

/** A server on a folder of its own. */
export class PracticeServer {
  static async start({ tls = false, flags = [] } = {}) {
    const server = new PracticeServer();
    server.tls = tls;
    server.flags = flags;
    server.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tos-local-'));
    server.caFile = path.join(server.folder, 'ca.pem');
    await server.launch(0);
    return server;
  }

  async launch(port) {
    const tls = this.tls ? ['--tls', '--ca-out', this.caFile] : [];
    const common = ['--root', path.join(this.folder, 'root'), '--port', String(port), '--domain', DOMAIN];
    this.process = spawn(SERVER_PROGRAM, [...common, ...tls, ...this.flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.ended = new Promise((resolve, reject) => this.process.once('exit', resolve).once('error', reject));
    this.settings = {};
    for await (const line of createInterface({ input: this.process.stdout })) {
      const [, name, value] = line.match(/^export (\w+)=(.*)$/) ?? [];
      this.settings[name] = value;
      if (name === 'TOS_SECRET_KEY') break;
    }
    if (!this.settings.TOS_SECRET_KEY) throw new Error(`${SERVER_PROGRAM} ended with ${await this.ended}`);
    this.port = Number(new URL(this.settings.TOS_ENDPOINT).port);
  }

  /** Ends exactly the process that was started, and removes its folder. */
  async stop() {
    this.process.kill('SIGTERM');
    await this.ended;
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** Ends the server as a crash would. */
  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}

/** A client of the SDK for a server that prints these settings. */
export function clientFor(settings, changes = {}) {
  const endpoint = new URL(settings.TOS_ENDPOINT);
  return new TosClient({
    accessKeyId: settings.TOS_ACCESS_KEY,
    accessKeySecret: settings.TOS_SECRET_KEY,
    region: settings.TOS_REGION,
    endpoint: `${DOMAIN}:${endpoint.port}`,
    secure: endpoint.protocol === 'https:',
    maxRetryCount: 0,
    enableCRC: true,
    ...changes,
  });
}

/** Runs tests one after the other and prints a line for each; a test that throws has failed. */
export class Suite {
  passed = 0;
  failed = 0;

  async run(name, test) {
    try {
      await test();
      this.passed += 1;
      console.log(`ok ${name}`);
    } catch (error) {
      this.failed += 1;
      console.log(`FAIL ${name} ${String(error?.message ?? error).replace(/\s+/g, ' ').slice(0, 400)}`);
      console.error(error?.stack ?? error);
    }
  }

  finish() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}
