// What showing a transfer costs: an upload of 2 GiB at 100 MB/s with 64 parts in flight, in the real window with its drawer
// open, and the same by the command line. `node bench/live.mjs [OUT.json]`; run by `scripts/bench --loads live`.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gone, openDisplay, openFolder } from '../tests/window/display.mjs';
import { makeFile, MIB } from '../tests/window/files.mjs';
import { Server } from '../tests/window/server.mjs';
import { until, Window } from '../tests/window/window.mjs';
import { Figures } from './figures.mjs';

const SIZE_BYTES = 2048 * MIB;
const PART_BYTES = 8 * MIB;
const PARTS_IN_FLIGHT = 64;
const MEGABYTES_A_SECOND = 100;
/** From the first shown bytes on: buffers fill, and the drawer opens. */
const SETTLE_MS = 4_000;
const LOOK_MS = 10_000;
/** Until its cost is measured. */
const HELD_BYTES_A_SECOND = 64 * 1024;
const WEB_GOAL = 0.15;
const MAIN_GOAL = 1.1;
/** What /proc counts in: Linux promises programs 100 a second. */
const TICKS_A_SECOND = 100;

/** CPU seconds that a process has used. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** CPU seconds of those threads of a process that draw and talk to the page; the engine's are tokio's. */
function drawingSeconds(pid) {
  const seconds = (thread) => {
    const read = (file) => readFileSync(`/proc/${pid}/task/${thread}/${file}`, 'utf8');
    return read('comm').startsWith('tokio') ? 0 : Number(read('schedstat').split(' ')[0]) / 1e9;
  };
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + seconds(thread), 0);
}

/** Processes below one, that one included. */
function family(root) {
  const parents = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      parents.set(Number(pid), Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1]));
    } catch {
      continue; // it has just ended
    }
  }
  const all = [root];
  for (const one of all) all.push(...[...parents].filter(([, parent]) => parent === one).map(([pid]) => pid));
  return all;
}

function named(pids, name) {
  const found = pids.find((pid) => readlinkSync(`/proc/${pid}/exe`).endsWith(name));
  if (found === undefined) throw new Error(`no process is called ${name}`);
  return found;
}

/** CPU seconds of a program from its start to its end, as the shell's `time` has them. */
async function cpuOf(command, environment) {
  const child = spawn('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$@" >/dev/null', 'bash', ...command], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data) => (said += data));
  await gone(child);
  if (child.exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${child.exitCode}: ${said}`);
  return said.trim().split('\n').at(-1).split(' ').reduce((sum, seconds) => sum + Number(seconds), 0);
}

const figures = new Figures();
const display = await openDisplay();
const folder = await openFolder();
let server, window;
try {
  server = await Server.open(folder.path, { buckets: ['load'] });
  await server.plan({ mbps: MEGABYTES_A_SECOND });
  const source = makeFile(join(folder.path, 'film.bin'), SIZE_BYTES);

  const cli = await cpuOf(
    [process.env.TERN_CLI, 'cp', source, 'tos://load/by-command', '--json', '--part-size', '8MiB', '--parallel', String(PARTS_IN_FLIGHT)],
    { PATH: process.env.PATH, HOME: folder.path, TERN_DATA_DIR: join(folder.path, 'cli'), DBUS_SYSTEM_BUS_ADDRESS: 'disabled:', ...server.keys },
  );

  window = await Window.open({ display: display.name, folder: folder.path, environment: { TERN_LOG: 'warn' } });
  const settings = await window.ask('get_settings');
  await window.ask('set_settings', { settings: { ...settings, part_size_bytes: PART_BYTES, parallel_parts: PARTS_IN_FLIGHT } });
  await window.type('access-key', server.keys.TOS_ACCESS_KEY);
  await window.type('secret-key', server.keys.TOS_SECRET_KEY);
  await window.click('[data-testid="connect"] .preview button');
  await window.type('endpoint', server.endpoint);
  await window.click('connect-submit');
  await window.click('bucket-load');
  await window.find('browser-status');
  const processes = family(window.pid);
  const [main, web] = [named(processes, '/tern'), named(processes, '/WebKitWebProcess')];

  // Clicking through the sheet is no part of the transfer: it is held until its drawer is open.
  await window.ask('set_limits', { limits: { upload_bytes_s: HELD_BYTES_A_SECOND, download_bytes_s: null } });
  window.willPick(source);
  await window.click('upload');
  await window.click('nav-active');
  await window.click('[data-testid="transfer-row"][data-name="film.bin"]');
  await window.find('piece-map');
  await pause(SETTLE_MS);
  const [mainBefore, drawingBefore] = [cpuSeconds(main), drawingSeconds(main)];
  await window.ask('set_limits', { limits: { upload_bytes_s: null, download_bytes_s: null } });
  await pause(SETTLE_MS);
  const [webBefore, began] = [cpuSeconds(web), performance.now()];
  await pause(LOOK_MS);
  const webShare = (cpuSeconds(web) - webBefore) / ((performance.now() - began) / 1000);
  const [row] = (await window.ask('transfers', { filter: 'active', after: null, limit: 50 })).rows;
  if (!row) throw new Error('the upload was over before its cost was known');
  await until('the upload to be verified', async () => {
    await pause(1_000);
    const { rows } = await window.ask('transfers', { filter: 'done', after: null, limit: 50 });
    return rows[0]?.state === 'done_verified';
  });
  const [mainUsed, drawingUsed] = [cpuSeconds(main) - mainBefore, drawingSeconds(main) - drawingBefore];

  figures.note('web process, CPU seconds a second', webShare, '', WEB_GOAL);
  figures.note('main process, CPU seconds for 2 GiB', mainUsed, 's');
  figures.note('command line, CPU seconds for 2 GiB', cli, 's');
  figures.note('main process / command line', mainUsed / cli, '', MAIN_GOAL);
  figures.note('the same without the threads that draw', (mainUsed - drawingUsed) / cli, '');
} finally {
  await window?.close();
  await server?.kill();
  await folder.close();
  await display.close();
}
figures.end(process.argv[2]);
