// A walk through the real window with pictures of every screen, for people to look at. It compares nothing: what a
// program can tell is in the tests beside it.
//
//   node tests/window/tour.mjs [--size 900x560] [--language zh] [--theme dark] [--only name,name] FOLDER
//   node tests/window/tour.mjs --docs     takes the pictures of README and guides anew
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BUCKETS, fillBuckets, SETTINGS } from './content.mjs';
import { Seat } from './desk.mjs';
import { openDisplay, openFolder } from './display.mjs';
import { Server } from './server.mjs';
import { WALK } from './walk.mjs';
import { ROOT, Window } from './window.mjs';

/** Room beside the window, from which files are dragged. */
const BESIDE = 300;
/** Whatever moves when something opens has come to rest. */
const SETTLES_MS = 450;

/** The pictures of README and guides: the stop of the walk, and the name of the file. */
const DOCS = [
  {
    language: 'en',
    theme: 'light',
    names: {
      connect: 'connect',
      details: 'transfers',
      'failed-answer': 'failed',
      properties: 'browser',
      copy: 'copy',
      timetable: 'limits',
      'leftover-compared': 'leftovers',
      'receipt-verified': 'receipts',
    },
  },
  {
    language: 'zh',
    theme: 'dark',
    names: {
      details: 'transfers-zh-dark',
      'failed-answer': 'failed-zh-dark',
      properties: 'browser-zh-dark',
      timetable: 'limits-zh-dark',
      'settings-transfers': 'settings-zh-dark',
    },
  },
];

/** Goes all the way in one look. Gives the stops that could not be reached. */
async function tour({ size = '1280x800', language, theme, pictures, nameOf }) {
  const [width, height] = size.split('x').map(Number);
  const display = await openDisplay(`${width + BESIDE}x${height}`);
  const folder = await openFolder();
  const path = (file) => join(folder.path, file);
  const missed = [];
  let server, window;
  try {
    mkdirSync(path('data'), { recursive: true });
    writeFileSync(path('data/settings.json'), JSON.stringify({ ...SETTINGS, language, theme }));
    writeFileSync(path('data/window.json'), JSON.stringify({ x: 0, y: 0, width, height, scale: 1, maximized: false }));
    server = await Server.open(folder.path, BUCKETS);
    const film = await fillBuckets(server, path);
    const open = async () => (window = await Window.open({ display: display.name, folder: folder.path }));
    await open();
    const stage = { open, server, path, film, seat: new Seat(display.name), width, height };
    for (const { name, go, leave } of WALK) {
      stage.window = window;
      try {
        await go(stage);
        const picture = name === undefined ? undefined : nameOf(name);
        if (picture !== undefined) {
          await pause(SETTLES_MS);
          await window.picture(picture, pictures);
        }
        await leave?.({ ...stage, window });
      } catch (error) {
        missed.push(name);
        console.error(`${name}: ${error.message}`);
        await window.picture(`missed-${name}`).catch(() => undefined);
      }
    }
  } finally {
    await window?.close();
    await server?.kill();
    await folder.close();
    await display.close();
  }
  return missed;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    docs: { type: 'boolean', default: false },
    size: { type: 'string' },
    language: { type: 'string', default: 'en' },
    theme: { type: 'string', default: 'light' },
    only: { type: 'string' },
  },
});
const missed = [];
if (values.docs) {
  for (const { names, ...look } of DOCS) missed.push(...(await tour({ ...look, pictures: join(ROOT, 'docs/images'), nameOf: (name) => names[name] })));
} else {
  const only = values.only?.split(',');
  const nameOf = (name) => (only === undefined || only.includes(name) ? name : undefined);
  missed.push(...(await tour({ ...values, pictures: resolve(positionals[0] ?? 'artifacts/tour'), nameOf })));
}
if (missed.length > 0) {
  console.error(`not seen: ${missed.join(', ')}`);
  process.exitCode = 1;
}
