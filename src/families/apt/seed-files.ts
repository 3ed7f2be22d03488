import type { AptRecipe } from '../../recipe.ts';
import type { SeedFile } from '../family.ts';

export interface SeedOptions {
  readonly recipe: AptRecipe;
  /** The settings of Docker's official image of the suite; null leaves them out. */
  readonly docker: AptRecipe['image']['docker'] | null;
  readonly components: readonly string[];
  /** Pockets in order, each with the address that the image is to use. */
  readonly sources: readonly { readonly suite: string; readonly uri: string }[];
  /**
   * Armored keys that apt in the image is to trust in place of the recipe's keyring; null where that
   * keyring has the keys that signed.
   */
  readonly keys: string | null;
  readonly pathRules: readonly string[];
}

/** What is written into the image beside the packages' own files. */
export function seedFiles(options: SeedOptions): SeedFile[] {
  const { image } = options.recipe;
  return [
    image.sourcesStyle === 'deb822' ? stanzas(options) : lines(options),
    ...(options.docker === null ? [] : dockerSettings(options.docker)),
    ...(options.pathRules.length > 0 ? [pathRules(options.pathRules)] : []),
  ];
}

/** sources.list(5), "deb822-style format": one stanza for the pockets of one address. */
function stanzas({ recipe, components, sources, keys }: SeedOptions): SeedFile {
  const signedBy = keys === null ? recipe.image.signedBy : embedded(keys);
  const uris = [...new Set(sources.map(({ uri }) => uri))];
  const texts = uris.map((uri) => {
    const suites = sources.filter((source) => source.uri === uri).map(({ suite }) => suite);
    const isFlat = suites.every((suite) => suite.endsWith('/'));
    return [
      'Types: deb',
      `URIs: ${uri}`,
      `Suites: ${suites.join(' ')}`,
      ...(isFlat ? [] : [`Components: ${components.join(' ')}`]),
      ...(signedBy === null ? [] : [`Signed-By: ${signedBy}`]),
      '',
    ].join('\n');
  });
  return file(`etc/apt/sources.list.d/${recipe.distribution}.sources`, texts.join('\n'));
}

/** sources.list(5), "one-line-style format", which cannot hold a key. */
function lines({ recipe, components, sources, keys }: SeedOptions): SeedFile {
  const { signedBy } = recipe.image;
  const option = signedBy === null || keys !== null ? '' : `[signed-by=${signedBy}] `;
  const texts = sources.map(({ uri, suite }) => {
    return `deb ${option}${uri} ${suite}${suite.endsWith('/') ? '' : ` ${components.join(' ')}`}\n`;
  });
  return file('etc/apt/sources.list', texts.join(''));
}

/** A key as the value of `Signed-By`: each line after one space, an empty one as a dot. */
function embedded(keys: string): string {
  return keys
    .trim()
    .split(/\r?\n/)
    .map((line) => `\n ${line === '' ? '.' : line}`)
    .join('');
}

/** dpkg.cfg(5): what was left out at the build is left out by later installs too. */
function pathRules(rules: readonly string[]): SeedFile {
  return file('etc/dpkg/dpkg.cfg.d/mkbase', `${rules.join('\n')}\n`);
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
