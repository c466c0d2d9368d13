/** What a transfer of the mock asks of the store, and which permissions that takes. */
import type { FailedGroup } from '../backend';
import type { Transfer } from './transfer';

/** The first request of it that the store can refuse. */
export function operationOf({ given, parts }: Transfer): string {
  if (given.direction === 'download') return 'GetObject';
  const begun = parts.some((part) => part.moved > 0);
  if (parts.length > 1 && !begun) return 'CreateMultipartUpload';
  if (given.direction === 'copy') return parts.length > 1 ? 'UploadPartCopy' : 'CopyObject';
  return parts.length > 1 ? 'UploadPart' : 'PutObject';
}

/** All that is beside it in its folder. */
export function needsOf({ given }: Transfer): NonNullable<FailedGroup['needs']> {
  const [action, path] = given.direction === 'download' ? ['tos:GetObject', given.from] : ['tos:PutObject', given.to];
  return { actions: [action], resource: `${path.slice('tos://'.length, path.lastIndexOf('/'))}/*` };
}

export function policyOf(transfers: Transfer[]): string {
  const needs = transfers.map(needsOf);
  const unlike = (all: string[]): string[] => [...new Set(all)].sort();
  const statement = {
    Effect: 'Allow',
    Action: unlike(needs.flatMap(({ actions }) => actions)),
    Resource: unlike(needs.map(({ resource }) => `trn:tos:::${resource}`)),
  };
  return JSON.stringify({ Statement: [statement] }, null, 2);
}
