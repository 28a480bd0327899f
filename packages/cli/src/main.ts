#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander';
import { adopt, publishSample } from './admin.ts';
import { printAnnotations } from './annotations.ts';
import { info, list, remove } from './datasets.ts';
import { ExitCode, exitCodeOf, explain } from './exit.ts';
import { createKey, listKeys, revokeKey } from './keys.ts';
import { login, logout } from './login.ts';
import { print, setJson } from './output.ts';
import { pull } from './pull.ts';
import { push } from './push.ts';
import { diff, fork, rollback, snapshot, tag, undo, update, versions } from './versions.ts';

const program = new Command('granary')
  .description('Upload and manage the datasets of a Granary.')
  .option('--json', 'answer in JSON, one document on standard output; messages go to standard error')
  .addOption(new Option('--url <url>', 'address of Granary').env('GRANARY_URL'))
  .addOption(new Option('--api-key <key>', 'instead of signing in').env('GRANARY_API_KEY').hideHelp())
  .showHelpAfterError()
  .hook('preAction', (command) => setJson(command.optsWithGlobals().json === true))
  .addHelpText(
    'after',
    `
Environment: GRANARY_URL, GRANARY_API_KEY, GRANARY_PASSWORD (for login and keys).
Exit codes: ${ExitCode.done} done, ${ExitCode.failed} failed, ${ExitCode.usage} wrong usage, ${ExitCode.refused} not signed in or not allowed, ${ExitCode.notFound} not found.`,
  );

program
  .command('login')
  .description('sign in, and keep an API key for this computer')
  .requiredOption('--email <email>', 'of your account; you are asked for the password')
  .action((options, command) => login({ ...command.optsWithGlobals(), ...options }));

program
  .command('logout')
  .description('forget the API key of this computer')
  .action((_, command) => logout(command.optsWithGlobals()));

program
  .command('push')
  .description('upload a folder or an archive, and import it; run it again to resume')
  .argument('<path>', 'a folder, or a zip, tar or tar.gz')
  .option('--dataset <id>', 'add to this dataset')
  .option(
    '--name <name>',
    'add to your dataset with this name, and create it if there is none (default: the name of the folder)',
  )
  .option('--description <text>', 'of a new dataset')
  .option('--tag <tag...>', 'of a new dataset')
  .option('--organization <id>', 'that owns a new dataset')
  .addOption(
    new Option('--on-conflict <what>', 'what to do with files whose path is taken')
      .choices(['replace', 'skip', 'fail', 'keep_both'])
      .default('replace'),
  )
  .option('--labels-only', 'leave images out: labels take the place of those that their images have')
  .option('--replace-all', 'with --labels-only: the labels of all other images are removed, too')
  .option('--yes', 'do not ask for confirmation')
  .option('--no-wait', 'do not wait for the import')
  .action((path, options, command) => push(path, { ...command.optsWithGlobals(), ...options }));

program
  .command('pull')
  .description('make a folder what a version of a dataset is; run it again to resume, or to update')
  .argument('<dataset>', 'an id or a name, and maybe a version: street@prod')
  .argument('[dir]', 'the folder (default: called as the dataset)')
  .option('--format <name>', 'write it in this format, such as yolo or coco (default: the tree as it is)')
  .option('--split <name>', 'only this split')
  .option('--query <query>', 'only images that match, such as "class:car -split:train"')
  .option('--jobs <count>', 'how many files are fetched at once', '16')
  .addOption(
    new Option('--link <how>', 'how files get from the cache into the folder; hard links are read-only')
      .choices(['hard', 'copy'])
      .default('copy'),
  )
  .option('--delete', 'remove files from the folder that are not of the dataset')
  .action((dataset, dir, options, command) => pull(dataset, dir, { ...command.optsWithGlobals(), ...options }));

program
  .command('ls')
  .description('list the datasets you can see')
  .argument('[search]', 'part of the name, the description or a tag')
  .option('--mine', 'only your own')
  .option('--limit <count>', 'how many at most', '50')
  .action((search, options, command) => list(search, { ...command.optsWithGlobals(), ...options }));

program
  .command('info')
  .description('show one dataset')
  .argument('<id>')
  .action((id, _, command) => info(id, command.optsWithGlobals()));

program
  .command('rm')
  .description('move a dataset to the trash')
  .argument('<id>')
  .option('--yes', 'do not ask for confirmation')
  .option('--no-backup', 'do not create a backup')
  .action((id, options, command) => remove(id, { ...command.optsWithGlobals(), ...options }));

program
  .command('annotations')
  .description('print all images with their annotations, one line of JSON each')
  .argument('<id>')
  .option('--at <version>', 'a version, a tag, "latest", "draft", or a revision such as r12', 'draft')
  .option('--split <name>', 'only this split')
  .option('--query <query>', 'only images that match, such as "class:car -split:train"')
  .action((id, options, command) => printAnnotations(id, { ...command.optsWithGlobals(), ...options }));

program
  .command('versions')
  .description('list the versions of a dataset')
  .argument('<id>')
  .action((id, _, command) => versions(id, command.optsWithGlobals()));

program
  .command('snapshot')
  .description('keep a dataset as it is now as a version')
  .argument('<id>')
  .option('-m, --message <text>', 'what changed')
  .option('--tag <tag...>', 'that points at it')
  .action((id, options, command) => snapshot(id, { ...command.optsWithGlobals(), ...options }));

program
  .command('tag')
  .description('let a tag point at a version')
  .argument('<id>')
  .argument('<tag>')
  .argument('[version]', 'a number, a tag or "latest"')
  .option('--delete', 'delete the tag')
  .action((id, name, version, options, command) =>
    tag(id, name, version, { ...command.optsWithGlobals(), ...options }),
  );

program
  .command('diff')
  .description('compare two versions; exits with 1 when they differ')
  .argument('<id>')
  .argument('<from>', 'a version, a tag, "latest", "draft", or a revision such as r12')
  .argument('[to]', 'the same', 'draft')
  .action(async (id, from, to, _, command) => {
    if (await diff(id, from, to, command.optsWithGlobals())) process.exitCode = ExitCode.failed;
  });

program
  .command('undo')
  .description('take back what a revision did, and leave what came later')
  .argument('<id>')
  .argument('<revision>', 'such as r12')
  .option('--no-wait', 'do not wait until it is done')
  .action((id, revision, options, command) => undo(id, revision, { ...command.optsWithGlobals(), ...options }));

program
  .command('rollback')
  .description('make the draft what a version was')
  .argument('<id>')
  .argument('<version>', 'a version, a tag, "latest", or a revision such as r12')
  .option('--no-wait', 'do not wait until it is done')
  .action((id, version, options, command) => rollback(id, version, { ...command.optsWithGlobals(), ...options }));

program
  .command('fork')
  .description('make a dataset of your own of a version')
  .argument('<id>')
  .option('--name <name>', 'of the new dataset')
  .option('--at <version>', 'a version, a tag, "latest", "draft", or a revision such as r12', 'draft')
  .option('--organization <id>', 'that gets it')
  .option('--no-wait', 'do not wait until it is copied')
  .action((id, options, command) => fork(id, { ...command.optsWithGlobals(), ...options }));

program
  .command('update')
  .description('merge into a fork what its source has changed since; what the fork has changed stays')
  .argument('<id>')
  .argument('[version]', 'of the source (default: its newest)')
  .option('--dry-run', 'only say what would change')
  .option('--no-wait', 'do not wait until it is done')
  .action((id, version, options, command) => update(id, version, { ...command.optsWithGlobals(), ...options }));

const keys = program.command('keys').description('manage API keys; you are asked for the password');
keys
  .command('ls')
  .requiredOption('--email <email>')
  .action((options, command) => listKeys({ ...command.optsWithGlobals(), ...options }));
keys
  .command('create')
  .argument('<name>', 'what it is for')
  .requiredOption('--email <email>')
  .option('--write', 'allow changes')
  .option('--dataset <id>', 'limit it to this dataset')
  .option('--days <count>', 'days until it expires', '90')
  .action((name, options, command) => createKey(name, { ...command.optsWithGlobals(), ...options }));
keys
  .command('revoke')
  .argument('<id>')
  .requiredOption('--email <email>')
  .action((id, options, command) => revokeKey(id, { ...command.optsWithGlobals(), ...options }));

const admin = program.command('admin').description('for administrators of the site');
admin
  .command('publish-sample')
  .description('upload a folder or an archive as a public sample of the platform; run it again to resume')
  .argument('<path>')
  .requiredOption('--id <id>', 'for example, cls-imagenet-10')
  .requiredOption('--name <name>')
  .option('--description <text>')
  .option('--tag <tag...>')
  .action((path, options, command) => publishSample(path, { ...command.optsWithGlobals(), ...options }));
admin
  .command('adopt')
  .description('create a dataset from what is already below datasets/<id>/ in the bucket')
  .argument('<id>')
  .requiredOption('--name <name>')
  .option('--owner <email>', 'owner of the private dataset (default: a public sample)')
  .option('--no-wait', 'do not wait until it is read')
  .action((id, options, command) => adopt(id, { ...command.optsWithGlobals(), ...options }));

// Its own way out has one code for all.
program.exitOverride();
for (const command of [program, ...program.commands, ...keys.commands, ...admin.commands]) command.exitOverride();

try {
  await program.parseAsync();
  process.exit(process.exitCode ?? ExitCode.done);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? ExitCode.done : ExitCode.usage);
  print({ error: explain(error) }, () => `granary: ${explain(error).message}`, process.stderr);
  process.exit(exitCodeOf(error));
}
