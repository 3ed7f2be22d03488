import type { InstalledPackage } from '../../family.ts';

/** Before and after 3.22. */
export const DATABASE_PATHS = /^(usr\/)?lib\/apk\/db\/installed$/;

/** apk-v2 installed database: a stanza a package, a letter a field. */
export function readInstalled(text: string): InstalledPackage[] {
  return text.split('\n\n').flatMap((stanza) => {
    const field = (letter: string) => new RegExp(`^${letter}:(.*)$`, 'm').exec(stanza)?.[1];
    const [name, version, arch = ''] = ['P', 'V', 'A'].map(field);
    return name === undefined || version === undefined ? [] : [{ name, version, arch }];
  });
}
