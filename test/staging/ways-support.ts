/** A mirror of packages that mean harm to a folder of the host, which is compared before and after. */
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suiteSpec, theKey } from '../families/apt/plan-support.ts';
import { buildRepository } from '../support/apt-repository.ts';
import { hostileWays, type Way } from '../support/hostile-ways.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Packages that one build takes. */
export interface Attempt {
  readonly name: string;
  readonly packages: readonly string[];
  /** The code that the build is refused with. */
  readonly refusal?: string;
}

/** A folder with what a package would like to change. */
export async function makeHost(folder: string): Promise<string> {
  for (const path of ['apt', 'dpkg/info', 'triggers', 'lib'])
    await mkdir(join(folder, path), { recursive: true });
  for (const path of ['passwd', 'fstab', 'status', 'null', 'sources.list', 'dpkg/info/format', 'tool']) {
    await writeFile(join(folder, path), `the ${path} of the host`);
    await chmod(join(folder, path), 0o666);
  }
  await symlink('passwd', join(folder, 'link'));
  await chmod(folder, 0o777);
  return folder;
}

/** Refused packages, each by itself; harmless ones, in as few builds as their paths allow. */
export function attempts(host: string): readonly Attempt[] {
  const ways = hostileWays(host).map((way, number) => ({ way, packages: [packageName(number)] }));
  const refused = ways.flatMap(({ way: { name, refusal }, packages }) =>
    refusal === undefined ? [] : [{ name, refusal, packages }],
  );
  const together: { readonly paths: Set<string>; readonly packages: string[] }[] = [];
  for (const { way, packages } of ways) {
    if (way.refusal !== undefined) continue;
    const paths = pathsOf(way);
    const fitting = together.find((group) => paths.every((path) => !group.paths.has(path)));
    const group = fitting ?? { paths: new Set(), packages: [] };
    if (fitting === undefined) together.push(group);
    group.packages.push(...packages);
    for (const path of paths) group.paths.add(path);
  }
  const harmless = together.map(({ packages }) => ({ name: `${packages.length} that do no harm`, packages }));
  return [...refused, ...harmless];
}

/** One suite with all of them; its key is `theKey()`. */
export async function startWays(host: string): Promise<TestServer> {
  const base = {
    name: 'base',
    priority: 'required',
    files: { 'usr/bin/tool': { content: 'tool', mode: 0o755 } },
  };
  const evil = hostileWays(host).map(({ spec }, number) => {
    const name = packageName(number);
    return { ...spec, name, ...(spec.fields?.Package && { index: { ...spec.index, Package: name } }) };
  });
  return startServer(await buildRepository([await suiteSpec({ packages: [base, ...evil] })]));
}

/** The key of the mirror, in a file. */
export async function writeKey(file: string): Promise<string> {
  await writeFile(file, (await theKey()).armored);
  return file;
}

function packageName(number: number): string {
  return `way${number}`;
}

function pathsOf({ spec }: Way): readonly string[] {
  return (spec.entries ?? []).map(({ path }) => path.replace(/^[./]+/, ''));
}
