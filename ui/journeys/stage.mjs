// The built window in headless Chromium, with the app's content-security policy: what every journey begins with.
// The mock's world is in reach: it can be moved by hand, and looked into. Screenshots go to ../artifacts/window
// (not in git).
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, afterEach, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const WAIT = 20_000;
const ARTIFACTS = fileURLToPath(new URL('../../artifacts/window', import.meta.url));

/** Call it once at the top of a file of journeys. A violation of the policy or an exception fails the journey. */
export function stage() {
  let server;
  let browser;
  let page;
  let faults = [];

  before(async () => {
    mkdirSync(ARTIFACTS, { recursive: true });
    server = await serve();
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      // Text is drawn the same way everywhere, or pictures could not be compared.
      args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none', '--disable-lcd-text', '--force-color-profile=srgb'],
    });
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });
  afterEach(async () => {
    await page?.close();
    page = undefined;
    const found = faults;
    faults = [];
    assert.deepEqual(found, []);
  });

  /** Opens the window. `time`: what the clock shows, and it stands still; `begins`: what it shows first, and it goes on. */
  async function open(query, { width = 1280, height = 800, theme = 'light', lang = 'en', time, begins, ...more } = {}) {
    await page?.close();
    page = await browser.newPage({ viewport: { width, height }, timezoneId: 'Asia/Shanghai', ...more });
    page.setDefaultTimeout(WAIT);
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
    if (time !== undefined) await page.clock.setFixedTime(new Date(time));
    if (begins !== undefined) await page.clock.install({ time: new Date(begins) });
    await page.goto(`${server.url}?${query}&theme=${theme}&lang=${lang}`);
    return page;
  }

  return {
    get page() {
      return page;
    },
    open,
    at: (id) => page.getByTestId(id),
    async press(...keys) {
      for (const key of keys) await page.keyboard.press(key);
    },
    type: (text) => page.keyboard.type(text),
    shot: (name) => page.screenshot({ path: `${ARTIFACTS}/${name}.png` }),
    /** Waits until it holds in the window. */
    until: (holds, argument, options) => page.waitForFunction(holds, argument, options),
    /** What the focus is on, by its test id. */
    focused: () => page.evaluate(() => document.activeElement?.dataset.testid),
    /** The mock behind the window. */
    world: (act, argument) => page.evaluate(`(${act})(window.ternMock, ${JSON.stringify(argument)})`),
    /** By how many pixels the window is wider than the screen. */
    overflow: () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
  };
}
