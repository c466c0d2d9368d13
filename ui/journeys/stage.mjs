// The built window in headless Chromium, with the app's content-security policy: what every journey begins with.
import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

export const WAIT = 20_000;

/** Call it once at the top of a file of journeys. A violation of the policy or an exception fails the journey. */
export function stage() {
  let server;
  let browser;
  let page;
  let faults = [];

  before(async () => {
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

  /** Opens the window; `time`: what the clock shows, and it stands still. */
  async function open(query, { width = 1280, height = 800, theme = 'light', lang = 'en', time, ...more } = {}) {
    await page?.close();
    page = await browser.newPage({ viewport: { width, height }, timezoneId: 'Asia/Shanghai', ...more });
    page.setDefaultTimeout(WAIT);
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
    if (time !== undefined) await page.clock.setFixedTime(new Date(time));
    await page.goto(`${server.url}?${query}&theme=${theme}&lang=${lang}`);
    return page;
  }

  return { open };
}
