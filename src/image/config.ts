import type { Digest, Platform } from './blob.ts';
import type { Healthcheck, ImageSettings } from './settings.ts';

export interface ConfigOptions {
  readonly platform: Platform;
  readonly settings: ImageSettings;
  readonly labels: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly created: string;
  readonly diffIds: readonly Digest[];
  /** The command that made each layer. */
  readonly history: readonly string[];
}

/**
 * The image's configuration, OCI image specification, config.md, with docker's additions. Keys are in
 * docker's order and are left out where nothing is set; lists of names are sorted as docker sorts them.
 */
export function imageConfig(options: ConfigOptions): Record<string, unknown> {
  const { platform, settings, created, diffIds, history } = options;
  return {
    architecture: platform.architecture,
    ...(platform.variant !== undefined && { variant: platform.variant }),
    ...(settings.author !== undefined && { author: settings.author }),
    config: containerConfig(options),
    created,
    history: history.map((text) => ({ created, created_by: text })),
    os: platform.os,
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
}

/** The `config` object alone: the settings of a container. */
export function containerConfig({
  settings,
  labels: own,
}: Pick<ConfigOptions, 'settings' | 'labels'>): Record<string, unknown> {
  const labels = { ...own, ...settings.labels };
  const entries: readonly (readonly [string, unknown])[] = [
    ['User', settings.user],
    ['ExposedPorts', asSet(settings.exposedPorts)],
    ['Env', settings.env],
    ['Entrypoint', settings.entrypoint],
    ['Cmd', settings.cmd],
    ['Healthcheck', settings.healthcheck && healthcheck(settings.healthcheck)],
    ['Volumes', asSet(settings.volumes)],
    ['WorkingDir', settings.workdir],
    ['OnBuild', settings.onBuild],
    ['Labels', Object.keys(labels).length === 0 ? undefined : sorted(labels)],
    ['StopSignal', settings.stopSignal],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function asSet(names: readonly string[] | undefined): Record<string, object> | undefined {
  if (names === undefined || names.length === 0) return undefined;
  return Object.fromEntries(names.toSorted().map((name) => [name, {}]));
}

function healthcheck({
  test,
  interval,
  timeout,
  startPeriod,
  startInterval,
  retries,
}: Healthcheck): Record<string, unknown> {
  return {
    Test: test,
    ...(interval !== undefined && { Interval: interval }),
    ...(timeout !== undefined && { Timeout: timeout }),
    ...(startPeriod !== undefined && { StartPeriod: startPeriod }),
    ...(startInterval !== undefined && { StartInterval: startInterval }),
    ...(retries !== undefined && { Retries: retries }),
  };
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
