/** The check of a connection as it is shown: five ticks in order, each told by Rust as it happens. */
import type { AppError, CheckProgress, CheckStep, StepState } from '../ipc/backend';

export const STEPS = ['address', 'secure', 'clock', 'secret', 'permission'] as const satisfies readonly CheckStep[];

/** A step that has not begun is absent. */
export type Told = Readonly<Partial<Record<CheckStep, StepState>>>;

export type Mark = 'open' | 'running' | 'ok' | 'warn' | 'info' | 'failed';

export type FieldName = 'accessKey' | 'secret' | 'token' | 'region' | 'endpoint' | 'proxy' | 'ca' | 'bucket';

export function withProgress(told: Told, progress: CheckProgress): Told {
  const { step, ...state } = progress;
  return { ...told, [step]: state };
}

/** A check that was given up is still running nowhere. */
export function withoutRunning(told: Told): Told {
  return Object.fromEntries(Object.entries(told).filter(([, state]) => state.state !== 'running'));
}

export function markOf(state: StepState | undefined): Mark {
  switch (state?.state) {
    case undefined:
      return 'open';
    case 'running':
      return 'running';
    case 'done':
      return 'ok';
    case 'failed':
      return 'failed';
    case 'note':
      return state.fact.fact === 'clock' || state.fact.fact === 'plain' ? 'warn' : 'info';
  }
}

/** The step that is waited for. */
export function runningStep(told: Told): CheckStep | null {
  return STEPS.find((step) => told[step]?.state === 'running') ?? null;
}

const FIELDS: Readonly<Record<string, FieldName>> = {
  address_not_found: 'endpoint',
  bucket_not_found: 'bucket',
  bucket_untested: 'bucket',
  ca_file: 'ca',
  credentials_expired: 'token',
  endpoint_invalid: 'endpoint',
  forbidden: 'bucket',
  invalid_name: 'bucket',
  needs_bucket: 'bucket',
  network: 'endpoint',
  not_tos: 'endpoint',
  proxy_failed: 'proxy',
  proxy_invalid: 'proxy',
  region_invalid: 'region',
  s3_endpoint: 'endpoint',
  secret_missing: 'secret',
};

/** The field to look at after a failure; null where no field can mend it. */
export function fieldFor(error: AppError): FieldName | null {
  switch (error.code) {
    case 'credentials':
      if (error.params['code'] === 'InvalidAccessKeyId') return 'accessKey';
      return error.params['code'] === 'InvalidSecurityToken' ? 'token' : 'secret';
    case 'tls':
      return error.params['problem'] === 'unknown_issuer' ? 'ca' : 'endpoint';
    default:
      return FIELDS[error.code] ?? null;
  }
}
