import { parseDeb822 } from '../../../formats/deb822.ts';
import type { InstalledPackage } from '../../family.ts';

export const STATUS = 'var/lib/dpkg/status';

/** dpkg's, and the one of images without dpkg. */
export const DATABASE_PATHS = /^var\/lib\/dpkg\/(status|status\.d\/(?!.*\.md5sums$)[^/]+)$/;

/** A package that was removed but left settings is still listed; those of status.d have no status. */
export function readInstalled(text: string): InstalledPackage[] {
  return parseDeb822(text).flatMap((stanza) => {
    const [name, version, arch = ''] = ['package', 'version', 'architecture'].map((field) =>
      stanza.get(field),
    );
    const state = stanza.get('status');
    const isThere = state === undefined || /\s(installed|unpacked|half-configured|triggers-\w+)$/.test(state);
    return name === undefined || version === undefined || !isThere ? [] : [{ name, version, arch }];
  });
}

/** The architecture of dpkg itself, from the text of its status file: later packages must fit it. */
export function archOfDpkg(text: string): string | null {
  const dpkg = parseDeb822(text).find((stanza) => stanza.get('package') === 'dpkg');
  return dpkg?.get('architecture') ?? null;
}
