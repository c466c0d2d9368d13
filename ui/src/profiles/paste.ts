/** Reads a key pair out of what people paste: two lines, `NAME=value` lines, a console's CSV, or JSON. */
export interface PastedKeys {
  accessKey: string;
  secretKey: string;
  token: string;
  region: string;
  endpoint: string;
}

const NAMES: readonly (readonly [keyof PastedKeys, RegExp])[] = [
  ['token', /token/],
  ['secretKey', /secret|^sk$/],
  ['accessKey', /access|key_?id|^ak$/],
  ['region', /region/],
  ['endpoint', /endpoint/],
];

function fieldOf(name: string): keyof PastedKeys | null {
  const plain = name.toLowerCase().replace(/[^a-z]+/g, '_').replace(/^_|_$/g, '');
  return NAMES.find(([, pattern]) => pattern.test(plain))?.[0] ?? null;
}

function unquoted(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1[,;]?$/, '$2').trim();
}

/** Null if this is no more than one value: then it is for the field that it was pasted into. */
export function parsePaste(text: string): PastedKeys | null {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const found: PastedKeys = { accessKey: '', secretKey: '', token: '', region: '', endpoint: '' };

  const named = /^(?:export\s+|set\s+|\$env:)?["']?([\w .-]+?)["']?\s*[=:]\s*(.+?),?$/i;
  for (const line of lines) {
    const match = named.exec(line);
    const field = match?.[1] === undefined ? null : fieldOf(match[1]);
    if (field && match?.[2] !== undefined) found[field] = unquoted(match[2]);
  }
  if (found.accessKey !== '' && found.secretKey !== '') return found;

  const head = lines[0]?.split(',').map((cell) => fieldOf(unquoted(cell)));
  if (head && head.length > 1 && head.filter(Boolean).length > 1) {
    const cells = lines[1]?.split(',') ?? [];
    for (const [index, field] of head.entries()) {
      const cell = cells[index];
      if (field && cell !== undefined) found[field] = unquoted(cell);
    }
    if (found.accessKey !== '' && found.secretKey !== '') return found;
  }

  const [first, second] = lines;
  if (lines.length === 2 && first !== undefined && second !== undefined && !/\s/.test(first + second)) {
    return { ...found, accessKey: unquoted(first), secretKey: unquoted(second) };
  }
  return null;
}
