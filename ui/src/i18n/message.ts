/**
 * The part of ICU messages that the words need: `{name}` and `{n, plural, one {# file} other {# files}}`.
 *
 * A hundred lines of a message library for two forms would be more to read than this; what it costs is that nested
 * plurals and select are not understood, and a test of the words fails if one is written.
 */
export type Params = Readonly<Record<string, string | number>>;

type Piece = { text: string } | { name: string } | { name: string; forms: Map<string, Piece[]> } | { hash: true };

const compiled = new Map<string, Piece[]>();

/** The message with its values. A missing value shows as its name, so that a fault is seen and nothing throws. */
export function formatMessage(message: string, params: Params, locale: string): string {
  let pieces = compiled.get(message);
  if (!pieces) {
    pieces = parse(message);
    compiled.set(message, pieces);
  }
  return render(pieces, params, locale, '');
}

/** The names of the values that a message shows; one that only chooses a plural form is not shown. */
export function placeholders(message: string): string[] {
  const names = new Set<string>();
  const walk = (pieces: Piece[]): void => {
    for (const piece of pieces) {
      if ('forms' in piece) {
        for (const form of piece.forms.values()) {
          if (form.some((inner) => 'hash' in inner)) names.add(piece.name);
          walk(form);
        }
      } else if ('name' in piece) names.add(piece.name);
    }
  };
  walk(parse(message));
  return [...names].sort();
}

function render(pieces: Piece[], params: Params, locale: string, hash: string): string {
  let out = '';
  for (const piece of pieces) {
    if ('text' in piece) out += piece.text;
    else if ('hash' in piece) out += hash;
    else if ('forms' in piece) {
      const count = Number(params[piece.name] ?? 0);
      const form = piece.forms.get(new Intl.PluralRules(locale).select(count)) ?? piece.forms.get('other') ?? [];
      out += render(form, params, locale, grouped(count));
    } else {
      const value = params[piece.name];
      out += value === undefined ? piece.name : typeof value === 'number' ? grouped(value) : value;
    }
  }
  return out;
}

/** Whole numbers with 1,234 grouping, in both languages. */
export function grouped(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en-US') : String(value);
}

function parse(message: string): Piece[] {
  const [pieces, end] = parseUntil(message, 0, false);
  if (end !== message.length) throw new Error(`unbalanced brace in “${message}”`);
  return pieces;
}

function parseUntil(message: string, start: number, inForm: boolean): [Piece[], number] {
  const pieces: Piece[] = [];
  let at = start;
  let text = '';
  const flush = (): void => {
    if (text !== '') pieces.push({ text });
    text = '';
  };
  while (at < message.length) {
    const char = message.charAt(at);
    if (char === '}') break;
    if (char === '#' && inForm) {
      flush();
      pieces.push({ hash: true });
      at += 1;
    } else if (char === '{') {
      flush();
      const [piece, next] = parseArgument(message, at + 1);
      pieces.push(piece);
      at = next;
    } else {
      text += char;
      at += 1;
    }
  }
  flush();
  return [pieces, at];
}

function parseArgument(message: string, start: number): [Piece, number] {
  const head = /^\s*(\w+)\s*(\}|,\s*plural\s*,)/.exec(message.slice(start));
  const name = head?.[1];
  if (!head || name === undefined) throw new Error(`not a placeholder in “${message}” at ${start}`);
  let at = start + head[0].length;
  if (head[2] === '}') return [{ name }, at];
  const forms = new Map<string, Piece[]>();
  for (;;) {
    const form = /^\s*(=?\w+)\s*\{/.exec(message.slice(at));
    const label = form?.[1];
    if (!form || label === undefined) break;
    const [pieces, end] = parseUntil(message, at + form[0].length, true);
    forms.set(label, pieces);
    at = end + 1;
  }
  const close = /^\s*\}/.exec(message.slice(at));
  if (!close || !forms.has('other')) throw new Error(`plural without “other” in “${message}”`);
  return [{ name, forms }, at + close[0].length];
}
