/** What is said of an unfinished upload: its pill, its sentence, its age. */
import { bytes } from '../format/bytes';
import { duration } from '../format/time';
import { errorSentence } from '../i18n/errors';
import { t } from '../i18n/index.svelte';
import type { ShownState } from '../ipc/backend';
import type { Leftover } from './store.svelte';

export interface Pill {
  text: string;
  tone: 'ok' | 'warn' | 'calm' | 'accent';
}

const MOVING: readonly ShownState[] = ['scanning', 'waiting', 'transferring', 'verifying', 'no_network', 'retrying', 'cancelling'];

/** Whether a transfer of ours works on it by itself. */
export function isMoving(item: Leftover): boolean {
  return item.row.transfer !== null && MOVING.includes(item.row.transfer.state);
}

export function begunBy(item: Leftover): string {
  const { needed_by, left_behind_by } = item.row;
  return needed_by !== null || left_behind_by !== null ? t('left.begunHere') : t('left.begunElsewhere');
}

export function pillOf(item: Leftover): Pill {
  const { row, held, match } = item;
  if (row.needed_by !== null) {
    if (held?.source === 'missing') return { text: t('left.pill.deleted'), tone: 'warn' };
    if (held?.source === 'changed') return { text: t('left.pill.changed'), tone: 'warn' };
    if (isMoving(item)) return { text: t('left.pill.moving'), tone: 'accent' };
    return { text: t('left.pill.checkpoint'), tone: 'ok' };
  }
  if (item.comparing) return { text: t('left.pill.comparing'), tone: 'accent' };
  if (match?.error) return { text: t('left.pill.another'), tone: 'warn' };
  if (match?.compared) {
    const differ = countOf(match.compared.parts, 'x');
    return differ > 0 ? { text: t('left.pill.differ', { n: differ }), tone: 'warn' } : { text: t('left.pill.matches'), tone: 'ok' };
  }
  if (row.left_behind_by !== null) return { text: t('left.pill.over'), tone: 'calm' };
  return { text: t('left.pill.noFile'), tone: 'calm' };
}

export function countOf(parts: string, letter: string): number {
  let n = 0;
  for (const one of parts) if (one === letter) n += 1;
  return n;
}

/** Why it can, or cannot, be gone on with. */
export function sentenceOf(item: Leftover): string {
  const { row, held, match } = item;
  if (row.needed_by !== null) {
    if (held?.source === 'missing') return t('left.why.deleted');
    if (held?.source === 'changed') return t('left.why.changed');
    return isMoving(item) ? t('left.why.moving') : t('left.why.paused');
  }
  if (item.comparing) return t('left.why.comparing');
  if (match?.error) return errorSentence(match.error);
  if (match?.compared) {
    if (match.compared.parts_listed === 0) return t('left.why.noParts');
    return item.matches ? t('left.why.matches') : t('left.why.differ', { n: countOf(match.compared.parts, 'x') });
  }
  if (item.checkpoint !== null) {
    const { recordedFile } = item.checkpoint;
    return recordedFile === null ? t('left.why.checkpointNoFile') : t('left.why.checkpointMoved', { path: recordedFile });
  }
  return row.left_behind_by !== null ? t('left.why.over') : t('left.why.noFile');
}

/** The first thing that can be done with it: its first button, and Enter on its open row. */
export function firstAct(item: Leftover): 'keep' | 'resume' | 'show' | 'stop' | 'adopt' | 'find' {
  if (item.leaving) return 'keep';
  if (item.row.needed_by !== null) {
    const actions = item.row.transfer?.actions;
    return (actions?.resume || actions?.retry) && item.held?.source !== 'missing' ? 'resume' : 'show';
  }
  if (item.comparing) return 'stop';
  return item.matches ? 'adopt' : 'find';
}

/** How long ago, in a few words. */
export function ago(ms: number, now: number): string {
  return t('left.ago', { time: duration(Math.max(0, now - ms) / 1_000) });
}

/** What the question before an abort names: how much, and how old. */
export function abortTitle(item: Leftover, now: number): string {
  const size = item.held === undefined ? null : bytes(item.held.size_bytes);
  const begun = item.row.initiated_ms;
  const age = begun === null ? null : duration(Math.max(0, now - begun) / 1_000);
  if (size !== null && age !== null) return t('left.abortTitle', { bytes: size, time: age });
  return size === null ? t('left.abortTitlePlain') : t('left.abortTitleBytes', { bytes: size });
}
