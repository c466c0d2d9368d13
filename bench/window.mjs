// What the window costs, measured on its mock with a million finished transfers and a million keys, in headless Chromium.
// `node bench/window.mjs [OUT.json]`; run by `scripts/bench --loads window`, which builds what is measured.
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import { Figures } from './figures.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { chromium } = createRequire(`${ROOT}/ui/package.json`)('playwright-core');
const { serve } = await import('../ui/journeys/serve.mjs');


const MANY = 1_000_000;
const SCROLL_MS = 6_000;
/** Chromium's own word for a frame that a person sees as a stop; goal of the design. */
const WORST_FRAME_GOAL_MS = 100;

const server = await serve();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--enable-precise-memory-info'],
});

const figures = new Figures();
const note = (...one) => figures.note(...one);

try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const wire = await page.context().newCDPSession(page);
  await wire.send('Performance.enable');
  await page.goto(`${server.url}?mock=studio&done=${MANY}&keys=${MANY}&lang=en&theme=light`);
  await page.getByTestId('rail').waitFor();
  const painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN);
  note('first paint', painted, 'ms');

  await measured('transfers', 'nav-done', '[data-testid="transfer-row"][data-name^="scan-"]', page, wire);
  await measured('keys', 'bucket-render-frames', '[data-testid="object-row"][data-key^="frame-"]', page, wire);
} finally {
  await browser.close();
  await server.close();
}

figures.end(process.argv[2]);

/** Opens a list and scrolls it by its wheel: time to the first rows, frames, memory, nodes. */
async function measured(what, nav, rows, page, wire) {
  const opened = await page.evaluate(
    async ([navId, selector]) => {
      const began = performance.now();
      document.querySelector(`[data-testid="${navId}"]`).click();
      while (!document.querySelector(selector)) await new Promise(requestAnimationFrame);
      return performance.now() - began;
    },
    [nav, rows],
  );
  note(`a million ${what}: list open`, opened, 'ms');

  const frames = page.evaluate(
    (span) =>
      new Promise((resolve) => {
        const gaps = [];
        const end = performance.now() + span;
        let last = performance.now();
        const frame = (now) => {
          gaps.push(now - last);
          last = now;
          if (now < end) requestAnimationFrame(frame);
          else resolve(gaps.slice(1));
        };
        requestAnimationFrame(frame);
      }),
    SCROLL_MS,
  );
  await page.locator(rows).first().hover();
  const until = Date.now() + SCROLL_MS - 500;
  let down = 0;
  while (Date.now() < until) {
    // Gentle, then by the screen: what a wheel and a thrown trackpad do.
    const step = down < 40 ? 120 : 1500;
    await page.mouse.wheel(0, step);
    down += 1;
  }
  const gaps = (await frames).sort((a, b) => a - b);
  const at = (share) => gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * share))];
  note(`a million ${what}: frame while scrolling, median`, at(0.5), 'ms');
  note(`a million ${what}: frame while scrolling, p95`, at(0.95), 'ms');
  note(`a million ${what}: frame while scrolling, worst`, gaps.at(-1), 'ms', WORST_FRAME_GOAL_MS);
  const { metrics } = await wire.send('Performance.getMetrics');
  const metric = (name) => metrics.find((one) => one.name === name)?.value ?? NaN;
  note(`a million ${what}: script memory`, metric('JSHeapUsedSize') / 2 ** 20, 'MiB');
  note(`a million ${what}: elements`, await page.evaluate(() => document.querySelectorAll('*').length), '');
  note(`a million ${what}: rows in the document`, await page.locator(rows).count(), '', 100);
}
