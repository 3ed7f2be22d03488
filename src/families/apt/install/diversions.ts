/** dpkg's database of diversions: lines in threes of path, where it is diverted to, and by whom. */
export interface Diversions {
  /**
   * The path for a package's file of that name. Names have no leading slash. The package that asked for
   * the diversion keeps the name; `:` means a local diversion, which applies to every package.
   */
  pathFor(name: string, packageName: string): string;
  /** The owner of a name's diversion: a package, or `:`. */
  diverterOf(name: string): string | undefined;
  /** The name that is diverted to this one: no package may bring a file of that name. */
  divertedTo(name: string): string | undefined;
}

/** Reads `/var/lib/dpkg/diversions`; an empty text is none. */
export function parseDiversions(text: string): Diversions {
  const lines = text.split('\n');
  const byPath = new Map<string, { to: string; by: string }>();
  const byPlace = new Map<string, string>();
  for (let at = 0; at + 2 < lines.length; at += 3) {
    const [from = '', to = '', by = ''] = lines.slice(at, at + 3);
    byPath.set(from.slice(1), { to: to.slice(1), by });
    byPlace.set(to.slice(1), from.slice(1));
  }
  return {
    pathFor(name, packageName) {
      const diverted = byPath.get(name);
      return diverted === undefined || diverted.by === packageName ? name : diverted.to;
    },
    diverterOf: (name) => byPath.get(name)?.by,
    divertedTo: (place) => byPlace.get(place),
  };
}
