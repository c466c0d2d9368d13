/** Words of error codes: a sentence for the drawer and sheets, three words for a row. */
import { isKey, type Key, messageOf, t } from './index.svelte';
import { placeholders } from './message';

/** Every code that a command or a transfer can carry; a test demands words in both languages for each. */
export const ERROR_CODES = [
  'network',
  'tls',
  'throttled',
  'server',
  'corrupted',
  'credentials',
  'credentials_expired',
  'clock_skew',
  'forbidden',
  'bucket_not_empty',
  'bucket_not_found',
  'object_not_found',
  'upload_mismatch',
  'upload_needed',
  'upload_not_found',
  'parts_mismatch',
  'already_exists',
  'source_changed',
  'archived',
  'cross_region',
  'invalid_name',
  'invalid_option',
  'unsupported',
  'not_tos',
  's3_endpoint',
  'store_full',
  'refused',
  'rename_too_large',
  'too_many_to_move',
  'source_missing',
  'source_unreadable',
  'source_is_folder',
  'target_is_folder',
  'target_exists',
  'target_unwritable',
  'disk_full',
  'mismatch',
  'folder_not_yet',
  'ledger_set_aside',
  'data_folder_busy',
  'account_missing',
  'ledger',
  'keychain_locked',
  'no_account',
  'no_file_dropped',
  'not_a_file',
  'engine_stopped',
  'checkpoint_encrypted',
  'checkpoint_not_begun',
  'checkpoint_not_upload',
  'file_elsewhere',
  'not_a_checkpoint',
  'not_a_receipt',
  'receipt_altered',
  'receipt_closed',
  'receipt_newer',
  'receipt_too_large',
  'address_not_found',
  'bucket_untested',
  'ca_file',
  'check_cancelled',
  'endpoint_invalid',
  'needs_bucket',
  'passphrase_too_short',
  'proxy_failed',
  'proxy_invalid',
  'region_invalid',
  'secret_missing',
  'secrets_damaged',
  'secrets_locked',
  'version_not_kept',
  'wrong_passphrase',
  'internal',
] as const;

type Coded = { code: string; params: Partial<Record<string, string>> };

/** The values of the sentence `key`. One that the error does not carry is a dash, not the name of a variable. */
function values(key: Key, error: Coded): Record<string, string> {
  const { params } = error;
  const filled: Record<string, string> = {};
  for (const name of placeholders(messageOf(key))) {
    // A file that has no path is an object, which has a name.
    filled[name] = params[name] || (name === 'path' ? params['name'] : undefined) || '–';
  }
  return filled;
}

/** The sentence: the fact, the cause, the act. An unknown code is named, never hidden. */
export function errorSentence(error: Coded): string {
  const key = `error.${error.code}`;
  return isKey(key) ? t(key, values(key, error)) : t('error.other', { code: error.code });
}

/** The cause in a few words, for the right column of a row. */
export function errorCause(error: Coded): string {
  const key = `cause.${error.code}`;
  return isKey(key) ? t(key, values(key, error)) : error.code;
}
