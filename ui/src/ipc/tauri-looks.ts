/**
 * Looks that are asked for in one turn go in one call: what a call costs the window is the call, and hardly what it
 * answers with.
 */
import { Failure } from './backend';
import { type AppError, commands, type Look, type Seen } from './bindings';

/** Rust answers no more at a time. */
const LOOKS_MAX = 16;

interface Asked {
  look: Look;
  answer: (seen: Seen) => void;
  fail: (reason: unknown) => void;
}

type Reply<T> = { status: 'ok'; data: T } | { status: 'error'; error: AppError };

let asked: Asked[] = [];

function told<T, S extends Seen>(reply: Reply<T>, seen: (data: T) => S): Seen {
  return reply.status === 'ok' ? seen(reply.data) : { of: 'refused', what: reply.error };
}

/** What is asked for alone has a command of its own. */
async function alone(look: Look): Promise<Seen> {
  switch (look.at) {
    case 'transfers':
      return told(await commands.transfers(look.filter, look.after, look.limit), (what) => ({ of: 'transfers', what }));
    case 'selected':
      return told(await commands.selected(look.filter), (what) => ({ of: 'selected', what }));
    case 'detail':
      return told(await commands.transferDetail(look.id), (what) => ({ of: 'detail', what }));
  }
}

async function together(looks: Look[]): Promise<Seen[]> {
  const reply = await commands.look(looks);
  if (reply.status === 'error') throw new Failure(reply.error);
  return reply.data;
}

async function send(some: Asked[]): Promise<void> {
  try {
    const looks = some.map((one) => one.look);
    const [only] = looks;
    const seen = only && looks.length === 1 ? [await alone(only)] : await together(looks);
    for (const [at, one] of some.entries()) {
      const answer = seen[at];
      if (answer) one.answer(answer);
      else one.fail(new Error('a look was not answered'));
    }
  } catch (reason) {
    for (const one of some) one.fail(reason);
  }
}

function sendAll(): void {
  const all = asked;
  asked = [];
  for (let at = 0; at < all.length; at += LOOKS_MAX) void send(all.slice(at, at + LOOKS_MAX));
}

/** Asks for one thing, together with whatever else is asked for in this turn. */
async function lookAt(look: Look): Promise<Exclude<Seen, { of: 'refused' }>> {
  const seen = await new Promise<Seen>((answer, fail) => {
    if (asked.push({ look, answer, fail }) === 1) queueMicrotask(sendAll);
  });
  if (seen.of === 'refused') throw new Failure(seen.what);
  return seen;
}

function other(of: string): Error {
  return new Error(`another question was answered: ${of}`);
}

/** The three that a list asks for with each pulse. */
export const looks = {
  async transfers(...[filter, after, limit]: Parameters<typeof commands.transfers>) {
    const seen = await lookAt({ at: 'transfers', filter, after, limit });
    if (seen.of !== 'transfers') throw other(seen.of);
    return seen.what;
  },
  async selected(...[filter]: Parameters<typeof commands.selected>) {
    const seen = await lookAt({ at: 'selected', filter });
    if (seen.of !== 'selected') throw other(seen.of);
    return seen.what;
  },
  async transferDetail(...[id]: Parameters<typeof commands.transferDetail>) {
    const seen = await lookAt({ at: 'detail', id });
    if (seen.of !== 'detail') throw other(seen.of);
    return seen.what;
  },
};
