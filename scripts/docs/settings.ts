import { siteDefaults, siteSettings } from '@granary/core/base/defaults';
import { hubSettings } from '@granary/core/secrets/seal';
import { dataSettings, startSettings } from '@granary/core/services/environment';
import { serviceSettings } from '@granary/core/services/settings';
import { mailSettings } from '@granary/core/site/mailer';
import { tablesSettings } from '@granary/tables';
import { z } from 'zod';
import { webSettings } from '../../apps/web/server/env.ts';
import { workerSettings } from '../../apps/worker/src/env.ts';
import { ENVIRONMENT } from '../../packages/cli/src/environment.ts';
import { code, MADE, table } from './markdown.ts';

/** Who reads the environment, and by which schema. */
const READERS = { start: startSettings, web: webSettings, worker: workerSettings };

/** A setting stands in the first section whose schema has it. */
const SECTIONS: readonly { title: string; text: string; schema: z.ZodType }[] = [
  {
    title: 'Where data lives',
    text: 'Set all four of `S3_ENDPOINT`, `S3_BUCKET`, `S3_ACCESS_KEY_ID` and `S3_SECRET_ACCESS_KEY` to keep content in a bucket, or none of them to keep it on disk.',
    schema: dataSettings,
  },
  {
    title: 'Accounts, retention and limits',
    text: 'An admin can change these while Granary runs: see [below](#settings-an-admin-can-change).',
    schema: siteDefaults,
  },
  {
    title: 'Mail',
    text: 'Without a mail server Granary shows the links of invitations on the page, for people to pass on.',
    schema: mailSettings,
  },
  { title: 'Hugging Face Hub', text: 'Where text datasets are downloaded from.', schema: hubSettings },
  { title: 'Rows of text datasets', text: 'What reading and searching rows may take.', schema: tablesSettings },
  { title: 'Every process', text: 'What web and worker processes share.', schema: serviceSettings },
  { title: 'The web process', text: 'Where it listens, and how people reach it.', schema: webSettings },
  { title: 'The worker', text: 'The limits of imports, and of work in the background.', schema: workerSettings },
];

/** What tests and scripts read; nothing of it changes how Granary runs. */
const DEVELOPMENT: Readonly<Record<string, string>> = {
  CHROME_PATH: 'The Chromium for browser tests and screenshots. By default the one of the system.',
  GRANARY_TEST_S3_ENDPOINT: 'An S3 server to run the storage tests on, too.',
  GRANARY_TEST_S3_REGION: 'Its region. Default: `us-east-1`.',
  GRANARY_TEST_S3_ACCESS_KEY_ID: 'Its access key. Default: `test-access-key`.',
  GRANARY_TEST_S3_SECRET_ACCESS_KEY: 'The secret of that key. Default: `test-secret-key`.',
  GRANARY_MODEL_RUNS: 'How many random histories the test of versions goes through. Default: `2`.',
  GRANARY_TEST_SCREENSHOTS: 'A folder for screenshots of the browser tests. `npm run screenshots` sets it.',
  LIGHTHOUSE_DETAILS: 'Set it to have `npm run soak pages` print what Lighthouse found.',
};

/**
 * The page of all settings.
 *
 * @throws Error when a setting has no description, or an optional one does not say what holds without it
 */
export function settingsPage(): string {
  const listed = new Set<string>();
  const sections = SECTIONS.map(({ title, text, schema }) => {
    const names = [...settingsOf(schema)].filter(([name]) => !listed.has(name));
    for (const [name] of names) listed.add(name);
    return `## ${title}\n\n${text}\n\n${table(HEAD, names.map(rowOf))}`;
  });
  const missing = Object.values(READERS).flatMap((schema) =>
    [...settingsOf(schema).keys()].filter((name) => !listed.has(name)),
  );
  if (missing.length > 0) throw new Error(`No section has ${missing.join(', ')}.`);
  return `${[
    MADE,
    '# Settings',
    'Granary reads its settings from environment variables. A variable that is set to nothing counts as unset. A wrong value keeps Granary from starting, and one line says what is wrong with it.',
    '"Read by" says which process needs a variable: `start` is `npm start` itself, which sets up the database and hands all variables on to the web and worker processes. Where these run on several machines, give all of them the same values.',
    'The embedded PostgreSQL has no settings of its own: it lives in the data folder, has no network port, and generates its passwords. Node.js reads variables of its own; `NODE_EXTRA_CA_CERTS` is the one you may need, if your bucket or Hub has a certificate of your own.',
    ...sections,
    `## Settings an admin can change\n\nOn the page Admin, Settings, or with \`PATCH /api/v1/admin/settings\`. What an admin sets applies at once and wins over the environment.\n\n${table(['setting', 'what it does', 'until it is set'], adminRows())}`,
    `## The command line\n\n${table(['variable', 'what it does'], named(ENVIRONMENT))}`,
    `## Tests and scripts\n\n${table(['variable', 'what it does'], named(DEVELOPMENT))}`,
  ].join('\n\n')}\n`;
}

const HEAD = ['variable', 'what it does', 'value', 'default', 'read by'];

const about = z.object({ description: z.string(), unit: z.string().optional(), unset: z.string().optional() });

function settingsOf(schema: z.core.$ZodType): Map<string, z.core.$ZodType> {
  if (schema instanceof z.ZodIntersection) {
    return new Map([...settingsOf(schema.def.left), ...settingsOf(schema.def.right)]);
  }
  if (schema instanceof z.ZodObject) return new Map(Object.entries(schema.shape));
  throw new Error('Settings are objects of zod, or intersections of these.');
}

function rowOf([name, schema]: [string, z.core.$ZodType]): string[] {
  const { description, unit } = aboutOf(name, schema);
  const readers = Object.entries(READERS).filter(([, reader]) => settingsOf(reader).has(name));
  return [
    code(name),
    description,
    unit ?? valuesOf(schema),
    defaultOf(name, schema),
    readers.map(([reader]) => reader).join(', '),
  ];
}

function aboutOf(name: string, schema: z.core.$ZodType): z.infer<typeof about> {
  const parsed = about.safeParse(z.globalRegistry.get(schema));
  if (!parsed.success) throw new Error(`${name} needs a description: .meta({ description: '…' }).`);
  return parsed.data;
}

/** What can be chosen from, where it is a choice. */
function valuesOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return valuesOf(schema.def.innerType);
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => code(String(option))).join(', ');
  if (schema instanceof z.ZodPipe && schema.def.out instanceof z.ZodBoolean) return '`true`, `false`';
  if (schema instanceof z.ZodURL) return 'URL';
  return schema instanceof z.ZodNumber ? 'number' : 'text';
}

function defaultOf(name: string, schema: z.core.$ZodType): string {
  const { unset, unit } = aboutOf(name, schema);
  if (unset !== undefined) return unset;
  const { success, data } = z.safeParse(schema, undefined);
  if (!success) return 'required';
  if (typeof data !== 'string' && typeof data !== 'number' && typeof data !== 'boolean') {
    throw new Error(`${name} needs to say what holds when it is not set: .meta({ unset: '…' }).`);
  }
  return unit === 'bytes' ? `${code(String(data))} (${sizeOf(Number(data))})` : code(String(data));
}

function sizeOf(bytes: number): string {
  const tebibytes = bytes / 1024 ** 4;
  return Number.isInteger(tebibytes) ? `${tebibytes} TiB` : `${bytes / 1e9} GB`;
}

/** A setting of the page begins as the variable of the same name says, if there is one. */
function adminRows(): string[][] {
  return Object.entries(siteSettings.shape).map(([name, schema]) => {
    const variable = `GRANARY_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
    const before = variable in siteDefaults.shape ? `as ${code(variable)} says` : 'no limit';
    return [code(name), aboutOf(name, schema).description, before];
  });
}

function named(variables: Readonly<Record<string, string>>): string[][] {
  return Object.entries(variables).map(([name, text]) => [code(name), text]);
}
