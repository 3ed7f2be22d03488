/** Archives as their makers' tools write them: each in a folder of its own, from the same few packages. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildDeb, type DebSpec } from '../support/deb.ts';
import { run } from './run.ts';

export interface Shape {
  readonly name: string;
  /** Programs that it takes beside gpg and apt-ftparchive. */
  readonly needs?: readonly string[];
  /** The text after the archive's address in a line of apt's sources; `flat` is `./`. */
  readonly place?: string;
  /** Options of the line beside the key. */
  readonly options?: string;
  /** The requested packages; default {@link ASKED}. */
  readonly asked?: readonly string[];
  /** Tools that cannot read it; default none. */
  readonly refusedBy?: 'both' | 'apt';
  /** The index's digest of packages; default sha256. */
  readonly hash?: 'sha256' | 'sha512';
  readonly make: (at: Workbench) => Promise<void>;
}

/** Where a shape is made. */
export interface Workbench {
  /** Holds packages below `debs/`. */
  readonly folder: string;
  /** Becomes the archive. */
  readonly archive: string;
  /** A shell script in the archive's folder, with `$DEBS`, `$KEY` (the primary key's fingerprint) and gpg's home. */
  readonly sh: (script: string) => Promise<string>;
}

export const ASKED: readonly string[] = ['app', 'tool', 'beta', 'c++kit', 'wants-mail'];

const PACKAGES: readonly DebSpec[] = [
  ...['1.0', '1.1', '1.1~rc1'].map((version) => ({ name: 'app', version, depends: 'libone (>= 1), common' })),
  { name: 'app', version: '1.1', arch: 'arm64', depends: 'libone (>= 1), common' },
  { name: 'libone', version: '1-1', depends: 'libone-data (= 1-1)' },
  { name: 'libone', version: '1-1', arch: 'arm64' },
  { name: 'libone-data', version: '1-1', arch: 'all' },
  { name: 'common', arch: 'all' },
  { name: 'tool', version: '1:0.9' },
  { name: 'tool', version: '2.0' },
  { name: 'beta', version: '2.0~rc1' },
  { name: 'beta', version: '2.0~~' },
  { name: 'c++kit', version: '1.0+b1' },
  { name: 'wants-mail', depends: 'mail-agent', arch: 'all' },
  { name: 'agent-b', provides: 'mail-agent', arch: 'all' },
  { name: 'agent-a', provides: 'mail-agent (= 2)', priority: 'extra', arch: 'all' },
];

/** The packages by the names of files that dpkg-deb gives them. */
export async function writePackages(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const spec of PACKAGES) {
    const deb = await buildDeb({ ...spec, files: { [`usr/share/${spec.name}`]: `${spec.version}\n` } });
    const version = (spec.version ?? '1.0').replace(/^\d+:/, '');
    await writeFile(join(folder, `${spec.name}_${version}_${spec.arch ?? 'amd64'}.deb`), deb);
  }
}

const RELEASE =
  'apt-ftparchive -o APT::FTPArchive::Release::Codename=stable -o APT::FTPArchive::Release::Suite=stable';
const SIGN =
  'gpg --batch --yes --clearsign -o InRelease Release; gpg --batch --yes --armor --detach-sign -o Release.gpg Release';

/**
 * `dists/stable` with `main`: the index in these forms, then Release with the fields named, signed. Release lists the
 * plain index too, though it is not left there: apt passes over an index that is listed in packed forms alone.
 */
function handmade(
  forms: string,
  { fields = '', after = SIGN, index = 'cat', left = 'Packages' } = {},
): Shape['make'] {
  return async ({ sh }) => {
    await sh(`
      mkdir -p pool dists/stable/main/binary-amd64; cp $DEBS/*_amd64.deb $DEBS/*_all.deb pool
      apt-ftparchive packages pool | ${index} > dists/stable/main/binary-amd64/Packages
      cd dists/stable; (cd main/binary-amd64; ${forms})
      ${RELEASE} -o APT::FTPArchive::Release::Architectures=amd64 -o APT::FTPArchive::Release::Components=main \
        ${fields} release . > ../Release; mv ../Release .
      rm -f main/binary-amd64/${left}; ${after}`);
  };
}

/** Indexes that lie at their hashes alone: what bears their own name is of another day. */
const BY_HASH = `
  mkdir -p by-hash/SHA256 by-hash/SHA512
  cp Packages.xz by-hash/SHA256/$(sha256sum < Packages.xz | cut -c-64)
  cp Packages.xz by-hash/SHA512/$(sha512sum < Packages.xz | cut -c-128)`;

export const SHAPES: readonly Shape[] = [
  {
    name: 'reprepro: two components, two architectures, an override',
    needs: ['reprepro'],
    place: 'stable main extra',
    async make({ archive, sh }) {
      await mkdir(join(archive, 'conf'), { recursive: true });
      const fields = ['Codename: stable', 'Suite: stable', 'Components: main extra', 'SignWith: yes'];
      const more = ['Architectures: amd64 arm64', 'DebOverride: override'];
      await writeFile(join(archive, 'conf/distributions'), `${[...fields, ...more].join('\n')}\n`);
      await writeFile(join(archive, 'conf/override'), 'agent-a Priority required\nagent-a Section mail\n');
      await sh(`
        for deb in $DEBS/app_1.1_*.deb $DEBS/lib*.deb $DEBS/beta*rc1*.deb $DEBS/tool_*.deb $DEBS/c++*; do
          reprepro --silent --ignore=forbiddenchar includedeb stable $deb; done
        for deb in $DEBS/common* $DEBS/wants* $DEBS/agent*; do
          reprepro --silent -C extra -S misc -P optional includedeb stable $deb; done`);
    },
  },
  {
    name: 'aptly: a published repository with by-hash and several versions',
    needs: ['aptly'],
    async make({ folder, sh }) {
      const root = join(folder, 'aptly');
      await writeFile(join(folder, 'aptly.conf'), JSON.stringify({ rootDir: root, gpgProvider: 'gpg2' }));
      await sh(`
        aptly() { command aptly -config=${folder}/aptly.conf "$@" >&2; }
        aptly repo create -distribution=stable -component=main it; aptly repo add it $DEBS
        aptly publish repo -batch -acquire-by-hash -architectures=amd64,arm64,all -gpg-key=$KEY it
        mv ${root}/public/* .`);
    },
  },
  {
    name: 'apt-ftparchive: packages of all architectures in an index of their own',
    make: ({ sh }) =>
      sh(`
        mkdir -p pool dists/stable/main/binary-amd64 dists/stable/main/binary-all; cp $DEBS/*_a[ml]*.deb pool
        apt-ftparchive packages pool | awk -v RS= -v ORS='\\n\\n' '!/Architecture: all/' > dists/stable/main/binary-amd64/Packages
        apt-ftparchive packages pool | awk -v RS= -v ORS='\\n\\n' '/Architecture: all/' > dists/stable/main/binary-all/Packages
        xz -k dists/stable/main/*/Packages; cd dists/stable
        ${RELEASE} -o APT::FTPArchive::Release::Architectures='all amd64' -o APT::FTPArchive::Release::Components=main \\
          release . > ../Release; mv ../Release .
        ${SIGN}`).then(() => {}),
  },
  {
    name: 'dpkg-scanpackages: flat, several versions, signed',
    needs: ['dpkg-scanpackages'],
    place: './',
    make: ({ sh }) =>
      sh(`cp $DEBS/*.deb .; dpkg-scanpackages -m . > Packages; gzip -k Packages
        ${RELEASE} release . > /tmp/Release.$$; mv /tmp/Release.$$ Release; ${SIGN}`).then(() => {}),
  },
  {
    name: 'dpkg-scanpackages: flat below a folder, with an override, trusted without a Release',
    needs: ['dpkg-scanpackages'],
    place: 'some/where/',
    options: 'trusted=yes',
    make: ({ sh }) =>
      sh(`mkdir -p some/where; cp $DEBS/*_amd64.deb $DEBS/*_all.deb some/where
        echo 'agent-a required mail' > override
        dpkg-scanpackages -a amd64 some/where override | gzip > some/where/Packages.gz`).then(() => {}),
  },
  { name: 'only .xz', make: handmade('xz -k Packages') },
  { name: 'only .gz', make: handmade('gzip -k Packages') },
  {
    name: 'only .xz, and Release lists no other',
    refusedBy: 'apt',
    make: handmade('xz Packages'),
  },
  { name: 'only the plain index', make: handmade(':', { left: 'none' }) },
  { name: 'only .zst', needs: ['zstd'], make: handmade('zstd -q Packages') },
  {
    name: 'indexes by their hash, and others by their name',
    make: handmade(`xz -k Packages; ${BY_HASH}`, {
      fields: '-o APT::FTPArchive::Release::Acquire-By-Hash=yes',
      after: `sed -i '/by-hash/d' Release; ${SIGN}; date > main/binary-amd64/Packages.xz`,
    }),
  },
  { name: 'Release.gpg alone', make: handmade('xz -k Packages', { after: `${SIGN}; rm InRelease` }) },
  { name: 'InRelease alone', make: handmade('xz -k Packages', { after: `${SIGN}; rm Release Release.gpg` }) },
  {
    name: 'SHA512 alone',
    hash: 'sha512',
    make: handmade('xz -k Packages', {
      fields: ['MD5', 'SHA1', 'SHA256'].map((hash) => `-o APT::FTPArchive::${hash}=false`).join(' '),
      index: "sed '/^\\(MD5sum\\|SHA1\\|SHA256\\):/d'",
    }),
  },
  {
    name: 'MD5 alone',
    refusedBy: 'both',
    make: handmade('xz -k Packages', {
      fields: ['SHA1', 'SHA256', 'SHA512'].map((hash) => `-o APT::FTPArchive::${hash}=false`).join(' '),
    }),
  },
  {
    name: 'another architecture alone',
    refusedBy: 'both',
    make: handmade('xz -k Packages', { after: `sed -i 's/amd64/arm64/' Release; ${SIGN}` }),
  },
  {
    name: 'an index that was changed after it was signed',
    refusedBy: 'both',
    make: handmade('xz -k Packages', {
      after: `${SIGN}; cd main/binary-amd64; (xz -dc Packages.xz; echo) | xz > x; mv x Packages.xz`,
    }),
  },
  {
    name: 'valid until yesterday',
    refusedBy: 'both',
    make: handmade('xz -k Packages', {
      after: `sed -i "s/^Date:/Valid-Until: $(date -Ru -d yesterday | sed 's/+0000/UTC/')\\n&/" Release; ${SIGN}`,
    }),
  },
  {
    name: 'not signed',
    refusedBy: 'both',
    make: handmade('xz -k Packages', { after: ':' }),
  },
  {
    name: 'a package that is not there',
    asked: ['app', 'none-such'],
    refusedBy: 'both',
    make: handmade('xz -k Packages'),
  },
  {
    name: 'versions and a provided name asked for',
    asked: ['app=1.0', 'tool=2.0', 'agent-a'],
    make: handmade('xz -k Packages'),
  },
  {
    name: 'an index with the names of fields in other cases, and folded',
    make: handmade('xz -k Packages', {
      index:
        "sed 's/^Package:/PACKAGE:/; s/^Depends: libone/depends:\\n libone/; s/^Filename:  */FileName:\\t/'",
    }),
  },
];

/** A primary key that certifies alone, and the subkey that signs: what most archives have. */
export async function makeKey(home: string): Promise<{ fingerprint: string; keyring: string }> {
  await mkdir(home, { mode: 0o700 });
  const gpg = (...args: readonly string[]) =>
    run('env', [`GNUPGHOME=${home}`, 'gpg', '--batch', '--quiet', '--passphrase', '', ...args]);
  await gpg('--quick-generate-key', 'Shapes <shapes@example.org>', 'ed25519', 'cert', 'never');
  const fingerprint = /^fpr:+(\w+)/m.exec(await gpg('--list-keys', '--with-colons'))![1]!;
  await gpg('--quick-add-key', fingerprint, 'ed25519', 'sign', 'never');
  const keyring = join(dirname(home), 'key.gpg');
  await gpg('--output', keyring, '--export', fingerprint);
  return { fingerprint, keyring };
}
