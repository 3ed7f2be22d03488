/** The lines of debootstrap, `I: `, `W: ` and `E: `, from the events of a build. */
import type { MkbaseError } from '../../errors.ts';
import type { Event, Phase } from '../../job.ts';
import type { Lock } from '../../lock/lock.ts';
import { linesText } from '../../text.ts';

export interface Messages {
  readonly show: (event: Event) => void;
  readonly info: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly planned: (lock: Lock, place: string) => void;
}

export interface MessageOptions {
  /** Takes the lines that callers read. */
  readonly tell: (text: string) => void;
  /** Takes all lines, and the output of scripts. */
  readonly log: (text: string) => void;
  /** Whether the output of scripts is told, too. */
  readonly verbose: boolean;
}

export function openMessages({ tell, log, verbose }: MessageOptions): Messages {
  let versions: ReadonlyMap<string, string> = new Map();
  const both = (letter: 'I' | 'W', text: string) => {
    const line = linesText([`${letter}: ${text}`]);
    log(line);
    tell(line);
  };
  const info = (text: string) => both('I', text);
  const warn = (text: string) => both('W', text);
  return { show, info, warn, planned };

  function planned({ packages, indexes, components }: Lock, place: string): void {
    versions = new Map(packages.map(({ name, version }) => [name, version]));
    for (const { signedBy } of indexes) {
      if (signedBy !== null) info(`Valid Release signature (key id ${signedBy})`);
    }
    info('Resolving dependencies of required packages...');
    info('Resolving dependencies of base packages...');
    for (const component of components) info(`Checking component ${component} on ${place}...`);
  }

  function show(event: Event): void {
    if (event.type === 'phase') showPhase(event.phase);
    else if (event.type === 'fetched') {
      const what = `${event.name} ${versions.get(event.name) ?? ''}`;
      if (!event.cached) info(`Retrieving ${what}`);
      info(`Validating ${what}`);
    } else if (event.type === 'staged') info(`Extracting ${event.name}...`);
    else if (event.type === 'configured') info(`Configuring ${event.name}...`);
    else if (event.type === 'log') {
      const text = linesText([event.line]);
      log(text);
      if (verbose) tell(text);
    } else if (event.type === 'notice') info(event.message);
    else if (event.type === 'warning') warn(event.message);
  }

  function showPhase(phase: Phase): void {
    if (phase === 'plan' && versions.size === 0) info('Retrieving InRelease');
    else if (phase === 'configure') info('Configuring required packages...');
  }
}

/** `E: …`, and the hint as another line. */
export function errorText({ message, details, hint }: MkbaseError): string {
  return linesText([
    `E: ${message}`,
    ...details.map((line) => `   ${line}`),
    ...(hint === undefined ? [] : [`I: ${hint}`]),
  ]);
}
