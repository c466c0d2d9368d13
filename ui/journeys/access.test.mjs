// axe over every screen, in both languages and both themes, wide and at 200 % zoom: no serious violation anywhere.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { QUERY, SCREENS } from './screens.mjs';
import { stage } from './stage.mjs';

const { open } = stage();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** `only`: rules that another theme can break. */
async function violations(page, only) {
  // By the debugger, not by a script element: the content-security policy stays as it is.
  await page.evaluate(`window.axe === undefined && (() => { ${axe} })()`);
  const run = only === undefined ? { type: 'tag', values: TAGS } : { type: 'rule', values: only };
  const { violations: found, passes } = await page.evaluate((runOnly) => window.axe.run(document, { runOnly, resultTypes: ['violations', 'passes'] }), run);
  assert.ok(passes.length > 0, 'axe has looked at something');
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}\n  ${node.html.slice(0, 200)}\n  ${node.failureSummary}`));
}

for (const lang of ['en', 'zh']) {
  for (const { name, query = QUERY, go } of SCREENS) {
    test(`${name}, ${lang}, light and dark`, async () => {
      const page = await open(query, { lang, theme: 'light', reducedMotion: 'reduce' });
      await go(page);
      assert.deepEqual(await violations(page), []);
      // The same window in the other theme: what is there is the same, how it looks is not.
      await page.evaluate(() => (document.documentElement.dataset.theme = 'dark'));
      assert.deepEqual(await violations(page, ['color-contrast', 'link-in-text-block']), []);
    });
  }
}

for (const { name, query = QUERY, go } of SCREENS) {
  test(`${name} at 200 % zoom: no violation, and nothing sticks out`, async () => {
    const page = await open(query, { width: 640, height: 400, lang: 'en', theme: 'dark', reducedMotion: 'reduce' });
    // What is narrow hides words, not functions: the same way leads there.
    await go(page);
    assert.deepEqual(await violations(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
  });
}

test('axe itself finds what is wrong', async () => {
  const page = await open(QUERY);
  await page.getByTestId('transfer-row').first().waitFor();
  await page.evaluate(() => {
    const button = document.createElement('button');
    document.querySelector('main').append(button);
  });
  assert.match((await violations(page)).join('\n'), /button-name/);
});
