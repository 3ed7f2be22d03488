import { describe, expect, it } from 'vitest';
import { planJson, planText } from '../../src/cli/simulate.ts';
import type { Plan } from '../../src/families/family.ts';
import { lockOf } from '../support/lock.ts';

const PLAN: Plan = {
  lock: lockOf(),
  packages: [
    {
      name: 'libc6',
      version: '2.36-9+deb12u10',
      arch: 'amd64',
      pocket: 'security',
      size: 2_757_000,
      installedSize: 12_995_000,
    },
    {
      name: 'hello',
      version: '2.10-3',
      arch: 'amd64',
      pocket: 'release',
      size: 53_000,
      installedSize: 277_000,
    },
  ],
  urlsOf: () => [],
  seedFiles: [],
  warnings: ['the mirror lags'],
};

describe('planText', () => {
  it('is a table of packages and their sum', async () => {
    await expect(planText(PLAN)).toMatchFileSnapshot('../golden/plan.txt');
  });
});

describe('planJson', () => {
  it('is one line with the configuration, every package and the sum', () => {
    const text = planJson(PLAN);
    expect(text).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(text)).toMatchObject({
      type: 'plan',
      recipe: { name: 'debian:bookworm' },
      arch: 'amd64',
      variant: 'minbase',
      packages: PLAN.packages,
      total: { packages: 2, size: 2_810_000, installedSize: 13_272_000 },
      warnings: ['the mirror lags'],
    });
  });
});
