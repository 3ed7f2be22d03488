import { describe, expect, it } from 'vitest';
import { MkbaseError } from '../../src/errors.ts';
import type { AptSource } from '../../src/families/apt/choose/apt-version.ts';
import { choosePackages } from '../../src/families/apt/choose/variants.ts';
import { type Fields, source } from '../support/index-text.ts';

interface Case {
  readonly sources: readonly AptSource[];
  readonly include: readonly string[];
  readonly exclude?: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  conflict: {
    sources: [
      source([
        { Package: 'desktop', Depends: 'player, browser' },
        { Package: 'browser' },
        { Package: 'player', Depends: 'sound (>= 1)' },
        { Package: 'sound', Provides: 'audio' },
        { Package: 'studio', Depends: 'mixer' },
        { Package: 'mixer', Conflicts: 'audio' },
        { Package: 'unrelated' },
      ]),
    ],
    include: ['unrelated', 'desktop', 'studio'],
  },
  missing: {
    sources: [
      source([
        { Package: 'a', Depends: 'b' },
        { Package: 'b', Depends: 'c, nowhere (>= 2)' },
        { Package: 'c' },
      ]),
    ],
    include: ['a'],
  },
  'lower pin': {
    sources: [
      source([{ Package: 'tool', Depends: 'lib (>= 2)' }, { Package: 'lib' }]),
      source([{ Package: 'lib', Version: '2.1~bpo1' }], { pocket: 'updates', pin: 100 }),
    ],
    include: ['tool'],
  },
  'too old': {
    sources: [
      source([
        { Package: 'tool', Depends: 'lib (>= 2) | virtual (>= 3)' },
        { Package: 'lib', Provides: 'virtual (= 1)' },
      ]),
    ],
    include: ['tool'],
  },
  excluded: {
    sources: [source([{ Package: 'tool', Depends: 'lib' }, { Package: 'lib' }])],
    include: ['tool'],
    exclude: ['lib'],
  },
  'every alternative': {
    sources: [
      source([
        { Package: 'a', Depends: 'b | c' },
        { Package: 'b', Depends: 'nowhere' },
        { Package: 'c', Breaks: 'd' },
        { Package: 'd' },
      ]),
    ],
    include: ['a', 'd'],
  },
};

describe('explainRefusal', () => {
  it.each(Object.entries(CASES))('tells of one cause: %s', async (name, given) => {
    const text = tell(refusal(given));
    await expect(text).toMatchFileSnapshot(`../golden/refusal-${name.replaceAll(' ', '-')}.txt`);
  });

  it('gives programs the same as values', () => {
    expect(refusal(CASES.missing!).data).toMatchObject({
      requests: [{ name: 'a', version: '1.0', pocket: 'release' }],
      facts: [
        { kind: 'request', by: 'user', name: 'a' },
        { kind: 'need', name: 'a', relation: 'Depends', targets: 'b', solutions: [{ name: 'b' }] },
        { kind: 'need', name: 'b', relation: 'Depends', targets: 'nowhere (>= 2)', solutions: [] },
      ],
    });
  });
});

describe('a puzzle in the place of an index', () => {
  it.each(['apt', '3'] as const)('is refused within bounds by the solver %s', (solver) => {
    const given = { sources: [source(ports(10))], include: ['suite'] };
    expect(refusal(given, solver).code).toBe('resolution/undecided');
  });

  it('is told of in a bounded number of lines', () => {
    const { details } = refusal({ sources: [source(ports(5))], include: ['suite'] });
    expect(details).toHaveLength(61);
    expect(details.at(-1)).toBe('… and 58 more lines');
  });
});

/** One service more than there are ports, each of which excludes the other services from it. */
function ports(count: number): Fields[] {
  const [services, numbers] = [[...Array(count + 1).keys()], [...Array(count).keys()]];
  const others = (service: number) => services.filter((other) => other !== service);
  return [
    { Package: 'suite', Depends: services.map((service) => `service${service}`).join(', ') },
    ...services.map((service) => ({
      Package: `service${service}`,
      Depends: numbers.map((port) => `service${service}-port${port}`).join(' | '),
    })),
    ...services.flatMap((service) =>
      numbers.map((port) => ({
        Package: `service${service}-port${port}`,
        Conflicts: others(service)
          .map((other) => `service${other}-port${port}`)
          .join(', '),
      })),
    ),
  ];
}

function refusal({ sources, include, exclude = [] }: Case, solver: 'apt' | '3' = 'apt'): MkbaseError {
  try {
    choosePackages(sources, { arch: 'amd64', variant: 'custom', include, exclude, solver });
  } catch (error) {
    if (error instanceof MkbaseError) return error;
  }
  throw new Error('not refused');
}

function tell({ code, message, details, hint }: MkbaseError): string {
  return `${[`${code}: ${message}`, ...details.map((line) => `  ${line}`), `hint: ${hint}`].join('\n')}\n`;
}
