// The stage with the mock's world in reach: it can be moved by hand, and looked into. Screenshots go to
// ../artifacts/window (not in git).
import { mkdirSync } from 'node:fs';
import { before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stage } from './stage.mjs';

const ARTIFACTS = fileURLToPath(new URL('../../artifacts/window', import.meta.url));

/** Call it once at the top of a file of journeys. */
export function worldStage() {
  const { open } = stage();
  const on = { page: undefined };

  before(() => mkdirSync(ARTIFACTS, { recursive: true }));

  return {
    get page() {
      return on.page;
    },
    async open(query, options) {
      on.page = await open(query, options);
    },
    at: (id) => on.page.getByTestId(id),
    shot: (name) => on.page.screenshot({ path: `${ARTIFACTS}/${name}.png` }),
    /** The mock behind the window. */
    world: (act, argument) => on.page.evaluate(`(${act})(window.ternMock, ${JSON.stringify(argument)})`),
  };
}
