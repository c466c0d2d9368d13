/** Everything that the palette can find, from the session and the tables. */
import { type Command, COMMANDS } from '../commands/table';
import { bytes } from '../format/bytes';
import { LANGUAGES, t, wordsIn } from '../i18n/index.svelte';
import type { TransferRow } from '../ipc/backend';
import type { App } from '../session/app.svelte';
import { ROWS, SECTIONS } from '../settings/table';
import { choosable, type Entry } from './palette';

export type { Entry } from './palette';

/** A command is found by its words in every language: who reads Chinese may still type Latin letters. */
function everyWord({ words }: Command): string {
  return LANGUAGES.map((language) => wordsIn(language, words)).join(' ');
}

export function paletteEntries(app: App, running: readonly TransferRow[], show: (row: TransferRow) => void): Entry[] {
  const commands = choosable(COMMANDS, ({ id }) => app.offers.can(id)).map(
    (command): Entry => ({
      id: `command-${command.id}`,
      label: t(command.words),
      more: everyWord(command),
      kind: 'command',
      icon: command.icon,
      keys: command.keys,
      run: () => app.offers.run(command.id),
    }),
  );
  const buckets = (app.buckets ?? []).map(
    ({ name, region }): Entry => ({
      id: `bucket-${name}`,
      label: name,
      more: `tos://${name} ${region ?? ''}`,
      kind: 'bucket',
      icon: 'bucket',
      run: () => app.route.go({ screen: 'bucket', bucket: name, prefix: '' }),
    }),
  );
  const transfers = running.map(
    (row): Entry => ({
      id: `transfer-${row.id}`,
      label: row.size_bytes === null ? row.name : `${row.name} · ${bytes(row.size_bytes)}`,
      more: `${row.from} ${row.to}`,
      kind: 'transfer',
      icon: row.direction === 'upload' ? 'up' : row.direction === 'download' ? 'down' : 'swap',
      run: () => show(row),
    }),
  );
  const accounts = app.accounts
    .filter((account) => account.id !== app.account?.id)
    .map(
      (account): Entry => ({
        id: `account-${account.id}`,
        label: account.practice ? t('practice.account') : account.name,
        more: `${account.region} ${account.endpoint}`,
        kind: 'account',
        icon: account.practice ? 'flask' : 'key',
        run: () => void app.use(account.id),
      }),
    );
  const settings = ROWS.map(
    ({ id, section, name, help }): Entry => ({
      id: `setting-${id}`,
      label: t(name),
      more: [t('nav.settings'), ...LANGUAGES.flatMap((language) => [wordsIn(language, name), wordsIn(language, help)])].join(' '),
      kind: 'setting',
      icon: SECTIONS.find((one) => one.id === section)?.icon ?? 'gear',
      run: () => app.route.go({ screen: 'settings', section, row: id }),
    }),
  );
  return [...commands, ...buckets, ...transfers, ...accounts, ...settings];
}
