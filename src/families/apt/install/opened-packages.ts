import { MkbaseError, quoted } from '../../../errors.ts';
import type { LockedPackage } from '../../../lock/lock.ts';
import type { InstallJob, InstallTools } from '../../family.ts';
import { createOpener, FAR_AHEAD } from '../../fetched-package.ts';
import { withPackageName } from '../../package-error.ts';
import { type Control, readControl } from '../package/control.ts';
import { CONTROL_WITHIN, readDebControl } from '../package/deb.ts';
import { interestsOf } from './dpkg-database.ts';
import type { OpenedPackage } from './wave.ts';

export interface OpenedPackages {
  /** Packages to place before any script, without waiting for the rest. */
  readonly first: Promise<readonly OpenedPackage[]>;
  readonly rest: Promise<readonly OpenedPackage[]>;
  /** Seconds since 1970: the job's, else when the newest of all packages was built. */
  readonly epoch: Promise<number>;
}

/** The packages of a job as their files come in. */
export function openPackages(
  { packages, epoch }: Pick<InstallJob, 'packages' | 'epoch'>,
  { fileOf, unpacker }: Pick<InstallTools, 'fileOf' | 'unpacker'>,
  isFirst: (item: LockedPackage) => boolean,
): OpenedPackages {
  const opener = createOpener({
    fileOf,
    unpacker,
    describe: readDebControl,
    front: CONTROL_WITHIN,
    early: FAR_AHEAD,
  });
  const times: number[] = [];
  const openOne = async (item: LockedPackage): Promise<OpenedPackage> => {
    const { open, control: files, built } = await opener(item, isFirst(item));
    times.push(built);
    const text = (name: string) => files.get(name)?.body.toString('latin1') ?? '';
    return withPackageName(item, () => {
      const control = readControl(text('control'), text('conffiles'));
      checkIdentity(control, item);
      return { item, open, files, control, built, interests: interestsOf(files) };
    });
  };
  const first = Promise.all(packages.filter(isFirst).map(openOne));
  const rest = Promise.all(packages.filter((item) => !isFirst(item)).map(openOne));
  const newest = Promise.all([first, rest]).then(() => epoch ?? Math.max(0, ...times));
  for (const promise of [rest, newest]) promise.catch(() => {}); // Reported where it is waited for.
  return { first, rest, epoch: newest };
}

/** The Lock, and what is made of it, names what an index said: the package itself must say the same. */
function checkIdentity({ name, version }: Control, item: LockedPackage): void {
  if (name.toLowerCase() === item.name.toLowerCase() && version === item.version) return;
  throw new MkbaseError('package/other-package', `the file holds ${quoted(name)} ${version}`, {
    hint: 'the index of the repository names the wrong file: report it to its maker',
  });
}
