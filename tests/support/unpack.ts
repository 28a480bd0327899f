import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The files of an archive, as the host's Python unpacks it: its own zip and tar share nothing with ours. */
function unpacked(bytes: Uint8Array, program: string): Map<string, Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'granary-unpacked-'));
  try {
    const archive = join(folder, 'archive');
    const target = join(folder, 'files');
    writeFileSync(archive, bytes);
    execFileSync('python3', ['-c', program, archive, target]);
    const files = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((path) =>
      statSync(join(target, path)).isFile(),
    );
    return new Map(files.map((path) => [path, readFileSync(join(target, path))]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every checksum is compared first. */
export const entriesOfZip = (bytes: Uint8Array): Map<string, Buffer> =>
  unpacked(
    bytes,
    'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nz.extractall(sys.argv[2])',
  );

export const entriesOfTar = (bytes: Uint8Array): Map<string, Buffer> =>
  unpacked(bytes, 'import sys, tarfile\ntarfile.open(sys.argv[1]).extractall(sys.argv[2])');
