/** debootstrap's options, with the names and the help of its manual page. */
export interface DebootstrapOption {
  readonly name: string;
  /** Where it takes a value, the name of that in the help. */
  readonly value?: string;
  readonly summary: string;
}

export const DEBOOTSTRAP_OPTIONS = [
  { name: 'help', summary: 'print this help' },
  { name: 'version', summary: 'print the version of debootstrap whose command line this is' },
  { name: 'verbose', summary: 'copy the output of maintainer scripts to standard output' },
  { name: 'arch', value: 'ARCH', summary: 'architecture of the base' },
  { name: 'variant', value: 'NAME', summary: 'minbase, buildd, or - for all of Priority important' },
  { name: 'include', value: 'PACKAGES', summary: 'packages to add, separated by commas' },
  { name: 'exclude', value: 'PACKAGES', summary: 'packages to keep out' },
  { name: 'components', value: 'NAMES', summary: 'components of the archive (default main)' },
  { name: 'extra-suites', value: 'SUITES', summary: 'suites of the same mirror to use as well' },
  { name: 'merged-usr', summary: '/bin, /sbin and /lib are links into /usr' },
  { name: 'no-merged-usr', summary: '/bin, /sbin and /lib are directories, in suites that know them' },
  { name: 'keyring', value: 'FILE', summary: "keys to trust instead of the suite's own" },
  { name: 'no-check-gpg', summary: 'accept an index whose signature is missing or wrong' },
  { name: 'no-check-sig', summary: 'the same' },
  { name: 'force-check-gpg', summary: 'refuse an index without a good signature: the default' },
  { name: 'force-check-sig', summary: 'the same' },
  { name: 'certificate', value: 'FILE', summary: 'certificate to show to https mirrors, in PEM form' },
  { name: 'private-key', value: 'FILE', summary: "the certificate's key" },
  { name: 'ca-certificate', value: 'FILE', summary: 'authority to trust for https' },
  { name: 'cache-dir', value: 'DIR', summary: 'directory of .deb files to take and to leave; absolute' },
  { name: 'print-debs', summary: 'print the names of the packages and make nothing' },
  { name: 'download-only', summary: 'leave the .deb files in TARGET and stop' },
  { name: 'make-tarball', value: 'FILE', summary: 'write the .deb files to a tar and stop' },
  { name: 'unpack-tarball', value: 'FILE', summary: 'take the .deb files of such a tar; absolute' },
  { name: 'foreign', summary: 'leave all that runs code of TARGET to --second-stage' },
  { name: 'second-stage', summary: 'complete TARGET; only in TARGET/debootstrap/debootstrap' },
  { name: 'keep-debootstrap-dir', summary: 'keep TARGET/debootstrap' },
  { name: 'log-extra-deps', summary: 'tell which packages were only pulled in' },
  { name: 'extractor', value: 'NAME', summary: 'dpkg-deb or ar: without effect' },
  { name: 'resolve-deps', summary: 'install dependencies: the default' },
  { name: 'no-resolve-deps', summary: 'without effect: dependencies are always installed' },
] as const satisfies readonly DebootstrapOption[];

export type DebootstrapOptionName = (typeof DEBOOTSTRAP_OPTIONS)[number]['name'];

/** Options of debootstrap that mean nothing here, each with the reason. */
export const REFUSED_OPTIONS: Readonly<Record<string, string>> = {
  'debian-installer': 'it is for debian-installer alone',
  'second-stage-target': 'give it to the second stage, `TARGET/debootstrap/debootstrap`',
  'inrelease-path': 'an index has its InRelease beside it',
  'no-check-certificate': 'name the authority of the mirror with `--ca-certificate`',
};
