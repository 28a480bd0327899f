import type { DatasetInfo } from './hub.ts';

/** What a card says that is no license: https://huggingface.co/docs/hub/repositories-licenses */
const NOT_SAID = new Set(['unknown', '']);

/** The license that a dataset's card names, in its own words where it is none of the Hub's list; null for none. */
export function licenseOfCard({ cardData }: Pick<DatasetInfo, 'cardData'>): string | null {
  const { license, license_name: name } = cardData ?? {};
  const named = (Array.isArray(license) ? license : [license]).filter((one) => typeof one === 'string');
  const said = named
    .map((one) => (one === 'other' && typeof name === 'string' && name.trim() !== '' ? name : one).trim())
    .filter((one) => !NOT_SAID.has(one));
  return said.length === 0 ? null : said.join(', ');
}
