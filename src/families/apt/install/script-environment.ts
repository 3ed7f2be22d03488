/**
 * The environment of maintainer scripts: nothing from the host, and nothing that differs
 * from run to run. Hash seeds are fixed because perl and python would otherwise order their output by
 * chance.
 */
export function scriptEnvironment(epoch: number): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LC_ALL: 'C.UTF-8',
    TERM: 'dumb',
    DEBIAN_FRONTEND: 'noninteractive',
    DEBCONF_NONINTERACTIVE_SEEN: 'true',
    SOURCE_DATE_EPOCH: String(epoch),
    PERL_HASH_SEED: '0',
    PYTHONHASHSEED: '0',
  };
}
