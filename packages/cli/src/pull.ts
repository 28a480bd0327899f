import { connect, type GlobalOptions } from './config.ts';
import { environment } from './environment.ts';
import { UsageError } from './exit.ts';
import { bytes, print } from './output.ts';
import { drawn } from './push.ts';

interface Options extends GlobalOptions {
  format?: string;
  split?: string;
  query?: string;
  jobs: string;
  link: 'hard' | 'copy';
  delete?: boolean;
}

/** Makes a folder what a version of a dataset is. */
export async function pull(dataset: string, dir: string | undefined, options: Options): Promise<void> {
  const jobs = Number(options.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new UsageError('--jobs must be a number of at least 1.');
  const client = await connect(options);
  const { format, split, query, link } = options;
  const pulled = await drawn('Pulling', (draw) =>
    client.pull(dataset, dir, {
      ...{ format, split, query, jobs, link, cache: environment('GRANARY_CACHE_DIR') },
      delete: options.delete ?? false,
      onProgress: ({ doneBytes, totalBytes, doneFiles, totalFiles }) =>
        draw(
          totalBytes === 0 ? 100 : (doneBytes / totalBytes) * 100,
          `${doneFiles} of ${totalFiles} files, ${bytes(doneBytes)} of ${bytes(totalBytes)}`,
        ),
    }),
  );
  print(pulled, () => {
    const { name, revision, dir, files, fetchedFiles, fetchedBytes, restoredFiles, removedFiles } = pulled;
    if (pulled.isUnchanged) return `${dir} is ${name} at r${revision} already: ${files} files, ${bytes(pulled.bytes)}.`;
    const more = [
      restoredFiles > 0 ? `${restoredFiles} changed files are as in the dataset again` : '',
      removedFiles > 0 ? `${removedFiles} are gone` : '',
    ].filter(Boolean);
    return `${dir} is ${name} at r${revision}: ${files} files, ${bytes(pulled.bytes)}; ${fetchedFiles} fetched (${bytes(fetchedBytes)})${more.map((part) => `; ${part}`).join('')}.`;
  });
}
