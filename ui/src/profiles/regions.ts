/** Regions with their names, as defaults: any endpoint can be typed. */
export const REGIONS = [
  'cn-beijing',
  'cn-guangzhou',
  'cn-shanghai',
  'cn-hongkong',
  'ap-southeast-1',
  'ap-southeast-3',
  'cn-beijing2',
] as const;

export type Region = (typeof REGIONS)[number];
export type Network = 'public' | 'intranet';

export function endpointOf(region: string, network: Network): string {
  return network === 'public' ? `tos-${region}.volces.com` : `tos-${region}.ivolces.com`;
}

/** The region that an endpoint names, if it follows the pattern. */
export function regionOf(endpoint: string): string | null {
  return /^(?:https?:\/\/)?tos-((?:cn|ap)-[a-z0-9-]+)\.i?volces\.com\/?$/.exec(endpoint.trim())?.[1] ?? null;
}

export const isListed = (region: string): boolean => REGIONS.some((one) => one === region);

/** The choice of a region that is not listed. */
export const OWN = 'own';
