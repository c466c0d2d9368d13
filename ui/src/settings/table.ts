/**
 * The settings by name: what the search looks through, and what the palette offers.
 *
 * A row is drawn by its section; its words are here, so that a row cannot be on the screen and not be found.
 */
import type { Key } from '../i18n/index.svelte';
import type { IconName } from '../ui/icons';

export const SECTIONS = [
  { id: 'general', words: 'settings.general', icon: 'gear' },
  { id: 'transfers', words: 'settings.transfers', icon: 'swap' },
  { id: 'names', words: 'settings.names', icon: 'edit' },
  { id: 'network', words: 'settings.network', icon: 'net' },
  { id: 'accounts', words: 'settings.accounts', icon: 'key' },
  { id: 'notifications', words: 'settings.notifications', icon: 'bell' },
  { id: 'history', words: 'settings.history', icon: 'receipt' },
  { id: 'trust', words: 'settings.trust', icon: 'shield' },
  { id: 'keyboard', words: 'settings.keyboard', icon: 'kbd' },
  { id: 'about', words: 'settings.about', icon: 'info' },
] as const satisfies readonly { id: string; words: Key; icon: IconName }[];

export type SectionId = (typeof SECTIONS)[number]['id'];

export const ROWS = [
  { id: 'language', section: 'general', name: 'settings.language', help: 'settings.languageHelp' },
  { id: 'theme', section: 'general', name: 'settings.theme', help: 'settings.themeHelp' },
  { id: 'density', section: 'general', name: 'settings.density', help: 'settings.densityHelp' },
  { id: 'zoom', section: 'general', name: 'settings.zoom', help: 'settings.zoomHelp' },

  { id: 'transfersMax', section: 'transfers', name: 'settings.transfersMax', help: 'settings.transfersMaxHelp' },
  { id: 'speed', section: 'transfers', name: 'limit.title', help: 'settings.speedHelp' },
  { id: 'onBattery', section: 'transfers', name: 'settings.onBattery', help: 'settings.onBatteryHelp' },
  { id: 'onMetered', section: 'transfers', name: 'settings.onMetered', help: 'settings.onMeteredHelp' },
  { id: 'parallelParts', section: 'transfers', name: 'settings.parallelParts', help: 'settings.parallelPartsHelp' },
  { id: 'partSize', section: 'transfers', name: 'settings.partSize', help: 'settings.partSizeHelp' },
  { id: 'verify', section: 'transfers', name: 'settings.verify', help: 'settings.verifyHelp' },

  { id: 'downloads', section: 'names', name: 'settings.downloads', help: 'settings.downloadsHelp' },
  { id: 'conflict', section: 'names', name: 'settings.conflict', help: 'settings.conflictHelp' },
  { id: 'safeNames', section: 'names', name: 'settings.safeNames', help: 'settings.safeNamesHelp' },

  { id: 'proxy', section: 'network', name: 'settings.proxy', help: 'settings.proxyHelp' },

  { id: 'accounts', section: 'accounts', name: 'settings.accounts', help: 'settings.accountsHelp' },

  { id: 'notifyDone', section: 'notifications', name: 'settings.notifyDone', help: 'settings.notifyDoneHelp' },
  { id: 'notifyAttention', section: 'notifications', name: 'settings.notifyAttention', help: 'settings.notifyAttentionHelp' },

  { id: 'historyDays', section: 'history', name: 'settings.historyDays', help: 'settings.historyDaysHelp' },

  { id: 'secrets', section: 'trust', name: 'settings.secrets', help: 'settings.secretsHelp' },
  { id: 'log', section: 'trust', name: 'settings.log', help: 'settings.logHelp' },
  { id: 'reported', section: 'trust', name: 'settings.reported', help: 'settings.reportedHelp' },

  { id: 'keys', section: 'keyboard', name: 'help.title', help: 'help.text' },

  { id: 'version', section: 'about', name: 'settings.version', help: 'about.text' },
] as const satisfies readonly { id: string; section: SectionId; name: Key; help: Key }[];

export type RowId = (typeof ROWS)[number]['id'];

/** Whether a row is what was looked for: each word is in its name, its help, or the name of its section. */
export function matches(query: string, words: readonly string[]): boolean {
  const text = words.join(' ').toLocaleLowerCase();
  return query.toLocaleLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export function isSection(id: string | undefined): id is SectionId {
  return SECTIONS.some((section) => section.id === id);
}
