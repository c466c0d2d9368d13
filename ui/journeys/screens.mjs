// Every screen of the window and what lies over them: the way to each, for the journeys that look at all of them.
// `busy`: it changes by itself, or looks like its neighbours, so that it is not compared as a picture.

const settings = ['general', 'transfers', 'names', 'network', 'accounts', 'notifications', 'history', 'trust', 'keyboard', 'about'];

const list = (page, filter) => page.getByTestId(`nav-${filter}`).click();
const rows = (page) => page.getByTestId('transfer-row').first().waitFor();

const FILM = 'documentary/黄河/EP03_master_ProRes4444_4K.mov';

async function leftovers(page) {
  await page.getByTestId('nav-leftovers').click();
  // Measured, as far as they are in view.
  await page.locator('[data-testid="leftover-row"] .ghost').first().waitFor({ state: 'detached' });
}

async function folder(page) {
  await page.getByTestId('bucket-media-archive').click();
  for (const key of ['raw/', 'raw/2026/', 'raw/2026/11/']) await page.locator(`[data-key="${key}"]`).dblclick();
  await page.locator('[data-key="raw/2026/11/A012C004_261117_R2QK.braw"]').waitFor();
}

async function selected(page) {
  await folder(page);
  await page.locator('[data-key="raw/2026/11/A012C004_261117_R2QK.braw"]').click();
  await page.getByTestId('action-bar').waitFor();
}

async function bucketSheet(page) {
  await folder(page);
  await page.keyboard.press('Control+i');
  await page.getByTestId('bucket-keep-versions').waitFor();
}

export const SCREENS = [
  { name: 'connect', query: 'mock', go: (page) => page.getByTestId('practice').waitFor() },
  { name: 'active', go: rows },
  {
    name: 'details',
    busy: true,
    go: async (page) => {
      await page.getByTestId('transfer-row').first().click();
      // Where it lies over the list it waits to be asked for.
      if ((await page.evaluate(() => window.innerWidth)) < 1080) await page.keyboard.press('Space');
      await page.getByTestId('drawer').waitFor();
    },
  },
  ...['waiting', 'paused', 'done'].map((filter) => ({
    name: filter,
    go: async (page) => {
      await list(page, filter);
      await rows(page);
    },
  })),
  {
    name: 'failed',
    go: async (page) => {
      await list(page, 'failed');
      await page.getByTestId('failed-group').first().waitFor();
    },
  },
  {
    name: 'failed-answer',
    go: async (page) => {
      await list(page, 'failed');
      await page.getByTestId('failed-row').first().click();
      await page.getByTestId('failed-answer').waitFor();
    },
  },
  {
    name: 'failed-log',
    go: async (page) => {
      await list(page, 'failed');
      await page.locator('[data-testid="failed-group"][data-code="mismatch"]').getByTestId('open-log').click();
      await page.getByTestId('log-row').first().waitFor();
    },
  },
  {
    name: 'empty',
    query: 'mock&still',
    go: async (page) => {
      await page.getByTestId('practice').click();
      await page.getByTestId('bucket-practice').waitFor();
      await page.getByRole('heading', { level: 2 }).last().waitFor();
    },
  },
  { name: 'bucket', go: folder },
  { name: 'selected', go: selected },
  {
    name: 'properties',
    go: async (page) => {
      await selected(page);
      await page.keyboard.press('Alt+Enter');
      await page.getByTestId('properties').waitFor();
      await page.getByTestId('properties').locator('[aria-busy="true"]').waitFor({ state: 'detached' });
    },
  },
  {
    name: 'tags',
    busy: true,
    go: async (page) => {
      await selected(page);
      await page.keyboard.press('Alt+Enter');
      await page.getByTestId('tags-edit').click();
      await page.getByTestId('tags-form').waitFor();
    },
  },
  { name: 'bucket-properties', go: bucketSheet },
  {
    name: 'bucket-held',
    busy: true,
    go: async (page) => {
      await bucketSheet(page);
      await page.getByTestId('bucket-delete').click();
      await page.getByTestId('confirm-do').click();
      await page.getByTestId('bucket-held-objects').waitFor();
    },
  },
  { name: 'leftovers', go: leftovers },
  {
    name: 'leftover-compared',
    go: async (page) => {
      await leftovers(page);
      const row = page.locator(`[data-testid="leftover-row"][data-key="${FILM}"]`);
      await page.evaluate((path) => void (window.ternMock.pickFiles = async () => [path]), `/home/lin/${FILM.slice(FILM.lastIndexOf('/') + 1)}`);
      await row.getByTestId('leftover-find').click();
      await row.getByTestId('leftover-adopt').waitFor();
    },
  },
  {
    name: 'clean-up',
    go: async (page) => {
      await leftovers(page);
      await page.getByTestId('clean-up').click();
      await page.locator('[data-testid="clean-up-do"]:enabled').waitFor();
    },
  },
  {
    name: 'receipts',
    go: async (page) => {
      await page.getByTestId('nav-receipts').click();
      await page.getByTestId('paper').waitFor();
    },
  },
  {
    name: 'receipts-all',
    go: async (page) => {
      await page.getByTestId('nav-receipts').click();
      await page.getByTestId('paper').waitFor();
      await page.getByTestId('export-all').click();
      await page.getByTestId('paper-row').nth(3).waitFor();
    },
  },
  {
    name: 'copy',
    go: async (page) => {
      await selected(page);
      await page.keyboard.press('Control+Shift+c');
      await page.getByTestId('copy-sheet').waitFor();
      await page.getByTestId('copy-bucket-cold-archive').click();
    },
  },
  {
    name: 'upload',
    go: async (page) => {
      await rows(page);
      await page.keyboard.press('Control+u');
      await page.getByTestId('upload-sheet').waitFor();
    },
  },
  {
    name: 'limits',
    go: async (page) => {
      await rows(page);
      await page.keyboard.press('Control+b');
      await page.getByTestId('limits-popover').waitFor();
    },
  },
  {
    name: 'timetable',
    go: async (page) => {
      await rows(page);
      await page.keyboard.press('Control+b');
      await page.locator('[data-cell="9"]').dragTo(page.locator('[data-cell="138"]'));
      await page.locator('[data-testid="timetable-switch"]:checked, [data-testid="timetable-switch"][aria-checked="true"]').waitFor();
    },
  },
  {
    name: 'confirm',
    go: async (page) => {
      await list(page, 'paused');
      await page.locator('[data-name="rushes-day-9.mov"]').click();
      await page.keyboard.press('Delete');
      await page.getByTestId('confirm').waitFor();
    },
  },
  {
    name: 'new-bucket',
    go: async (page) => {
      await page.getByTestId('new-bucket').click();
      await page.getByTestId('new-bucket-sheet').waitFor();
    },
  },
  {
    name: 'palette',
    go: async (page) => {
      await rows(page);
      await page.keyboard.press('Control+k');
      await page.getByTestId('palette').waitFor();
    },
  },
  {
    name: 'help',
    go: async (page) => {
      await rows(page);
      await page.keyboard.press('?');
      await page.getByTestId('help').waitFor();
    },
  },
  ...settings.map((section) => ({
    name: `settings-${section}`,
    busy: !['general', 'transfers', 'accounts', 'keyboard'].includes(section),
    go: async (page) => {
      await page.getByTestId('account-button').click();
      await page.getByTestId(`settings-${section}`).click();
    },
  })),
  {
    name: 'toast',
    busy: true,
    go: async (page) => {
      await rows(page);
      await page.keyboard.press('Control+Shift+Period');
      await page.getByTestId('toast').waitFor();
    },
  },
  {
    name: 'banner',
    go: async (page) => {
      await rows(page);
      await page.evaluate(() => window.ternMock.push({ type: 'notice', notice: { code: 'engine_stopped', params: {}, retryable: false } }));
      await page.getByTestId('banner').waitFor();
    },
  },
  {
    name: 'drop',
    go: async (page) => {
      await rows(page);
      await page.evaluate(() => window.ternMock.push({ type: 'drag_over', paths: 3 }));
      await page.getByTestId('drop-overlay').waitFor();
    },
  },
];

/** The moment that pictures show. */
export const MOMENT = '2026-11-21T14:31:00+08:00';
export const QUERY = 'mock=studio&still';
