// The real window, driven through WebKitWebDriver by plain W3C WebDriver: no client library between the test and it.
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endGroup, freePort, gone } from './display.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const ARTIFACTS = join(ROOT, 'artifacts', 'real-window');
/** Where the programs are that the build has left. */
export const PROGRAMS = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug');
const APP = process.env.TERN_APP ?? join(PROGRAMS, 'tern');

/** Longest wait for anything that a test waits for. */
export const WAIT_MS = Number(process.env.TERN_WINDOW_WAIT_MS ?? 90_000);
const LOOK_EVERY_MS = 100;
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** Looks again and again until `look` gives something; what it threw or gave last is in the error. */
export async function until(what, look, wait = WAIT_MS) {
  const deadline = Date.now() + wait;
  let last;
  while (Date.now() < deadline) {
    try {
      last = await look();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`waited in vain for ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
}

/** A test id, or a CSS selector, as a selector. */
const selectorOf = (id) => (/[[ ,]/.test(id) ? id : `[data-testid="${id}"]`);

export class Window {
  #driver;
  #base;
  #session = '';

  /** Starts the app on a data folder. `folder` also gets its home, its log and the answers of its file dialogs. */
  static async open({ display, folder, environment = {}, args = [] }) {
    const window = new Window();
    window.folder = folder;
    window.answers = join(folder, 'answers.txt');
    const home = join(folder, 'home');
    mkdirSync(join(home, 'runtime'), { recursive: true, mode: 0o700 });
    const port = await freePort();
    const log = openSync(join(folder, 'window.log'), 'a');
    // Nothing of the person who runs the tests gets in: no home, no session bus, no accounts.
    window.environment = {
      PATH: process.env.PATH,
      LC_ALL: 'C.UTF-8',
      DISPLAY: display,
      HOME: home,
      XDG_RUNTIME_DIR: join(home, 'runtime'),
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
      DBUS_SYSTEM_BUS_ADDRESS: 'disabled:',
      NO_AT_BRIDGE: '1',
      // Without it a virtual screen is painted three times a second.
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
      TAURI_WEBVIEW_AUTOMATION: 'true',
      TERN_DATA_DIR: join(folder, 'data'),
      TERN_PICK: window.answers,
      TERN_LOG: 'info',
      ...environment,
    };
    window.#driver = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
      env: window.environment,
      stdio: ['ignore', log, log],
      detached: true,
    });
    window.#base = `http://127.0.0.1:${port}`;
    try {
      await until('the driver', () => window.#call('GET', '/status'), 20_000);
      const options = { 'webkitgtk:browserOptions': { binary: APP, args } };
      const session = await window.#call('POST', '/session', { capabilities: { alwaysMatch: options } });
      window.#session = `/session/${session.sessionId}`;
      await window.find('[data-testid="rail"], [data-testid="connect"], [data-testid="unlock"]');
    } catch (error) {
      await window.kill();
      throw error;
    }
    return window;
  }

  /** The process that everything of this window belongs to. */
  get pid() {
    return this.#driver.pid;
  }

  async #call(method, path, body) {
    const limit = method === 'DELETE' ? 5_000 : 60_000;
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(this.#base + path, { method, ...sent, signal: AbortSignal.timeout(limit) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }

  /** Starts the app once more, as a person or a file manager does; gives its exit code. */
  async startAgain(...args) {
    const again = spawn(APP, args, { env: this.environment, cwd: this.folder, stdio: 'ignore', detached: true });
    try {
      await until('the second start to end', () => again.exitCode !== null || again.signalCode !== null, 30_000);
    } finally {
      if (again.exitCode === null) endGroup(again);
    }
    return again.exitCode;
  }

  /** Closes the window as a person does, and all that belonged to it. */
  async close() {
    await this.#call('DELETE', this.#session).catch(() => undefined);
    await this.kill();
  }

  /** The app, its web processes and its driver are gone at once: what a power cut leaves. */
  async kill() {
    endGroup(this.#driver);
    await gone(this.#driver);
  }

  /** Runs a function in the page. */
  run(act, ...args) {
    return this.#call('POST', `${this.#session}/execute/sync`, { script: `return (${act})(...arguments)`, args });
  }

  /** The element with this test id (or CSS selector), once it is there. */
  async find(id) {
    const selector = selectorOf(id);
    const element = await until(id, () =>
      this.#call('POST', `${this.#session}/element`, { using: 'css selector', value: selector }),
    );
    return element[ELEMENT];
  }

  /** Clicks as soon as it can be clicked. */
  async click(id) {
    await until(`a click on ${id}`, async () => {
      await this.#call('POST', `${this.#session}/element/${await this.find(id)}/click`, {});
      return true;
    });
  }

  /** The text of an element as a person reads it. */
  async text(id) {
    return this.#call('GET', `${this.#session}/element/${await this.find(id)}/text`);
  }

  /** What an element says, shown or on its way to be; nothing if it is not there. */
  says(id) {
    return this.run((selector) => document.querySelector(selector)?.textContent ?? '', selectorOf(id));
  }

  attribute(id, name) {
    return this.run((one, what) => document.querySelector(one)?.getAttribute(what) ?? null, selectorOf(id), name);
  }

  /** Presses keys in an element, or sets it to a text. */
  async type(id, text) {
    await this.#call('POST', `${this.#session}/element/${await this.find(id)}/value`, { text });
  }

  /** Presses keys wherever the focus is; the first ones stay down until the last one was pressed. */
  async press(...keys) {
    const actions = [...keys.map((value) => ({ type: 'keyDown', value })), ...keys.toReversed().map((value) => ({ type: 'keyUp', value }))];
    await this.#call('POST', `${this.#session}/actions`, { actions: [{ type: 'key', id: 'keys', actions }] });
  }

  async clear(id) {
    await this.#call('POST', `${this.#session}/element/${await this.find(id)}/clear`, {});
  }

  has(id) {
    return this.run((one) => document.querySelector(one) !== null, selectorOf(id));
  }

  /** Calls a command as the page does: for looking at what the page is not showing. */
  async ask(command, args = {}) {
    const answer = await this.#call('POST', `${this.#session}/execute/async`, {
      script: `const done = arguments[2];
        window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1]).then((data) => done({ data }), (error) => done({ error }));`,
      args: [command, args],
    });
    if (answer.error) throw new Error(`${command}: ${JSON.stringify(answer.error)}`);
    return answer.data;
  }

  /** Waits until a row of the list that is shown has one of these states. */
  row(name, ...states) {
    return until(`${name} to be ${states.join(' or ')}`, async () => {
      const rows = await this.run(() =>
        [...document.querySelectorAll('[data-testid="transfer-row"]')].map(({ dataset }) => ({ ...dataset })),
      );
      const found = rows.find((row) => row.name === name);
      return found && states.includes(found.state) ? found : undefined;
    });
  }

  /** Drags one element onto the upper edge of another one, as a hand does. */
  async drag(from, to) {
    const at = (id) =>
      this.run((selector) => {
        const { left, top, width, height } = document.querySelector(selector).getBoundingClientRect();
        return { x: Math.round(left + width / 3), middle: Math.round(top + height / 2), edge: Math.round(top + height / 6) };
      }, selectorOf(id));
    const [begin, end] = [await at(from), await at(to)];
    const move = (y, duration = 100) => ({ type: 'pointerMove', duration, origin: 'viewport', x: begin.x, y });
    const hand = [move(begin.middle), { type: 'pointerDown', button: 0 }, move((begin.middle + end.edge) >> 1), move(end.edge), move(end.edge + 1), { type: 'pointerUp', button: 0 }];
    await this.#call('POST', `${this.#session}/actions`, { actions: [{ type: 'pointer', id: 'hand', parameters: { pointerType: 'mouse' }, actions: hand }] });
    await this.#call('DELETE', `${this.#session}/actions`);
  }

  /** Chooses an object in the browser. */
  object(key) {
    return `[data-testid="object-row"][data-key="${key}"]`;
  }

  /** What the next file dialogs answer. */
  willPick(...paths) {
    writeFileSync(this.answers, paths.join('\n'));
  }

  /** Keeps a picture and returns its path. WebKit takes it with the next frame, and a still page has none: a dot moves. */
  async picture(name, pictures = ARTIFACTS) {
    await this.run(() => {
      const dot = document.body.appendChild(document.createElement('div'));
      Object.assign(dot.style, { position: 'fixed', right: '0', bottom: '0', width: '1px', height: '1px' });
      let moved = false;
      const timer = setInterval(() => (dot.style.right = (moved = !moved) ? '1px' : '0'), 30);
      window.stillAgain = () => (clearInterval(timer), dot.remove());
    });
    const picture = await this.#call('GET', `${this.#session}/screenshot`);
    await this.run(() => window.stillAgain());
    const path = join(pictures, `${name}.png`);
    mkdirSync(pictures, { recursive: true });
    writeFileSync(path, Buffer.from(picture, 'base64'));
    return path;
  }
}
