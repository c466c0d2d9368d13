// Every screen as a picture, compared with the one that was committed: English in light, Chinese in dark.
// `npm run pictures:renew` takes them anew; look at each before it is committed.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { MOMENT, QUERY, SCREENS } from './screens.mjs';
import { stage } from './stage.mjs';

const { open } = stage();
const KEPT = fileURLToPath(new URL('pictures', import.meta.url));
const DIFFERENT = fileURLToPath(new URL('../../artifacts/pictures', import.meta.url));
const FONTS = `${KEPT}/fonts.json`;
const RENEW = process.env.RENEW_PICTURES !== undefined;
/** Share of pixels that may differ. */
const TOLERANCE = 0.002;
/** Latin letters are shipped; Chinese ones are the system's. With others than those of the pictures, only the layout can be compared. */
const TOLERANCE_OTHER_FONTS = 0.06;

/** How wide this system draws what is not shipped. */
function systemFonts(page) {
  return page.evaluate(async () => {
    await document.fonts.ready;
    const pen = document.createElement('canvas').getContext('2d');
    return ['全部暂停已发送校验', 'ABCabc0123'].map((text, at) => {
      pen.font = `100px ${getComputedStyle(document.documentElement).getPropertyValue(at === 0 ? '--font' : '--font-mono')}`;
      return Math.round(pen.measureText(text).width);
    });
  });
}

for (const [lang, theme] of [
  ['en', 'light'],
  ['zh', 'dark'],
]) {
  for (const { name, query = QUERY, busy, go } of SCREENS) {
    if (busy) continue;
    test(`${name}, ${lang}, ${theme}`, async () => {
      const page = await open(query, { lang, theme, time: MOMENT, reducedMotion: 'reduce' });
      await go(page);
      await page.evaluate(() => document.fonts.ready);
      // Where the pointer is shows; nothing is under it here.
      await page.mouse.move(900, 795);
      // Two frames: what was asked for has been drawn.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await page.waitForTimeout(300);
      const fonts = await systemFonts(page);
      const taken = await page.screenshot({ caret: 'hide', animations: 'disabled' });
      const folder = `${KEPT}/${lang}-${theme}`;
      const path = `${folder}/${name}.png`;
      if (RENEW) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(path, taken);
        writeFileSync(FONTS, `${JSON.stringify(fonts)}\n`);
        return;
      }
      assert.ok(existsSync(path), `there is no picture of ${name} yet: npm run pictures:renew`);
      const seen = PNG.sync.read(taken);
      const kept = PNG.sync.read(readFileSync(path));
      assert.deepEqual([seen.width, seen.height], [kept.width, kept.height]);
      const difference = new PNG({ width: kept.width, height: kept.height });
      const pixels = pixelmatch(kept.data, seen.data, difference.data, kept.width, kept.height, { threshold: 0.1 });
      const same = JSON.stringify(fonts) === readFileSync(FONTS, 'utf8').trim();
      const allowed = (same ? TOLERANCE : TOLERANCE_OTHER_FONTS) * kept.width * kept.height;
      if (pixels > allowed) {
        mkdirSync(DIFFERENT, { recursive: true });
        writeFileSync(`${DIFFERENT}/${lang}-${theme}-${name}.png`, PNG.sync.write(difference));
        writeFileSync(`${DIFFERENT}/${lang}-${theme}-${name}-seen.png`, taken);
      }
      assert.ok(pixels <= allowed, `${pixels} pixels differ, ${Math.round(allowed)} may; see artifacts/pictures`);
    });
  }
}
