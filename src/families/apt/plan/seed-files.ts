import type { PathRule } from '../../../rootfs/exclusions.ts';
import type { SeedFile } from '../../family.ts';
import type { WrittenPin } from '../choose/pins.ts';
import { dpkgPathRules, RULES_FILE } from '../install/dpkg-path-rules.ts';
import type { AptRecipe } from '../recipe.ts';

export interface SeedOptions {
  /** The settings of Docker's official image of the suite; null leaves them out. */
  readonly docker: AptRecipe['image']['docker'] | null;
  /** apt's, from sourceFiles. */
  readonly sources: readonly SeedFile[];
  readonly pins: readonly WrittenPin[];
  readonly rules: readonly PathRule[];
}

/** The files that are written into the image beside the packages' own. */
export function seedFiles({ docker, sources, pins, rules }: SeedOptions): SeedFile[] {
  return [
    ...sources,
    ...(pins.length > 0 ? [preferences(pins)] : []),
    ...(docker === null ? [] : dockerSettings(docker)),
    ...(rules.length > 0 ? [rulesFile(rules)] : []),
  ];
}

/** apt_preferences(5): later installs in the image use the same pins. */
function preferences(pins: readonly WrittenPin[]): SeedFile {
  const stanzas = pins.map(({ selector, priority }) => {
    return `Package: *\nPin: release ${selector}\nPin-Priority: ${priority}\n`;
  });
  return file('etc/apt/preferences.d/mkbase', stanzas.join('\n'));
}

/** dpkg.cfg(5): later installs in the image leave out the same files. */
function rulesFile(rules: readonly PathRule[]): SeedFile {
  return file(RULES_FILE, `${dpkgPathRules(rules).join('\n')}\n`);
}

/** The settings of Docker's official images, as debuerreotype's debuerreotype-minimizing-config writes them. */
function dockerSettings({ gzipOrder }: AptRecipe['image']['docker']): SeedFile[] {
  return [
    file('etc/apt/apt.conf.d/docker-autoremove-suggests', 'Apt::AutoRemove::SuggestsImportant "false";\n'),
    file(
      'etc/apt/apt.conf.d/docker-clean',
      [
        'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };',
        'APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };',
        'Dir::Cache::pkgcache "";',
        'Dir::Cache::srcpkgcache "";',
        '',
      ].join('\n'),
    ),
    file(
      'etc/apt/apt.conf.d/docker-gzip-indexes',
      `Acquire::GzipIndexes "true";\n${gzipOrder ? 'Acquire::CompressionTypes::Order:: "gz";\n' : ''}`,
    ),
    file('etc/apt/apt.conf.d/docker-no-languages', 'Acquire::Languages "none";\n'),
    file('etc/dpkg/dpkg.cfg.d/docker-apt-speedup', 'force-unsafe-io\n'),
  ];
}

function file(path: string, content: string): SeedFile {
  return { path, mode: 0o644, content };
}
