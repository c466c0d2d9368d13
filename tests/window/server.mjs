// The practice server as a program of its own: it can be told to fail, killed and started again, and others can use it.
import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { endGroup, freePort, gone } from './display.mjs';
import { PROGRAMS, until } from './window.mjs';

const LOCAL = process.env.TOS_LOCAL_BIN ?? join(PROGRAMS, 'tos-local');
const CLI = process.env.TERN_CLI ?? join(PROGRAMS, 'tern-cli');
/** Longest wait for the other program. */
const PROGRAM_MS = 60_000;

/** The server that plays TOS, on a port that it keeps when it is started again. */
export class Server {
  #process;
  #options;
  #log;

  /** Starts it on a folder, with buckets (`NAME` or `NAME@REGION`); those named in `versioned` keep versions. */
  static async open(folder, { buckets = [], versioned = [], options = [] }) {
    const server = new Server();
    server.folder = folder;
    server.#log = openSync(join(folder, 'server.log'), 'a');
    const port = await freePort();
    server.endpoint = `http://127.0.0.1:${port}`;
    server.#options = [
      ...['--root', join(folder, 'served'), '--port', String(port), '--control'],
      ...buckets.flatMap((name) => ['--bucket', name]),
      ...versioned.flatMap((name) => ['--versioned-bucket', name]),
      ...options,
    ];
    await server.start();
    return server;
  }

  /** Starts it, for the first time or after `kill`: what it held is there again. */
  async start() {
    const child = spawn(LOCAL, this.#options, { stdio: ['ignore', 'pipe', this.#log], detached: true });
    this.#process = child;
    let said = '';
    child.stdout.on('data', (data) => (said += data));
    await until('the server', () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      return said.includes('TOS_SECRET_KEY=');
    });
    // What it says is what a person would paste into a shell.
    this.keys = Object.fromEntries(Array.from(said.matchAll(/^export (\w+)=(.*)$/gm), ([, name, value]) => [name, value]));
  }

  /** Starts it again unless it runs. */
  async revive() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) await this.start();
  }

  /** It is gone at once, with whatever was on its way. */
  async kill() {
    endGroup(this.#process);
    await gone(this.#process);
  }

  async #control(method, plan) {
    const sent = plan === undefined ? {} : { body: JSON.stringify(plan) };
    const answer = await fetch(`${this.endpoint}/__tern/faults`, { method, ...sent, signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`${method} of the plan: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  }

  /** What it does from now on: a pace, faults. */
  async plan(plan) {
    await this.#control('PUT', plan);
  }

  /** It works as it should again. */
  async mend() {
    await this.#control('DELETE');
  }

  /** How often the rules of the plan have struck, all together. */
  async strikes() {
    const { rules } = await this.#control('GET');
    return rules.reduce((sum, rule) => sum + rule.struck, 0);
  }

  /** Starts another program that uses it: the command line, with a data folder that the window does not know. */
  other(...args) {
    const home = join(this.folder, 'elsewhere');
    mkdirSync(home, { recursive: true });
    return spawn(CLI, args, {
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: home, TERN_DATA_DIR: join(home, 'data'), DBUS_SYSTEM_BUS_ADDRESS: 'disabled:', ...this.keys },
      cwd: home,
      stdio: ['ignore', this.#log, this.#log],
      detached: true,
    });
  }

  /** Lets the other program do something to its end; gives its exit code. */
  async lets(...args) {
    const program = this.other(...args);
    const late = setTimeout(() => endGroup(program), PROGRAM_MS);
    await gone(program);
    clearTimeout(late);
    return program.exitCode;
  }
}
