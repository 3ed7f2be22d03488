import { canonicalJson } from '../canonical-json.ts';

/** Settings by name, as text: `Cmd`, `Env PATH`, `Labels maintainer`. */
export type Settings = ReadonlyMap<string, string>;

export interface SettingChange {
  readonly name: string;
  /** Null where it was or is not set. */
  readonly before: string | null;
  readonly after: string | null;
}

/** mkbase's own labels hold digests of an image's inputs: any change makes them differ. */
const OWN = /^Labels dev\.mkbase\./;

/** Changes by name, without mkbase's own labels. */
export function settingChanges(before: Settings, after: Settings): SettingChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .filter((name) => before.get(name) !== after.get(name) && !OWN.test(name))
    .map((name) => ({ name, before: before.get(name) ?? null, after: after.get(name) ?? null }));
}

/** The `config` object of an image's configuration: each variable and each label for itself. */
export function settingsOf({
  Env: env = [],
  Labels: labels = {},
  ...others
}: Readonly<Record<string, unknown>>): Settings {
  return new Map([
    ...Object.entries(others)
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => [name, textOf(value)] as const),
    ...[env ?? []].flat().map((pair) => {
      const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(String(pair)) ?? [];
      return [`Env ${name}`, value] as const;
    }),
    ...Object.entries(labels ?? {}).map(([name, value]) => [`Labels ${name}`, String(value)] as const),
  ]);
}

/** Text as it is, all else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : canonicalJson(value);
}
