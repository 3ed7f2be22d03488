const ARCHES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: 'i386',
  arm: 'armhf',
  ppc64: 'ppc64el',
  loong64: 'loong64',
};

/** dpkg's name of the architecture that this runs on. */
export function hostArch(): string {
  return ARCHES[process.arch] ?? process.arch;
}
