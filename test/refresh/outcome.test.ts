import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PackageChange } from '../../src/changes/packages.ts';
import { MkbaseError } from '../../src/errors.ts';
import { toPortable } from '../../src/portable-error.ts';
import { outputsText, tellGithub } from '../../src/refresh/github.ts';
import { whileLocked } from '../../src/refresh/local-lock.ts';
import { metricsText, writeMetrics } from '../../src/refresh/metrics.ts';
import { type Outcome, statusOf } from '../../src/refresh/outcome.ts';
import { outcomeText, reportFile } from '../../src/refresh/report.ts';
import { DEAD, markOf } from '../support/mark.ts';

function outcome(change: Partial<Outcome> = {}): Outcome {
  return {
    ...{ name: 'base', result: 'unchanged', reason: null, digest: 'sha256:d', names: [] },
    ...{ changes: null, oldestIndex: null, error: null, seconds: 1.5 },
    ...change,
  };
}

const failed = (code: MkbaseError['code']): Outcome =>
  outcome({ result: 'failed', error: toPortable(new MkbaseError(code, 'it is so', { hint: 'do so' })) });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-outcome-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the exit status', () => {
  it.each<[string, readonly Outcome[], number]>([
    ['all fresh', [outcome()], 0],
    ['something changed', [outcome(), outcome({ result: 'changed' })], 2],
    ['something would change', [outcome({ result: 'outdated' })], 2],
    ['some may go well later', [outcome(), failed('network/dns')], 3],
    ['all may go well later', [failed('network/dns'), failed('registry/server-error')], 75],
    ['one needs a person', [outcome(), failed('network/dns'), failed('signature/bad')], 65],
    ['a rollback', [failed('signature/rollback')], 65],
    ['no rights', [failed('registry/denied')], 65],
    ['a mirror in motion', [failed('package/wrong-hash')], 75],
    ['a deadline', [failed('host/deadline')], 75],
  ])('%s', (_, outcomes, status) => {
    expect(statusOf(outcomes, { detailed: true })).toBe(status);
  });

  it('without --detailed-exitcode is 0 for a change', () => {
    expect(statusOf([outcome({ result: 'changed' })], { detailed: false })).toBe(0);
  });
});

describe('what is told', () => {
  it('is a line for each image', () => {
    expect(outcomeText(outcome())).toBe('unchanged  base\n');
    expect(outcomeText(failed('network/dns'))).toBe('failed     base: it is so\n');
    expect(outcomeText(outcome({ result: 'changed', reason: 'new', names: ['r/base:x'] }))).toBe(
      'changed    base: the registry has none yet: r/base:x\n',
    );
  });

  it('has a changelog below it, where it is short', () => {
    const added = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        ...{ kind: 'added', name: `p${index}`, arches: ['amd64'], before: null, after: '1' },
        ...{ pocket: 'security', grown: 10 },
      })) as PackageChange[];
    const text = (count: number) =>
      outcomeText(
        outcome({
          result: 'changed',
          reason: 'packages',
          changes: {
            ...{ before: 'before', after: 'now', packages: added(count), size: null, privileges: [] },
            ...{ files: null, settings: [], request: [] },
          },
        }),
      );
    expect(text(1)).toBe(
      'changed    base: 1 package changed (1 added, 1 from security)\n  packages\n    added  p0  1  security  +10 B\n',
    );
    expect(text(99).trimEnd().split('\n')).toHaveLength(32);
    expect(text(99)).toContain('\n  and 70 lines more: see them with `--report`\n');
  });

  it('is written as JSON or Markdown by the name of the file', () => {
    expect(JSON.parse(reportFile([outcome()], 'r.json'))).toEqual({
      images: [{ type: 'refresh', ...outcome() }],
    });
    expect(reportFile([failed('network/dns')], 'r.md')).toContain(
      '| base | failed | it is so | `sha256:d` |',
    );
  });

  it('goes where the runners of GitHub look', async () => {
    const env = { GITHUB_STEP_SUMMARY: join(folder, 's'), GITHUB_OUTPUT: join(folder, 'o') };
    const outcomes = [outcome({ result: 'changed', name: 'a' }), failed('network/dns')];
    await tellGithub(outcomes, env);
    expect(await readFile(env.GITHUB_OUTPUT, 'utf8')).toBe('changed=["a"]\nfailed=["base"]\n');
    expect(await readFile(env.GITHUB_STEP_SUMMARY, 'utf8')).toContain('| a | changed |');
    expect(outputsText([])).toBe('changed=[]\nfailed=[]\n');
  });
});

describe('metrics', () => {
  it('keep the times of what this run did not do', async () => {
    const file = join(folder, 'm.prom');
    await writeMetrics([outcome({ result: 'changed', oldestIndex: '1970-01-01T00:01:00Z' })], file, 100);
    await writeMetrics([failed('network/dns')], file, 200);
    const text = await readFile(file, 'utf8');
    expect(text).toContain('mkbase_last_success_timestamp_seconds{image="base"} 100\n');
    expect(text).toContain('mkbase_last_change_timestamp_seconds{image="base"} 100\n');
    expect(text).toContain('mkbase_failed{image="base"} 1\n');
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect(await readdir(folder)).toEqual(['m.prom']);
  });

  it('have a type and a help for each family, once', () => {
    const text = metricsText([outcome({ oldestIndex: '1970-01-01T00:01:00Z' }), outcome({ name: 'b' })], 100);
    expect(text).toContain('mkbase_index_age_seconds{image="base"} 40\n');
    const types = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name);
    expect(new Set(types).size).toBe(types.length);
    for (const name of types) expect(text).toContain(`# HELP ${name} `);
  });
});

describe('the lock of a machine', () => {
  const busy = { code: 'busy/refresh-running' };

  it('lets one run at a time, and the next after it', async () => {
    await whileLocked('a', folder, async () => {
      await expect(whileLocked('a', folder, async () => {})).rejects.toMatchObject(busy);
      await whileLocked('b', folder, async () => {});
    });
    expect(await whileLocked('a', folder, async () => 'done')).toBe('done');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken from a process that is gone, or elsewhere, or whose number another one has', async () => {
    const elsewhere = markOf({ place: '00000000' });
    for (const left of [markOf({ pid: DEAD }), markOf({ start: '1' }), elsewhere, '']) {
      await whileLocked('a', folder, async () => {
        const [name] = await readdir(folder);
        await writeFile(join(folder, name!), left);
        expect(await whileLocked('a', folder, async () => 'taken')).toBe('taken');
      });
    }
  });
});
