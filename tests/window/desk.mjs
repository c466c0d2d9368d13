// A desktop around the window: its X11 side by xdotool, its session bus with a tray and notices, a file manager to drag
// files from.
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { endGroup, gone } from './display.mjs';

const run = promisify(execFile);
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
/** Between two movements of a hand. GTK takes a drag that is faster for a click. */
const HAND_MS = 20;
const PYTHON = '/usr/bin/python3';

/** What a person at this display does and sees. */
export class Seat {
  constructor(display) {
    this.environment = { PATH: process.env.PATH, DISPLAY: display, NO_AT_BRIDGE: '1', GTK_USE_PORTAL: '0' };
  }

  async act(...args) {
    const { stdout } = await run('xdotool', args.map(String), { env: this.environment });
    return stdout.trim();
  }

  /** The X11 ids of all windows that are seen. */
  async windows() {
    // It fails when it finds none.
    const found = await this.act('search', '--onlyvisible', '--name', '.*').catch(() => '');
    return found.split('\n').filter(Boolean);
  }

  /** The id of Tern's window, while it is seen. */
  async tern() {
    const found = await this.act('search', '--onlyvisible', '--name', '^Tern$').catch(() => '');
    // Where something was dragged over it, GTK has others of its name, which nobody sees.
    const sizes = await Promise.all(found.split('\n').filter(Boolean).map(async (id) => [id, await this.act('getwindowgeometry', '--shell', id)]));
    const area = (text) => Number(/WIDTH=(\d+)/.exec(text)?.[1]) * Number(/HEIGHT=(\d+)/.exec(text)?.[1]);
    return sizes.toSorted(([, one], [, other]) => area(other) - area(one))[0]?.[0];
  }

  async pid() {
    return Number(await this.act('getwindowpid', await this.tern()));
  }

  /** Position and size of Tern's window. */
  async place() {
    const text = await this.act('getwindowgeometry', '--shell', await this.tern());
    const { X, Y, WIDTH, HEIGHT } = Object.fromEntries(text.split('\n').map((line) => line.split('=')));
    return [X, Y, WIDTH, HEIGHT].map(Number);
  }

  /** A click on the close button of the frame. */
  async close() {
    await run(PYTHON, [beside('close_window.py'), await this.tern()], { env: this.environment });
  }

  /** A hand that moves: a desktop takes a jump for no movement at all. */
  async move([fromX, fromY], [toX, toY]) {
    for (let step = 1; step <= 20; step += 1) {
      const at = (from, to) => Math.round(from + ((to - from) * step) / 20);
      await this.act('mousemove', at(fromX, toX), at(fromY, toY));
      await pause(HAND_MS);
    }
  }

  /** Takes files up at the right edge and holds them over the window; `drop` lets go. */
  async drag(x, paths, over) {
    const source = spawn(PYTHON, [beside('dragsource.py'), String(x), ...paths], {
      env: this.environment,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const lines = createInterface({ input: source.stdout })[Symbol.asyncIterator]();
    if ((await lines.next()).done) throw new Error('the stand-in of a file manager did not start');
    const from = [x + 60, 60];
    await this.act('mousemove', ...from);
    await pause(10 * HAND_MS);
    await this.act('mousedown', 1);
    await pause(10 * HAND_MS);
    await this.move(from, over);
    const end = async () => {
      endGroup(source);
      await gone(source);
    };
    return {
      drop: async () => {
        await this.act('mouseup', 1);
        await lines.next();
        await end();
      },
      /** Takes them away again, and lets go over nothing. */
      leave: async () => {
        await this.move(over, [x + 60, 400]);
        await this.act('mouseup', 1);
        await end();
      },
      end,
    };
  }
}

/** Whether a process has ended; one whose parent has not noticed yet has, too. */
export function hasEnded(pid) {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

/** A session bus with a notification service and a tray. */
export class SessionBus {
  #process;
  #lines;

  static async open() {
    const bus = new SessionBus();
    bus.#process = spawn(PYTHON, [beside('session_bus.py')], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    bus.#lines = createInterface({ input: bus.#process.stdout })[Symbol.asyncIterator]();
    bus.address = (await bus.#lines.next()).value;
    return bus;
  }

  async ask(...command) {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
    const { value } = await this.#lines.next();
    const { data, error } = JSON.parse(value);
    if (error) throw new Error(error);
    return data;
  }

  async close() {
    this.#process.stdin.end();
    await gone(this.#process);
  }
}
