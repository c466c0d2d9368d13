import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import { afterEach, describe, expect, test } from 'vitest';
import { errorOf, Failure, type Push, type TransferRow } from './backend';
import { createMock } from './mock/mock';
import { seeded } from './mock/random';
import { Simulation } from './mock/simulation';
import { tauriBackend } from './tauri';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

describe('the backend over the commands', () => {
  afterEach(clearMocks);

  test('a command’s arguments and answer go through as they are', async () => {
    const calls: unknown[] = [];
    mockIPC((command, args) => {
      calls.push([command, args]);
      return [7, 8];
    });
    expect(await tauriBackend.addUploads('media', 'raw/', ['/a', '/b'], 'keep_both')).toEqual([7, 8]);
    expect(calls).toEqual([['add_uploads', { bucket: 'media', prefix: 'raw/', paths: ['/a', '/b'], conflict: 'keep_both' }]]);
  });

  test('what is looked at in one turn goes in one call, and each is answered or refused by itself', async () => {
    const calls: unknown[] = [];
    const gone = { code: 'no_such_transfer', params: { id: '7' }, retryable: false };
    const page = { revision: 3, total: 0, rows: [], selected: [], next: null };
    mockIPC((command, args) => {
      calls.push([command, args]);
      if (command !== 'look') return page;
      return [
        { of: 'transfers', what: page },
        { of: 'refused', what: gone },
      ];
    });
    const [list, detail] = await Promise.allSettled([tauriBackend.transfers('active', null, 64), tauriBackend.transferDetail(7)]);
    expect(list).toEqual({ status: 'fulfilled', value: page });
    expect(detail.status === 'rejected' && errorOf(detail.reason)).toEqual(gone);
    expect(await tauriBackend.transfers('done', 5, 64)).toEqual(page);
    expect(calls).toEqual([
      ['look', { at: [{ at: 'transfers', filter: 'active', after: null, limit: 64 }, { at: 'detail', id: 7 }] }],
      ['transfers', { filter: 'done', after: 5, limit: 64 }],
    ]);
  });

  test('a refusal rejects with its code and values', async () => {
    const error = { code: 'bucket_not_found', params: { bucket: 'raw' }, retryable: false };
    mockIPC(() => Promise.reject(error));
    const thrown = await tauriBackend.listObjects('raw', '', null).catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(Failure);
    expect(errorOf(thrown)).toEqual(error);
  });

  test('what is no refusal is a fault of ours, with its message', () => {
    expect(errorOf(new TypeError('x is undefined'))).toEqual({ code: 'internal', params: { message: 'x is undefined' }, retryable: false });
  });

  test('pushes arrive by the channel that was handed over', async () => {
    const pushes: Push[] = [];
    let channel = -1;
    mockIPC((_command, args) => {
      channel = Number(/\d+$/.exec(JSON.stringify((args as { channel: unknown }).channel).replaceAll('"', ''))?.[0]);
      return null;
    });
    await tauriBackend.subscribe((push) => pushes.push(push));
    const internals = (window as unknown as { __TAURI_INTERNALS__: { runCallback: (id: number, message: unknown) => void } }).__TAURI_INTERNALS__;
    internals.runCallback(channel, { index: 0, message: { type: 'drag_leave' } });
    expect(pushes).toEqual([{ type: 'drag_leave' }]);
  });
});

describe('the mock', () => {
  test('what waits is expected to start in the order of the line, and nobody knows when while nothing moves', () => {
    const simulation = new Simulation(7, 0);
    simulation.activeMax = 1;
    for (const name of ['a', 'b', 'c']) simulation.add({ direction: 'upload', name, from: `/${name}`, to: `tos://b/${name}`, size: 4 * GIB });
    const starts = (): (number | null)[] => simulation.page('active', null, 9).rows.map((row) => row.starts_in_s);
    expect(starts()).toEqual([null, null, null]);
    for (let step = 0; step < 20; step += 1) simulation.advance(100);
    const [running, second, third] = starts();
    expect(running).toBeNull();
    expect(second).toBeGreaterThan(60);
    expect(third).toBeGreaterThan(1.9 * (second ?? 0));
    simulation.pause([1]);
    expect(starts()).toEqual([null, null]);
  });

  test('an account whose transfers wait for keys is named until it has them', async () => {
    const backend = createMock({ scene: 'studio', expired: true });
    expect(await backend.keysNeeded()).toEqual([{ id: 'studio', name: 'Studio account', transfers: 1 }]);
    expect(await backend.renewKeys('studio', { access_key: 'AKLTnew', secret_key: 'x', security_token: '' }, () => undefined)).toBe(1);
    expect(await backend.keysNeeded()).toEqual([]);
  });

  test('one seed gives one world, another seed another', () => {
    const run = (seed: number): string => {
      const simulation = new Simulation(seed, 0);
      simulation.add({ direction: 'upload', name: 'flaky.mov', from: '/a/flaky.mov', to: 'tos://b/flaky.mov', size: 900 * MIB });
      let trace = '';
      for (let i = 0; i < 300; i += 1) {
        simulation.advance(100);
        trace += simulation.detail(1)?.parts ?? '';
      }
      return trace;
    };
    expect(run(3)).toBe(run(3));
    expect(run(3)).not.toBe(run(4));
    expect(seeded(1)()).not.toBe(seeded(2)());
  });

  test('an upload goes from waiting to verified, and never counts more bytes than it has', () => {
    const simulation = new Simulation(1, 0);
    const ended: TransferRow[] = [];
    simulation.onEnded = (row) => ended.push(row);
    simulation.add({ direction: 'upload', name: 'a.mov', from: '/a.mov', to: 'tos://b/a.mov', size: 300 * MIB });
    const states = new Set<string>();
    let before = 0;
    for (let i = 0; i < 200; i += 1) {
      simulation.advance(100);
      const row = simulation.detail(1)?.row;
      if (!row) throw new Error('it is gone');
      states.add(row.state);
      expect(row.done_bytes + row.in_flight_bytes).toBeLessThanOrEqual(300 * MIB);
      expect(row.done_bytes).toBeGreaterThanOrEqual(before);
      before = row.done_bytes;
    }
    expect([...states]).toEqual(['scanning', 'transferring', 'verifying', 'done_verified']);
    expect(ended.map((row) => row.state)).toEqual(['done_verified']);
    expect(simulation.detail(1)?.source_crc64).toBe(simulation.detail(1)?.target_crc64);
  });

  test('a limit holds the speed of all uploads together', () => {
    const simulation = new Simulation(1, 0);
    for (let i = 0; i < 3; i += 1) simulation.add({ direction: 'upload', name: `${i}`, from: `/${i}`, to: `tos://b/${i}`, size: GIB });
    simulation.limits = { upload_bytes_s: 6 * MIB, download_bytes_s: null };
    for (let i = 0; i < 20; i += 1) simulation.advance(100);
    expect(simulation.pulse().upload_bytes_s).toBeCloseTo(6 * MIB, 0);
  });

  test('pages follow each other by key and hold every row once', () => {
    const backend = createMock({ scene: 'studio', extra: 1_000 });
    const seen: number[] = [];
    let after: number | null = null;
    do {
      const page = backend.simulation.page('active', after, 100);
      seen.push(...page.rows.map((row) => row.id));
      after = page.next;
    } while (after !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(backend.simulation.page('active', null, 1).total);
  });
});
