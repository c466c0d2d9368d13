/** The words of the check. Rust sends facts and codes; here they become a title and a sentence each. */
import { errorSentence } from '../i18n/errors';
import { isKey, t } from '../i18n/index.svelte';
import type { AppError, CheckStep, StepFact, StepState } from '../ipc/backend';

/** What a failure means to whoever fills the form in: more than its code alone says. */
export function failureSentence(error: AppError): string {
  const detail = error.code === 'tls' ? error.params['problem'] : error.code === 'ca_file' ? error.params['reason'] : error.code === 'credentials' ? error.params['code'] : undefined;
  const last = detail ?? '';
  const key = `check.${error.code}.${last}`;
  return isKey(key) ? t(key, { names: error.params['names'] ?? '', path: error.params['path'] ?? '' }) : errorSentence(error);
}

export function stepTitle(step: CheckStep, state: StepState | undefined): string {
  switch (state?.state) {
    case 'failed':
      return state.error.code === 'tls' ? t('check.secure.insecure') : t(`check.${step}.failed`);
    case 'done':
    case 'note':
      return factTitle(state.fact);
    default:
      return t(`check.${step}`);
  }
}

export function stepText(step: CheckStep, state: StepState | undefined): string {
  switch (state?.state) {
    case 'failed':
      return failureSentence(state.error);
    case 'done':
    case 'note':
      return factText(state.fact);
    case 'running':
      return t('check.running');
    default:
      return t(`check.${step}.text`);
  }
}

function factTitle(fact: StepFact): string {
  switch (fact.fact) {
    case 'address':
      return fact.proxy === null ? t('check.address.done') : t('check.address.proxy');
    case 'plain':
      return t('check.plain');
    case 'tls':
      return t('check.secure');
    case 'clock':
      if (fact.ahead_s === null) return t('check.clock.unknown');
      if (Math.abs(fact.ahead_s) < 5) return t('check.clock.done');
      return fact.ahead_s > 0 ? t('check.clock.ahead', { s: fact.ahead_s }) : t('check.clock.behind', { s: -fact.ahead_s });
    case 'signed':
      return t('check.secret.done');
    case 'buckets':
      return t('check.buckets', { n: fact.count });
    case 'no_list':
      return t('check.noList');
    case 'place':
      return t('check.place');
    case 'place_unlisted':
      return t('check.unlisted');
    case 'untested':
      return t('check.untested');
  }
}

function factText(fact: StepFact): string {
  switch (fact.fact) {
    case 'address':
      if (fact.proxy !== null) return t('check.address.proxyText', { proxy: fact.proxy, ms: fact.elapsed_ms });
      return fact.address === '' ? fact.host : t('check.address.text.found', { host: fact.host, ms: fact.elapsed_ms });
    case 'plain':
      return t('check.plain.text');
    case 'tls':
      return t(fact.extra_ca ? 'check.tls.extra' : 'check.tls.system', { version: fact.version });
    case 'clock':
      if (fact.ahead_s === null) return t('check.clock.unknown.text');
      return t(Math.abs(fact.ahead_s) < 5 ? 'check.clock.done.text' : 'check.clock.corrected');
    case 'signed':
      return t('check.secret.done.text');
    case 'buckets':
      return t('check.buckets.text');
    case 'no_list':
      return t('check.noList.text');
    case 'place':
      return fact.path;
    case 'place_unlisted':
      return t('check.unlisted.text', { path: fact.path });
    case 'untested':
      return t('check.untested.text', { path: fact.path });
  }
}
