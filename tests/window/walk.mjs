// The way through all screens of the window, in one order: what one stop leaves open, its `leave` closes.
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { ARCHIVED, BUCKET, CALM, CLIP, FILM, makeTransfers, PREFIX, VERSIONED } from './content.mjs';
import { makeFile } from './files.mjs';
import { transferRow } from './scene.mjs';
import { until } from './window.mjs';

const [CTRL, SHIFT, ALT] = ['\uE009', '\uE008', '\uE00A'];
export const [ESC, ENTER, SPACE, DELETE] = ['\uE00C', '\uE007', ' ', '\uE017'];
const FOLDER = `tos://${BUCKET}/${PREFIX}`;
const SUNRISE = '北京航拍_长城日出_8K_RAW_2026-11-18_A机.mov';
const PASSPHRASE = 'a passphrase of some length';
const leftover = (key) => `[data-testid="leftover-row"][data-key="${key}"]`;

/** Files that are held over the window. */
let dragged;

const esc = ({ window }) => window.press(ESC);
/** A click on what only a hovering pointer is shown. */
const poke = (window, selector) => window.run((one) => document.querySelector(one).click(), selector);
/** WebDriver takes for seen what is under a footer that sticks. */
const reach = (window, id) => window.run((one) => document.querySelector(`[data-testid="${one}"]`).scrollIntoView({ block: 'center' }), id);
const rest = ({ window }) => window.run(() => document.activeElement?.blur());

/** Goes to an address in the browser, as text. */
async function goTo(window, address) {
  await window.click(`bucket-${BUCKET}`);
  await window.find('browser-status');
  await window.click('address-edit');
  await window.find('address');
  // Not as WebDriver clears a field: it leaves it, which is to leave the address as it was.
  await window.run((text) => {
    const field = document.querySelector('[data-testid="address"]');
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }, address);
  await window.press(ENTER);
  await pause(400);
}

async function folder({ window }) {
  await goTo(window, FOLDER);
  await window.find(window.object(PREFIX + CLIP));
}

async function chosen(stage, key = PREFIX + CLIP) {
  await folder(stage);
  await stage.window.click(stage.window.object(key));
  await stage.window.find('action-bar');
}

async function properties(stage, key) {
  await chosen(stage, key);
  await stage.window.click('properties-open');
  await until('the properties', () => stage.window.has('props-crc'));
}

const closeDrawer = async ({ window }) => {
  if (await window.has('properties-close')) await window.click('properties-close');
};

const list = (filter) => ({ window }) => window.click(`nav-${filter}`);

/** Details of a transfer: where they were closed, or lie over the list, they wait to be asked for. */
async function details({ window }, filter, name) {
  await window.click(`nav-${filter}`);
  if (await window.run(() => innerWidth < 1080 && document.querySelector('[data-testid="drawer-close"]') !== null)) await window.click('drawer-close');
  await window.click(transferRow(name));
  await pause(300);
  if (!(await window.has('drawer'))) await window.type('transfer-list', SPACE);
  await window.find('drawer');
}

const settings = (section) => ({
  name: `settings-${section}`,
  go: async ({ window }) => {
    await window.click('account-button');
    await window.click(`settings-${section}`);
  },
});

const FIRST = [
  { name: 'first-run', go: ({ window }) => window.find('connect') },
  {
    name: 'connect-more',
    go: async ({ window }) => {
      await window.click('[data-testid="connect"] .fold');
      await reach(window, 'proxy-explicit');
      await window.click('proxy-explicit');
    },
    leave: async ({ window }) => {
      await window.click('proxy-system');
      await window.type('connect-name', 'Studio');
      await window.click('[data-testid="connect"] .fold');
    },
  },
  {
    name: 'connect-refused',
    go: async ({ window, server }) => {
      await window.type('access-key', server.keys.TOS_ACCESS_KEY);
      await window.type('secret-key', 'of-another-key');
      await window.click('[data-testid="connect"] .preview button');
      await window.type('endpoint', server.endpoint);
      await window.click('connect-submit');
      await window.find('[data-testid="connect"] [role="alert"]');
    },
  },
  {
    name: 'connect',
    go: async ({ window, server }) => {
      await window.clear('secret-key');
      await window.type('secret-key', server.keys.TOS_SECRET_KEY);
      await window.click('check-run');
      await pause(1500);
    },
  },
  {
    name: 'passphrase',
    go: async ({ window }) => {
      await reach(window, 'keep-file');
      await window.click('keep-file');
      await window.find('passphrase-sheet');
      await window.type('passphrase-new', PASSPHRASE);
      await window.type('passphrase-again', 'another one');
    },
    leave: async ({ window }) => {
      await window.clear('passphrase-again');
      await window.type('passphrase-again', PASSPHRASE);
      await window.click('passphrase-keep');
      await until('the sheet to be gone', async () => !(await window.has('passphrase-sheet')));
    },
  },
  {
    name: 'empty',
    go: async ({ window }) => {
      await window.click('connect-submit');
      await window.find(`bucket-${BUCKET}`);
    },
  },
  ...['waiting', 'paused', 'failed', 'done'].map((filter) => ({ name: `empty-${filter}`, go: list(filter) })),
  { name: 'empty-receipts', go: list('receipts') },
  {
    name: 'empty-bucket',
    go: async ({ window }) => {
      await window.click('bucket-empty-one');
      await pause(500);
    },
  },
  { go: ({ window, server, path }) => makeTransfers(window, server, path) },
];

const TRANSFERS = [
  { name: 'active', go: async (stage) => { await stage.window.click('nav-active'); await pause(3000); } },
  {
    name: 'details',
    go: async (stage) => { await details(stage, 'active', SUNRISE); await pause(12_000); },
  },
  { name: 'details-end', go: ({ window }) => window.run(() => [...document.querySelectorAll('[data-testid="drawer"] *')].forEach((one) => (one.scrollTop = 10_000))) },
  { name: 'details-log', go: ({ window }) => window.click('[data-testid="drawer-tabs"] [role="tab"]:nth-of-type(2)') },
  { name: 'details-options', go: ({ window }) => window.click('[data-testid="drawer-tabs"] [role="tab"]:nth-of-type(3)'), leave: ({ window }) => window.click('[data-testid="drawer-tabs"] [role="tab"]:nth-of-type(1)') },
  { name: 'details-retrying', go: (stage) => details(stage, 'active', 'proxy-render-queue.tar'), leave: ({ window }) => window.click('drawer-close') },
  {
    name: 'own-limit',
    go: async ({ window }) => {
      await poke(window, `${transferRow(SUNRISE)} [data-testid="row-limit"]`);
      await window.find('own-limit-popover');
    },
    leave: esc,
  },
  {
    name: 'cancel',
    go: async ({ window }) => {
      await window.click(transferRow(SUNRISE));
      await window.type('transfer-list', DELETE);
      await window.find('confirm');
    },
    leave: esc,
  },
  { name: 'many-selected', go: async ({ window }) => { await window.click('nav-active'); await window.type('transfer-list', `${CTRL}a`); } },
  { name: 'waiting', go: list('waiting') },
  { name: 'paused', go: list('paused') },
  { name: 'paused-details', go: (stage) => details(stage, 'paused', 'rushes-day-9.mov') },
  { name: 'done', go: list('done') },
  { name: 'done-details', go: (stage) => details(stage, 'done', 'A012C031_261117_R2QK.braw'), leave: ({ window }) => window.click('drawer-close') },
  { name: 'failed', go: async ({ window }) => { await window.click('nav-failed'); await window.find('failed-group'); } },
  { name: 'failed-answer', go: async ({ window }) => { await window.click('[data-testid="failed-group"][data-code="forbidden"] ~ *, [data-testid="failed-row"]'); await window.find('failed-answer'); } },
  { name: 'failed-log', go: async ({ window }) => { await window.click('open-log'); await window.find('log-row'); }, leave: async ({ window }) => { if (await window.has('drawer-close')) await window.click('drawer-close'); } },
  { name: 'compact', go: async ({ window }) => { await window.click('nav-active'); await window.press(CTRL, SHIFT, '.'); } },
  { name: 'compact-bucket', go: folder, leave: ({ window }) => window.press(CTRL, SHIFT, '.') },
];

const BROWSER = [
  { name: 'bucket', go: async (stage) => { await folder(stage); await rest(stage); } },
  { name: 'bookmarked', go: async ({ window }) => { await window.click('bookmark-toggle'); } },
  { name: 'selected', go: (stage) => chosen(stage) },
  {
    name: 'many-objects',
    go: async ({ window }) => {
      await window.type('object-list', `${CTRL}a`);
    },
    leave: esc,
  },
  { name: 'address', go: async ({ window }) => { await window.click('address-edit'); }, leave: esc },
  { name: 'filter-none', go: async ({ window }) => { await window.type('browser-filter', 'zzz'); }, leave: async ({ window }) => window.clear('browser-filter') },
  { name: 'properties', go: (stage) => properties(stage, PREFIX + VERSIONED) },
  { name: 'properties-form', go: ({ window }) => window.click('props-edit'), leave: esc },
  {
    name: 'tags',
    go: async (stage) => {
      await stage.window.ask('set_object_tags', { bucket: BUCKET, key: PREFIX + VERSIONED, tags: [{ key: '项目', value: '长城日出' }, { key: 'cost-centre', value: 'film/2026' }] });
      await stage.window.click('properties-close');
      await properties(stage, PREFIX + VERSIONED);
      await stage.window.find('tags-edit');
      await pause(500);
      await stage.window.run(() => document.querySelector('[data-testid="tags"]').scrollIntoView());
    },
  },
  { name: 'tags-form', go: async ({ window }) => { await window.click('tags-edit'); await window.click('tags-add'); }, leave: esc },
  { name: 'versions', go: async ({ window }) => { await window.click('props-versions'); await window.find('version-row'); }, leave: async ({ window }) => { await window.click('props-overview'); } },
  { name: 'archived', go: (stage) => properties(stage, PREFIX + ARCHIVED) },
  { name: 'restore', go: async ({ window }) => { await window.click('props-restore'); await window.find('restore-sheet'); }, leave: async ({ window }) => { await window.click('restore-confirm'); await pause(800); } },
  { name: 'restoring', go: () => undefined, leave: closeDrawer },
  { name: 'link', go: async (stage) => { await chosen(stage); await stage.window.click('get-link'); await stage.window.find('link-note'); }, leave: esc },
  { name: 'rename', go: async (stage) => { await stage.window.click('rename'); await stage.window.find('rename-sheet'); }, leave: esc },
  { name: 'delete', go: async (stage) => { await stage.window.click('delete'); await stage.window.find('delete-sheet'); await pause(500); }, leave: esc },
  {
    name: 'delete-folder',
    go: async ({ window }) => { await goTo(window, `tos://${BUCKET}/`); await window.click(window.object('raw/')); await window.click('delete'); await window.find('delete-sum'); await pause(500); },
    leave: esc,
  },
  { name: 'download', go: async (stage) => { await chosen(stage); await stage.window.click('download-to'); await stage.window.find('download-sheet'); }, leave: esc },
  { name: 'copy', go: async (stage) => { await stage.window.click('copy-to'); await stage.window.click('copy-bucket-cold-archive'); await stage.window.find('copy-route'); await pause(400); } },
  { name: 'copy-relay', go: async (stage) => { await stage.window.click('copy-bucket-media-mirror-sh'); await pause(600); }, leave: esc },
  {
    name: 'upload-conflict',
    go: async ({ window, path }) => {
      window.willPick(path(`old/${PREFIX}${CLIP}`), path(`old/${PREFIX}LUT_Rec709_to_LogC4_v3.cube`));
      await window.click('upload');
      await window.find('conflict-overwrite');
      await window.click('conflict-overwrite');
    },
    leave: esc,
  },
  { name: 'new-folder', go: async ({ window }) => { await window.press(CTRL, SHIFT, 'n'); await window.find('new-folder-sheet'); await window.type('name-field', '精选/'); }, leave: esc },
  { name: 'bucket-sheet', go: async ({ window }) => { await window.click('bucket-properties'); await window.find('bucket-keep-versions'); } },
  { name: 'bucket-delete', go: async ({ window }) => { await window.click('bucket-delete'); await window.find('confirm'); } },
  { name: 'bucket-held', go: async ({ window }) => { await window.click('confirm-do'); await window.find('bucket-held'); await pause(800); }, leave: ({ window }) => window.click('bucket-close') },
  { name: 'new-bucket', go: async ({ window }) => { await window.click('new-bucket'); await window.type('new-bucket-name', 'Not a Name'); }, leave: esc },
  {
    name: 'bucket-denied',
    go: async ({ window, server }) => {
      await server.plan({ rules: ['ListObjects', 'ListObjectsV2'].map((verb) => ({ verb, when: { every: 1 }, fault: { status: { code: 403, tos_code: 'AccessDenied' } } })) });
      await window.click('bucket-ml-checkpoints');
      await pause(1500);
    },
  },
  {
    name: 'bucket-slow',
    go: async ({ window, server }) => {
      await server.plan({ ...CALM, rules: ['ListObjects', 'ListObjectsV2'].map((verb) => ({ verb, when: { every: 1 }, fault: { latency: { ms: 14_000 } } })) });
      await window.click('bucket-cold-archive');
      await pause(11_500);
    },
    leave: async ({ server }) => server.plan(CALM),
  },
  {
    name: 'drop',
    go: async (stage) => {
      await folder(stage);
      const files = ['A012C040.braw', '通告单_第14天.pdf', 'drone.csv'].map((name) => makeFile(stage.path(name), 300_000));
      dragged = await stage.seat.drag(stage.width + 150, files, [stage.width / 2, stage.height / 2]);
      await stage.window.find('drop-overlay');
    },
    leave: () => dragged.leave(),
  },
];

const TOOLS = [
  { name: 'leftovers', go: async ({ window }) => { await window.click('nav-leftovers'); await window.find(leftover(FILM)); await pause(1500); } },
  {
    name: 'leftover-other-file',
    go: async ({ window, path }) => {
      window.willPick(path('c.mov'));
      await window.click(`${leftover('exports/2026/wedding_张_final_v7.mov')} [data-testid="leftover-find"]`);
      await pause(2000);
    },
  },
  {
    name: 'leftover-compared',
    go: async ({ window, film }) => {
      window.willPick(film);
      await window.click(`${leftover(FILM)} [data-testid="leftover-find"]`);
      await window.find(`${leftover(FILM)} [data-testid="leftover-adopt"]`);
    },
  },
  { name: 'leftover-abort', go: async ({ window }) => { await window.click(`${leftover(FILM)} [data-testid="leftover-abort"]`); await window.find('confirm'); }, leave: esc },
  { name: 'clean-up', go: async ({ window }) => { await window.click('clean-up'); await window.find('clean-up-sheet'); await pause(800); }, leave: esc },
  {
    name: 'abort-rule',
    go: async ({ window }) => {
      await window.run((id, bucket) => { const select = document.querySelector(`[data-testid="${id}"]`); const field = select.matches('select') ? select : select.querySelector('select'); field.value = [...field.options].find((option) => option.textContent.includes(bucket)).value; field.dispatchEvent(new Event('change', { bubbles: true })); }, 'leftover-bucket', BUCKET);
      await pause(800);
      await window.click('abort-rule-open');
      await window.find('abort-rule');
      await pause(400);
    },
    leave: esc,
  },
  { name: 'receipts', go: async ({ window }) => { await window.click('nav-receipts'); await window.find('paper'); await pause(600); } },
  {
    name: 'receipts-all',
    go: async ({ window }) => { await window.click('export-all'); await window.find('paper-row'); await pause(800); },
  },
  { name: 'receipt-verified', go: async ({ window }) => { await window.click('paper-check'); await pause(2500); } },
  { name: 'receipt-details', go: async ({ window }) => { await window.click('paper-row'); await window.find('paper-details'); } },
  { name: 'receipts-none', go: async ({ window }) => { await window.type('history-search', 'zzz'); await pause(800); }, leave: async ({ window }) => { await window.clear('history-search'); } },
  {
    name: 'receipt-altered',
    go: async ({ window, path }) => { writeFileSync(path('altered.json'), '{}'); window.willPick(path('altered.json')); await window.click('verify-file'); await window.find('paper-error'); },
  },
];

const OVER = [
  { name: 'limits', go: async ({ window }) => { await window.click('nav-active'); await window.ask('set_limits', { limits: { ...(await window.ask('get_limits')), upload_bytes_s: 8 * 1024 ** 2 } }).catch((error) => console.error(error.message)); await window.press(CTRL, 'b'); await window.find('limits-popover'); } },
  {
    name: 'timetable',
    go: async ({ window }) => {
      const table = Array.from({ length: 168 }, (_, at) => (at >= 144 || at % 24 < 9 || at % 24 > 18 ? (at % 24 < 2 ? 's' : 'f') : 'l')).join('');
      await window.ask('set_timetable', { on: true, timetable: table }).catch((error) => console.error(error.message));
      await window.press(ESC);
      await window.press(CTRL, 'b');
      await window.find('timetable');
    },
    leave: async ({ window }) => { await window.press(ESC); await window.ask('set_timetable', { on: false, timetable: 'f'.repeat(168) }); },
  },
  { name: 'palette', go: async ({ window }) => { await window.press(CTRL, 'k'); await window.find('palette'); } },
  { name: 'palette-found', go: async ({ window }) => { await window.type('palette-field', 'me'); } },
  { name: 'palette-none', go: async ({ window }) => { await window.type('palette-field', 'zzzz'); }, leave: esc },
  { name: 'help', go: async ({ window }) => { await window.run(() => document.activeElement?.blur()); await window.press(SHIFT, '?'); await window.find('help'); }, leave: esc },
  ...['general', 'transfers', 'names', 'network', 'accounts', 'notifications', 'history', 'trust', 'keyboard', 'about'].map(settings),
  { name: 'settings-found', go: async ({ window }) => { await window.type('settings-find', 'o'); }, leave: async ({ window }) => window.clear('settings-find') },
  { name: 'settings-none', go: async ({ window }) => { await window.type('settings-find', 'zzz'); }, leave: async ({ window }) => window.clear('settings-find') },
  { name: 'change-passphrase', go: async ({ window }) => { await window.click('settings-accounts'); await window.click('change-passphrase'); await window.find('passphrase-sheet'); }, leave: esc },
  { name: 'forget-account', go: async ({ window }) => { await window.click('[data-testid^="forget-"]'); await window.find('confirm'); }, leave: esc },
  { name: 'change-account', go: async ({ window }) => { await window.click('[data-testid^="change-"]:not([data-testid="change-passphrase"])'); await window.find('connect'); }, leave: ({ window }) => window.click('connect-back') },
  { name: 'toast', go: async ({ window }) => { await window.click('nav-done'); await window.click('transfer-row'); await window.type('transfer-list', `${SHIFT}${DELETE}`); await window.find('toast'); } },
  {
    name: 'zoomed',
    go: async ({ window }) => {
      await window.click('nav-active');
      await until('200 %', async () => {
        await window.press(CTRL, '+');
        return (await window.ask('get_settings')).zoom_percent === 200;
      });
      await pause(1000);
    },
  },
  // By keys: WebDriver does not hit what it clicks in a window that is enlarged.
  { name: 'zoomed-bucket', go: async ({ window }) => { await window.press(CTRL, '2'); await pause(1500); }, leave: ({ window }) => window.press(CTRL, '0') },
  { name: 'quit', go: async ({ window, seat }) => { await window.click('nav-active'); await seat.close(); await window.find('quit-sheet'); }, leave: ({ window }) => window.click('quit-stay') },
  {
    name: 'server-gone',
    go: async ({ window, server }) => { await server.kill(); await window.click('nav-active'); await pause(6000); },
  },
  { name: 'bucket-unreachable', go: async ({ window }) => { await window.click('bucket-ml-checkpoints'); await pause(5000); }, leave: async ({ server }) => { await server.start(); await server.plan(CALM); } },
  {
    name: 'practice',
    go: async ({ window }) => { await window.click('account-button'); await window.click('settings-accounts'); await window.click('add-account'); await window.click('practice'); await window.click('bucket-practice'); await pause(800); },
  },
  {
    name: 'unlock',
    go: async ({ window, open }) => { await window.close(); await (await open()).find('unlock'); },
  },
  { name: 'unlock-wrong', go: async ({ window }) => { await window.type('unlock-passphrase', 'not this'); await window.click('unlock-submit'); await pause(2500); } },
  { name: 'locked', go: async ({ window }) => { await window.click('unlock-later'); await window.find('rail'); await pause(1500); } },
];

export const WALK = [...FIRST, ...TRANSFERS, ...BROWSER, ...TOOLS, ...OVER];
