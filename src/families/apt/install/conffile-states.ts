/** `Conffiles` of dpkg's `status` where one package has taken a conffile from another. */

/** Paths of conffiles that packages have lost, by the packages' names. */
export type LostConffiles = ReadonlyMap<string, ReadonlySet<string>>;

/** The md5 sums of conffiles that are in place, by their paths: those of packages that still have them. */
export function conffileHashes(status: string): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  for (const { conffile } of linesOf(status)) {
    if (conffile !== undefined && HASH.test(conffile.state)) hashes.set(conffile.path, conffile.state);
  }
  return hashes;
}

/** `status` with the word `obsolete` where a package has lost a conffile. */
export function markObsolete(status: string, lost: LostConffiles): string {
  if (lost.size === 0) return status;
  return linesOf(status)
    .map(({ text, owner, conffile }) => {
      if (conffile === undefined || lost.get(owner)?.has(conffile.path) !== true) return text;
      const { path, state, flag } = conffile;
      return ` ${path} ${state.replace(/ obsolete$/, '')} obsolete${flag}`;
    })
    .join('\n');
}

interface Line {
  readonly text: string;
  /** The package of the stanza. */
  readonly owner: string;
  readonly conffile?: { readonly path: string; readonly state: string; readonly flag: string } | undefined;
}

const HASH = /^[0-9a-f]{32}$/;
const CONFFILE = /^ (\/.*?) ((?:[0-9a-f]{32}|newconffile)(?: obsolete)?)( remove-on-upgrade)?$/;

function linesOf(status: string): readonly Line[] {
  let owner = '';
  let isConffiles = false;
  return status.split('\n').map((text) => {
    if (text.startsWith('Package: ')) owner = text.slice('Package: '.length);
    if (!text.startsWith(' ')) {
      isConffiles = text === 'Conffiles:';
      return { text, owner };
    }
    const [, path, state, flag = ''] = (isConffiles && CONFFILE.exec(text)) || [];
    return path === undefined ? { text, owner } : { text, owner, conffile: { path, state: state!, flag } };
  });
}
