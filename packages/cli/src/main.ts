#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander';
import { adopt, publishSample } from './admin.ts';
import { info, list, remove } from './datasets.ts';
import { ExitCode, exitCodeOf, explain } from './exit.ts';
import { createKey, listKeys, revokeKey } from './keys.ts';
import { login, logout } from './login.ts';
import { print, setJson } from './output.ts';
import { push } from './push.ts';

const program = new Command('granary')
  .description('Upload and manage the datasets of a Granary.')
  .option('--json', 'answer in JSON, one document on standard output; messages go to standard error')
  .addOption(new Option('--url <url>', 'where Granary is').env('GRANARY_URL'))
  .addOption(new Option('--api-key <key>', 'instead of signing in').env('GRANARY_API_KEY').hideHelp())
  .showHelpAfterError()
  .hook('preAction', (command) => setJson(command.optsWithGlobals().json === true))
  .addHelpText(
    'after',
    `
Environment: GRANARY_URL, GRANARY_API_KEY, GRANARY_PASSWORD (for login and keys).
Ends with ${ExitCode.done} when done, ${ExitCode.failed} when it failed, ${ExitCode.usage} for wrong use, ${ExitCode.refused} when not signed in or not allowed, ${ExitCode.notFound} when there is no such thing.`,
  );

program
  .command('login')
  .description('sign in, and keep an API key for this computer')
  .requiredOption('--email <email>', 'of the account; the password is asked for')
  .action((options, command) => login({ ...command.optsWithGlobals(), ...options }));

program
  .command('logout')
  .description('revoke and forget the API key of this computer')
  .action((_, command) => logout(command.optsWithGlobals()));

program
  .command('push')
  .description('upload a folder or an archive, and import it; run again, it goes on where it was cut off')
  .argument('<path>', 'a folder, or a zip, tar or tar.gz')
  .option('--dataset <id>', 'add to this dataset')
  .option(
    '--name <name>',
    'add to your dataset of this name, which is made if there is none (default: the name of the folder)',
  )
  .option('--description <text>', 'of a new dataset')
  .option('--tag <tag...>', 'of a new dataset')
  .option('--organization <id>', 'that gets a new dataset')
  .addOption(
    new Option('--on-conflict <what>', 'what becomes of files whose path is taken')
      .choices(['replace', 'skip', 'fail', 'keep_both'])
      .default('replace'),
  )
  .option('--labels-only', 'leave images out')
  .option('--no-wait', 'do not wait for the import')
  .action((path, options, command) => push(path, { ...command.optsWithGlobals(), ...options }));

program
  .command('ls')
  .description('datasets you may see')
  .argument('[search]', 'a part of the name, the description or a tag')
  .option('--mine', 'only your own')
  .option('--limit <count>', 'at most so many', '50')
  .action((search, options, command) => list(search, { ...command.optsWithGlobals(), ...options }));

program
  .command('info')
  .description('one dataset')
  .argument('<id>')
  .action((id, _, command) => info(id, command.optsWithGlobals()));

program
  .command('rm')
  .description('put a dataset into the trash')
  .argument('<id>')
  .option('--yes', 'do not ask')
  .option('--no-backup', 'make no backup')
  .action((id, options, command) => remove(id, { ...command.optsWithGlobals(), ...options }));

const keys = program.command('keys').description('API keys; the password is asked for');
keys
  .command('ls')
  .requiredOption('--email <email>')
  .action((options, command) => listKeys({ ...command.optsWithGlobals(), ...options }));
keys
  .command('create')
  .argument('<name>', 'what it is for')
  .requiredOption('--email <email>')
  .option('--write', 'it may change things')
  .option('--dataset <id>', 'it opens this dataset only')
  .option('--days <count>', 'it ends after so many days', '90')
  .action((name, options, command) => createKey(name, { ...command.optsWithGlobals(), ...options }));
keys
  .command('revoke')
  .argument('<id>')
  .requiredOption('--email <email>')
  .action((id, options, command) => revokeKey(id, { ...command.optsWithGlobals(), ...options }));

const admin = program.command('admin').description('for administrators of the site');
admin
  .command('publish-sample')
  .description('upload a folder or an archive as a public sample of the platform; run again, it goes on')
  .argument('<path>')
  .requiredOption('--id <id>', 'such as cls-imagenet-10')
  .requiredOption('--name <name>')
  .option('--description <text>')
  .option('--tag <tag...>')
  .action((path, options, command) => publishSample(path, { ...command.optsWithGlobals(), ...options }));
admin
  .command('adopt')
  .description('make a dataset of what lies below datasets/<id>/ in the bucket already')
  .argument('<id>')
  .requiredOption('--name <name>')
  .option('--owner <email>', 'whose private dataset it becomes (default: a public sample)')
  .option('--no-wait', 'do not wait until it is read')
  .action((id, options, command) => adopt(id, { ...command.optsWithGlobals(), ...options }));

// Its own way out has one code for all.
program.exitOverride();
for (const command of [program, ...program.commands, ...keys.commands, ...admin.commands]) command.exitOverride();

try {
  await program.parseAsync();
  process.exit(ExitCode.done);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? ExitCode.done : ExitCode.usage);
  print({ error: explain(error) }, () => `granary: ${explain(error).message}`, process.stderr);
  process.exit(exitCodeOf(error));
}
