import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { describeWith } from './needs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describeWith(['groff', 'man'], 'the manual page', () => {
  const page = `${ROOT}dist/man/mkbase.1`;
  beforeAll(() => {
    execFileSync(process.execPath, [`${ROOT}dist/scripts/man-page.js`]);
  });

  it('is read by groff without a warning', () => {
    const { status, stderr } = spawnSync('groff', ['-man', '-t', '-ww', '-z', '-Tutf8', page]);
    expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' });
  });

  it('is shown by man, whose index finds its name', () => {
    const shown = execFileSync('man', ['-l', page], {
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '80' },
    });
    expect(shown).toContain('mkbase - make base images');
    expect(shown).toMatch(/^ {7}--include PACKAGES\n {14}Packages to add/m);
    expect(execFileSync('lexgrog', [page], { encoding: 'utf8' })).toContain('mkbase - make base images');
  });
});
