import { execFile } from 'node:child_process';
import { access, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { SECOND_STAGE } from '../../../src/cli/debootstrap/second-stage.ts';
import { temporaryDirectory } from '../../fetch/support.ts';

let root: string;
let script: string;
beforeEach(async () => {
  root = await temporaryDirectory();
  await mkdir(join(root, 'debootstrap'));
  script = join(root, 'debootstrap/debootstrap');
  await writeFile(script, SECOND_STAGE);
  await chmod(script, 0o755);
  await writeFile(join(root, 'debootstrap/debpaths'), '');
});

describe('the second stage', () => {
  it('is a script of POSIX sh', async () => {
    await promisify(execFile)('sh', ['-n', script]);
    expect(SECOND_STAGE).not.toMatch(/\[\[|\bfunction\b|<<<|\blocal\b|\bnode\b/);
  });

  it.each([
    ['another stage', [], 'E: this is the second stage: give --second-stage'],
    ['a base without a first stage', ['--second-stage'], /^E: \S+ has no first stage/],
    ['a second run', ['--second-stage'], /^E: the second stage has been run/],
    ['a run beside another', ['--second-stage'], /^E: the second stage is running, or was killed/],
  ] as const)('refuses %s', async (what, argv, message) => {
    const own = join(root, 'debootstrap');
    if (what.startsWith('a base')) await writeFile(join(own, '../empty'), '');
    if (what === 'a second run') await writeFile(join(own, 'completed'), '');
    if (what === 'a run beside another') await mkdir(join(own, 'running'));
    const target = what.startsWith('a base') ? join(root, 'empty') : root;
    const options = argv.length === 0 ? [] : [...argv, `--second-stage-target=${target}`];
    // Who may not change the root learns that first.
    const expected = process.getuid?.() === 0 || argv.length === 0 ? message : /only run as root/;
    const failure = await promisify(execFile)('sh', [script, ...options]).catch((error) => error);
    expect(failure).toMatchObject({ code: 1, stdout: expect.stringMatching(expected) });
  });

  it.runIf(process.getuid?.() === 0)(
    'says that programs of another machine cannot run, and can be run again',
    async () => {
      const failure = await promisify(execFile)('sh', [
        script,
        ...['--second-stage', '--components=main', '--variant', 'minbase', `--second-stage-target=${root}`],
      ]).catch((error) => error);
      expect(failure).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('E: programs of the base cannot run'),
      });
      expect(failure.stdout).toContain('W: See ');
      await expect(access(join(root, 'debootstrap/running'))).rejects.toThrow();
      expect(await readFile(join(root, 'debootstrap/debootstrap.log'), 'utf8')).toContain('cannot run');
    },
  );
});
