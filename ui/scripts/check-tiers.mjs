// Who may import whom. Primitives know no domain, features do not import each other, and only `ipc` knows Tauri.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

const SHARED = ['i18n', 'format', 'ui', 'ipc', 'session', 'target', 'rate', 'log', 'commands'];
/** What each folder may import from, beside itself and the files at the top (`testids`, `assert`). */
const ALLOWED = {
  styles: [],
  ipc: [],
  i18n: [],
  format: ['i18n'],
  // Names and paths are cut in one place; that file knows text only.
  ui: ['format/text'],
  commands: ['i18n', 'ui'],
  session: ['i18n', 'ipc', 'commands'],
  target: ['i18n', 'ipc', 'session', 'ui', 'format'],
  rate: ['i18n', 'format'],
  log: ['i18n', 'ipc', 'session', 'ui', 'format'],
  transfers: SHARED,
  browser: SHARED,
  upload: SHARED,
  copy: SHARED,
  limits: SHARED,
  profiles: SHARED,
  settings: SHARED,
  leftovers: SHARED,
  receipts: SHARED,
  shell: [...SHARED, 'transfers', 'browser', 'upload', 'copy', 'limits', 'profiles', 'settings', 'leftovers', 'receipts'],
  '': ['ipc', 'shell', 'styles'],
};

const faults = [];
let edges = 0;
for (const path of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
  if (!/\.(svelte|ts)$/.test(path) || /\.test\.ts$|test-setup/.test(path)) continue;
  const from = path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
  if (!(from in ALLOWED)) faults.push(`${path}: the folder ${from} has no place in scripts/check-tiers.mjs`);
  const text = readFileSync(join(SRC, path), 'utf8');
  for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
    edges += 1;
    if (target.startsWith('@tauri-apps/')) {
      if (from !== 'ipc') faults.push(`${path}: only ipc may import ${target}`);
      continue;
    }
    if (!target.startsWith('.')) continue;
    const to = relative(SRC, resolve(SRC, dirname(path), target));
    const folder = to.includes('/') ? to.slice(0, to.indexOf('/')) : '';
    const allowed = ALLOWED[from] ?? [];
    if (folder === from || (folder === '' && /^(testids|assert)$/.test(to))) continue;
    if (from === 'ui' && folder === '') faults.push(`${path}: a primitive may not know ${to}`);
    if (!allowed.includes(folder) && !allowed.includes(to)) faults.push(`${path}: ${from || 'the top'} may not import ${to}`);
  }
}
if (edges < 50) faults.push(`only ${edges} imports were found: the check itself is broken`);
for (const fault of faults) console.error(fault);
console.log(`${edges} imports checked, ${faults.length} against the tiers`);
process.exit(faults.length === 0 ? 0 : 1);
