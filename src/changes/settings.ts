import { canonicalJson } from '../canonical-json.ts';
import type { ImageSettings } from '../image/settings.ts';

export interface SettingChange {
  /** `cmd`; of pairs with the name: `env PATH`, `labels maintainer`. */
  readonly name: string;
  /** As JSON where it is no text; null where it was or is not set. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Digests of mkbase's own that say what an image was made from: they always differ. */
const OWN = /^labels dev\.mkbase\./;

export function settingChanges(before: ImageSettings, after: ImageSettings): SettingChange[] {
  const [old, current] = [flat(before), flat(after)];
  const names = [...new Set([...old.keys(), ...current.keys()])].sort();
  return names
    .filter((name) => old.get(name) !== current.get(name) && !OWN.test(name))
    .map((name) => ({ name, before: old.get(name) ?? null, after: current.get(name) ?? null }));
}

function flat({ env = [], labels = {}, ...others }: ImageSettings): Map<string, string> {
  const pairs = env.map((text): [string, string] => {
    const at = text.indexOf('=');
    return [`env ${text.slice(0, at)}`, text.slice(at + 1)];
  });
  return new Map([
    ...Object.entries(others).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : canonicalJson(value),
    ]),
    ...pairs,
    ...Object.entries(labels).map(([name, value]): [string, string] => [`labels ${name}`, value]),
  ]);
}
