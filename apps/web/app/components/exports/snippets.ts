/** What is asked for, as programs say it. */
export interface Asked {
  origin: string;
  /** The dataset's id, with its version where one is chosen. */
  dataset: string;
  id: string;
  version: string;
  format: string;
  split: string | undefined;
  q: string | undefined;
}

/** Programs that get the same as the page: each is run by a test as it stands here. */
export function snippetsOf(asked: Asked): { language: string; text: string }[] {
  const { origin, dataset, id, version, format, split, q } = asked;
  const isTree = format === 'original';
  const flags = [
    ...(isTree ? [] : [`--format ${format}`]),
    ...(split ? [`--split ${split}`] : []),
    ...(q ? [`--query ${shell(q)}`] : []),
  ];
  const named = Object.entries({ format: isTree ? undefined : format, split, query: q }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, JSON.stringify(value)] as const],
  );
  const typescript = named.map(([name, value]) => `${name}: ${value}`).join(', ');
  const python = named.map(([name, value]) => `, ${name}=${value}`).join('');
  const query = new URLSearchParams({ version, ...(split ? { split } : {}), ...(q ? { q } : {}) });
  return [
    { language: 'Shell', text: `granary --url ${origin} pull ${dataset} ./data ${flags.join(' ')}`.trim() },
    {
      language: 'Python',
      text: `import granary\n\ngranary.pull("${dataset}", "./data"${python}, url="${origin}")`,
    },
    {
      language: 'TypeScript',
      text: `import { createClient } from '@granary/client';\n\nconst client = createClient({ url: '${origin}', apiKey: process.env.GRANARY_API_KEY });\nawait client.pull('${dataset}', './data'${typescript === '' ? '' : `, { ${typescript} }`});`,
    },
    {
      language: 'curl',
      text: `curl -fH "Authorization: Bearer $GRANARY_API_KEY" ${shell(`${origin}/api/v1/datasets/${id}/annotations?${query}`)}`,
    },
  ];
}

const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
