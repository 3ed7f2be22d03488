/**
 * The settings of a container that is started from an image: the `config` object of OCI's image
 * configuration, with docker's additions. Absent fields are not set.
 */
export interface ImageSettings {
  readonly user?: string;
  /** `80/tcp`. */
  readonly exposedPorts?: readonly string[];
  /** `NAME=VALUE`, each name once. */
  readonly env?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly volumes?: readonly string[];
  readonly workdir?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly stopSignal?: string;
  readonly healthcheck?: Healthcheck;
  /** Instructions for who builds from the image; docker's own. */
  readonly onBuild?: readonly string[];
  readonly author?: string;
}

/** docker's health check. Durations are in nanoseconds. */
export interface Healthcheck {
  /** `['NONE']`, `['CMD', …]` or `['CMD-SHELL', command]`. */
  readonly test: readonly string[];
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  /** Between checks in the start period. */
  readonly startInterval?: number;
  readonly retries?: number;
}
