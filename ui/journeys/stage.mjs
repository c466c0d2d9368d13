// What every journey needs: the built window in headless Chromium, with the app's content-security policy, and the
// mock's world in reach. Screenshots go to ../artifacts/window (not in git).
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, afterEach, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const ARTIFACTS = fileURLToPath(new URL('../../artifacts/window', import.meta.url));
const WAIT = 20_000;

/** Sets up server and browser around the tests of a file. */
export function stage() {
  let server;
  let browser;
  let faults = [];
  const on = { page: undefined };

  before(async () => {
    mkdirSync(ARTIFACTS, { recursive: true });
    server = await serve();
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  afterEach(async () => {
    await on.page?.close();
    on.page = undefined;
    // A policy violation or an exception is a failure, wherever it happened.
    assert.deepEqual(faults, []);
  });

  return {
    get page() {
      return on.page;
    },
    async open(query, { width = 1280, height = 800, theme = 'light', lang = 'en' } = {}) {
      await on.page?.close();
      faults = [];
      const page = await browser.newPage({ viewport: { width, height } });
      on.page = page;
      page.setDefaultTimeout(WAIT);
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().includes('favicon')) faults.push(message.text());
      });
      await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
      await page.goto(`${server.url}?${query}&theme=${theme}&lang=${lang}`);
    },
    at: (id) => on.page.getByTestId(id),
    shot: (name) => on.page.screenshot({ path: `${ARTIFACTS}/${name}.png` }),
    /** The mock behind the window: its world is moved by hand here. */
    world: (act, argument) => on.page.evaluate(`(${act})(window.ternMock, ${JSON.stringify(argument)})`),
  };
}
