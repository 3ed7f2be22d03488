import { describe, expect, it } from 'vitest';
import { checkpointKey, isPure } from '../../../../src/families/apt/install/checkpoint.ts';
import { keptBase, rootfsOf } from '../../../../src/families/apt/install/kept-base.ts';
import { openRootfs } from '../../../../src/families/apt/install/wave.ts';
import { readControl } from '../../../../src/families/apt/package/control.ts';
import type { InstallJob } from '../../../../src/families/family.ts';
import type { LockedPackage } from '../../../../src/lock/lock.ts';
import { parsePathRules } from '../../../../src/rootfs/exclusions.ts';

function item(name: string, reason: LockedPackage['reason'], digest = `sha256:${name}`): LockedPackage {
  return { name, version: '1', arch: 'amd64', pocket: 'main', path: name, size: 1, digest, reason };
}

const OPTIONS = { local: [] as readonly string[], recommends: false };
const IMAGE = { mergedUsr: true, silenced: [] as readonly string[], dockerSettings: false };
const JOB: InstallJob = {
  ...{ arch: 'amd64', mode: 'root', allFirst: false, included: ['curl'], pathRules: [], seedFiles: [] },
  ...{ keepSecrets: false, epoch: null, debconfSelections: null },
  packages: [
    item('dash', 'essential'),
    item('apt', 'requested'),
    item('libapt', 'dependency'),
    item('curl', 'requested'),
  ],
  family: { name: 'apt', options: OPTIONS, image: IMAGE },
};
const key = (job: Partial<InstallJob> = {}, epoch: number | null = null) =>
  checkpointKey({ ...JOB, ...job }, epoch);
const without = (name: string) => JOB.packages.filter((one) => one.name !== name);

describe('the key of a checkpoint', () => {
  it.each<[what: string, job: Partial<InstallJob>]>([
    ['another architecture', { arch: 'arm64' }],
    ['other isolation', { mode: 'unshare' }],
    ['path rules', { pathRules: ['path-exclude=/usr/share/doc/*'] }],
    ['other seeds', { seedFiles: [{ path: 'etc/apt/sources.list', mode: 0o644, content: 'deb x' }] }],
    ['answers for debconf', { debconfSelections: 'tzdata tzdata/Areas select Europe' }],
    ['directories in place of merged /usr', familyWith({ mergedUsr: false })],
    ['silenced programs', familyWith({ silenced: ['/sbin/initctl'] })],
    [
      'an Essential package with other bytes',
      { packages: [item('dash', 'essential', 'sha256:other'), ...without('dash')] },
    ],
    ['one Essential package more', { packages: [item('bash', 'essential'), ...JOB.packages] }],
    [
      'a package of the variant with other bytes',
      { packages: [...without('apt'), item('apt', 'requested', 'sha256:other')] },
    ],
    ['a package of the variant less', { packages: without('apt') }],
  ])('is another with %s', (_, job) => {
    expect(key(job)).not.toBe(key());
  });

  it('is another where the epoch is earlier than a package', () => {
    expect(key({}, 5)).not.toBe(key());
    expect(key({}, 5)).not.toBe(key({}, 6));
  });

  it.each<[what: string, job: Partial<InstallJob>]>([
    ['what is added', { packages: without('curl'), included: [] }],
    ['files of the user', { packages: [...JOB.packages, item('mine', 'requested')], ...localMine() }],
    ['what only the end is to know', { keepSecrets: true, ...familyWith({ dockerSettings: true }) }],
  ])('is the same whatever %s', (_, job) => {
    expect(key(job)).toBe(key());
  });
});

it('no checkpoint is of a base whose hooks ran, or that is not isolated', () => {
  const hook = async () => {};
  expect(isPure({ mode: 'root', allFirst: false }, {})).toBe(true);
  expect(isPure({ mode: 'unshare', allFirst: false }, { customize: hook })).toBe(true);
  expect(isPure({ mode: 'root', allFirst: false }, { setup: hook })).toBe(false);
  expect(isPure({ mode: 'root', allFirst: false }, { essential: hook })).toBe(false);
  expect(isPure({ mode: 'root', allFirst: true }, {})).toBe(false);
  expect(isPure({ mode: 'chroot', allFirst: false }, {})).toBe(false);
  expect(isPure({ mode: 'none', allFirst: false }, {})).toBe(false);
});

it('what is known of a base is the same after it was kept', () => {
  const rules = ['path-exclude=/usr/share/doc/*'];
  const [rule] = parsePathRules(rules);
  const control = readControl(
    'Package: dash\nVersion: 1\nArchitecture: amd64\nDepends: a | b (>= 2)',
    '/etc/x',
  );
  const placed = { files: 2, replaced: 1, changed: false, lost: new Set(['/etc/x']) };
  const dash = { ...placed, control, paths: new Set(['/.', '/bin/d\xe4sh', '/etc/x']) };
  const rootfs = openRootfs();
  rootfs.placed.push(dash);
  rootfs.owners.set('bin/d\xe4sh', dash);
  rootfs.texts.add('var/lib/dpkg/status');
  rootfs.notices.push('something');
  rootfs.excluded.push({ rule: rule!, bytes: 7 });
  const times = { newest: 3, epoch: 4, baseEpoch: 3, began: 5, packed: 6 };
  const kept = keptBase({ rootfs, packages: [{ item: item('dash', 'essential'), control }], ...times });
  const again = rootfsOf(JSON.parse(JSON.stringify(kept)), rules);
  expect({ ...again, excluded: [] }).toEqual({ ...rootfs, excluded: [] });
  expect(again.excluded).toEqual([{ rule: expect.objectContaining({ text: rules[0] }), bytes: 7 }]);
  expect(again.owners.get('bin/d\xe4sh')).toBe(again.placed[0]);
});

function familyWith(image: object): Partial<InstallJob> {
  return { family: { name: 'apt', options: OPTIONS, image: { ...IMAGE, ...image } } };
}

function localMine(): Partial<InstallJob> {
  return { family: { name: 'apt', options: { ...OPTIONS, local: ['sha256:mine'] }, image: IMAGE } };
}
