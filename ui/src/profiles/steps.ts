/**
 * The check of a connection, told as steps.
 *
 * Rust makes one request and gives one answer. Which steps that answer proves follows from its code: a refused secret
 * means that the address was found and the connection stood. Nothing is claimed beyond that.
 */
import type { AppError } from '../ipc/backend';

export const STEPS = ['address', 'secure', 'secret', 'permission'] as const;
export type Step = (typeof STEPS)[number];
export type Mark = 'open' | 'running' | 'ok' | 'failed' | 'info';

/** Codes by the step that they stop at. What is not here says nothing about a step. */
const STOPS_AT: Readonly<Record<string, Step>> = {
  network: 'address',
  not_tos: 'address',
  s3_endpoint: 'address',
  tls: 'secure',
  credentials: 'secret',
  credentials_expired: 'secret',
  clock_skew: 'secret',
  forbidden: 'permission',
  bucket_not_found: 'permission',
  invalid_name: 'permission',
};

export type Outcome = 'idle' | 'running' | { error: AppError };

/** Being refused the list of buckets is no failure, as long as no bucket was named. */
export function marks(outcome: Outcome, bucketNamed: boolean): Record<Step, Mark> {
  const all = (mark: Mark): Record<Step, Mark> => ({ address: mark, secure: mark, secret: mark, permission: mark });
  if (outcome === 'idle') return all('open');
  if (outcome === 'running') return { ...all('open'), address: 'running' };
  const stop = STOPS_AT[outcome.error.code];
  const result = all('open');
  if (stop === undefined) return result;
  for (const step of STEPS) {
    if (step === stop) {
      result[step] = outcome.error.code === 'forbidden' && !bucketNamed ? 'info' : 'failed';
      break;
    }
    result[step] = 'ok';
  }
  return result;
}

/** The field to look at after a failure. */
export function fieldFor(code: string): 'endpoint' | 'secret' | 'bucket' | null {
  const step = STOPS_AT[code];
  if (step === 'secret') return code === 'clock_skew' ? null : 'secret';
  if (step === 'permission') return 'bucket';
  return step === undefined ? null : 'endpoint';
}
