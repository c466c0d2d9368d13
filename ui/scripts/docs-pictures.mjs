/** The pictures of README and guides are those that the journeys compare with, so that they are as true. */
import { copyFileSync } from 'node:fs';

const PICTURES = {
  'en-light': {
    'active.png': 'transfers.png',
    'connect.png': 'connect.png',
    'copy.png': 'copy.png',
    'failed-answer.png': 'failed.png',
    'leftover-compared.png': 'leftovers.png',
    'properties.png': 'browser.png',
    'timetable.png': 'limits.png',
  },
  'zh-dark': {
    'active.png': 'transfers-zh-dark.png',
    'failed-answer.png': 'failed-zh-dark.png',
    'properties.png': 'browser-zh-dark.png',
    'settings-transfers.png': 'settings-zh-dark.png',
    'timetable.png': 'limits-zh-dark.png',
  },
};

for (const [look, names] of Object.entries(PICTURES)) {
  for (const [picture, name] of Object.entries(names)) {
    copyFileSync(new URL(`../journeys/pictures/${look}/${picture}`, import.meta.url), new URL(`../../docs/images/${name}`, import.meta.url));
  }
}
