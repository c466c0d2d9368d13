// How the window's figures are kept and shown: a line each, with its goal, and a JSON file of all.
import { writeFileSync } from 'node:fs';

export class Figures {
  #all = [];

  /** Notes a figure; a goal is the most that it should be. */
  note(figure, value, unit, goal) {
    const rounded = Math.round(value * 100) / 100;
    this.#all.push({ figure, value: rounded, unit, ...(goal === undefined ? {} : { goal, met: rounded <= goal }) });
  }

  /** Prints all, and writes them to a file if one is named. */
  end(path) {
    for (const { figure, value, unit, goal, met } of this.#all) {
      const verdict = goal === undefined ? '' : `   (goal ${goal}: ${met ? 'met' : 'MISSED'})`;
      console.log(`${figure.padEnd(52)} ${String(value).padStart(8)} ${unit}${verdict}`);
    }
    if (path) writeFileSync(path, `${JSON.stringify(this.#all, null, 2)}\n`);
  }
}
