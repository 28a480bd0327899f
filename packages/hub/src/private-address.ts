import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';

/** The addresses that a host name has, or is. @throws what the system says of a name that it does not know */
export async function addressesOf(host: string): Promise<string[]> {
  const bare = host.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(bare)) return [bare];
  return (await lookup(bare, { all: true })).map(({ address }) => address);
}

/** Whether an address is of this machine, of a network of its own, or of no use at all: not one of the internet. */
export const isPrivate = (address: string): boolean => ipaddr.process(address).range() !== 'unicast';
