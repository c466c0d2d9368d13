// The last act of `make demo`: the window itself, on a virtual screen. Prints the path of its picture.
import { join } from 'node:path';
import { openDisplay, openFolder } from './display.mjs';
import { makeFile, MIB } from './files.mjs';
import { Window } from './window.mjs';

const display = await openDisplay();
const folder = await openFolder();
let window;
try {
  window = await Window.open({ display: display.name, folder: folder.path });
  await window.click('practice');
  await window.click('bucket-practice');
  window.willPick(makeFile(join(folder.path, 'demo.bin'), 64 * MIB));
  await window.click('upload');
  await window.click('nav-done');
  await window.row('demo.bin', 'done_verified');
  await window.click('[data-testid="transfer-row"][data-name="demo.bin"]');
  const [source, target] = [await window.text('source-crc'), await window.text('target-crc')];
  if (source !== target) throw new Error(`checksums differ: ${source}, ${target}`);
  console.log(await window.picture('demo'));
} finally {
  await window?.close();
  await folder.close();
  await display.close();
}
