/**
 * How long it takes until one more image is in a dataset of 500,000 (made by SQL, two boxes on each), over the same with
 * one of 500: upload, import, and all totals and the content hash anew.
 */
import { png, zipOf } from '../tests/support/archives.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { median, report } from './report.ts';

const IMAGES = Number(process.argv[3] ?? 500_000);
const FEW = 500;
const ROUNDS = 3;

const granary = await startTestGranary();
const { sql } = granary.database;
try {
  const client = new Client(granary.url);
  await client.register();
  const large = await datasetOf(client, IMAGES);
  const small = await datasetOf(client, FEW);
  const rounds: { large: number; small: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const few = await secondsToAdd(client, small, round);
    const many = await secondsToAdd(client, large, round);
    rounds.push({ large: many, small: few });
    console.log(`round ${round + 1}: ${many.toFixed(1)} s with ${IMAGES} images, ${few.toFixed(1)} s with ${FEW}`);
  }
  report({
    name: 'addition',
    ratio: median(rounds.map((times) => times.large / times.small)),
    compared: `seconds until one image is in a dataset of ${IMAGES}, over one of ${FEW}`,
    goal: 'goal a few seconds, lower is better',
    seconds: Number(median(rounds.map((times) => times.large)).toFixed(2)),
  });
} finally {
  await granary.stop();
}

async function datasetOf(client: Client, images: number): Promise<string> {
  const id = await client.createDataset();
  const files = new Map<string, Uint8Array>([['images/first.png', await png()]]);
  const annotations = [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 9, 9], area: 81, iscrowd: 0 }];
  const coco = {
    info: {},
    licenses: [],
    images: [{ id: 1, file_name: 'first.png', width: 64, height: 48 }],
    annotations,
    categories: [{ id: 1, name: 'ant' }],
  };
  files.set('annotations/instances.json', Buffer.from(JSON.stringify(coco)));
  await client.importArchive(id, 'first.zip', await zipOf(files));
  console.log(`${images} images …`);
  await sql`insert into dataset_files (dataset_id, path, size, sha256, mime, kind, width, height, storage_key, is_compared, added_in)
    select ${id}, 'images/' || lpad(i::text, 7, '0') || '.jpg', 1000, encode(sha256(i::text::bytea), 'hex'), 'image/jpeg', 'image', 640, 480,
      'none/' || i, true, 1 from generate_series(1, ${images}::int) i`;
  await sql`insert into image_annotation_status (dataset_id, file_id, state, added_in) select dataset_id, id, 'completed', 1 from dataset_files f
    where dataset_id = ${id} and kind = 'image' on conflict do nothing`;
  await sql`insert into annotations (project_id, file_id, class_id, type, geometry, attributes, state, added_in)
    select p.id, f.id, c.id, 'bbox', jsonb_build_object('box', jsonb_build_array(n, n, 50, 60)), '{}', 'confirmed', 1
    from dataset_files f cross join generate_series(1, 2) n join annotation_projects p on p.dataset_id = f.dataset_id
    join annotation_classes c on c.project_id = p.id where f.dataset_id = ${id} and f.mime = 'image/jpeg'`;
  await sql`vacuum analyze dataset_files`;
  await sql`vacuum analyze annotations`;
  await sql`vacuum analyze image_annotation_status`;
  return id;
}

async function secondsToAdd(client: Client, id: string, round: number): Promise<number> {
  const image = new Map([[`images/new ${round}.png`, Buffer.concat([await png(), Buffer.from(`${id} ${round}`)])]]);
  const archive = await zipOf(image);
  const start = performance.now();
  const { job } = await client.importArchive(id, 'more.zip', archive);
  if (job.state !== 'completed') throw new Error(JSON.stringify(job));
  return (performance.now() - start) / 1000;
}
