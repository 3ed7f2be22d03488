import { MkbaseError } from '../errors.ts';
import { applyChanges } from '../image/dockerfile/change.ts';
import { isSignal, SIGNAL_HINT } from '../image/dockerfile/signal.ts';
import type { ImageSettings } from '../image/settings.ts';
import type { Flags, OptionName } from './options.ts';

/**
 * The image's settings: those of `base`, changed by the options, and then by `--change` in order. Values
 * of options are literal; variables are expanded in `--change` only.
 *
 * @throws MkbaseError `usage/bad-value`, `usage/bad-change`
 */
export function imageSettings(flags: Flags, base: ImageSettings): ImageSettings {
  const env = new Map((base.env ?? []).map(pair));
  for (const [name, value] of flags.env.map((text) => checkedPair('env', text))) env.set(name, value);
  const labels = flags.label.map((text) => checkedPair('label', text));
  const { cmd, entrypoint, healthcheck } = flags;
  const instructions = [
    ...(entrypoint === null ? [] : [`ENTRYPOINT ${entrypoint}`]),
    ...(cmd === null ? [] : [`CMD ${cmd}`]),
    ...(healthcheck === null ? [] : [`HEALTHCHECK ${healthcheck}`]),
    ...(flags.expose.length === 0 ? [] : [`EXPOSE ${flags.expose.join(' ')}`]),
    ...flags.change,
  ];
  // The base's command is an argument of no one's entrypoint but its own.
  const { cmd: _, ...others } = base;
  const plain: ImageSettings = {
    ...(entrypoint === null ? base : others),
    ...(env.size > 0 && { env: [...env].map(([name, value]) => `${name}=${value}`) }),
    ...(labels.length > 0 && { labels: { ...base.labels, ...Object.fromEntries(labels) } }),
    ...(flags.user !== null && { user: flags.user }),
    ...(flags.workdir !== null && { workdir: absolute('workdir', flags.workdir) }),
    ...(flags.volume.length > 0 && { volumes: flags.volume.map((path) => absolute('volume', path)) }),
    ...(flags['stop-signal'] !== null && { stopSignal: signal(flags['stop-signal']) }),
    ...(flags.author !== null && { author: flags.author }),
  };
  return applyChanges(plain, instructions);
}

/** `NAME=VALUE` pairs of annotations, or of anything of that form. */
export function annotationsOf(flags: Flags): Record<string, string> {
  return Object.fromEntries(flags.annotation.map((text) => checkedPair('annotation', text)));
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

function checkedPair(option: OptionName, text: string): [string, string] {
  if (text.indexOf('=') > 0) return pair(text);
  throw new MkbaseError('usage/bad-value', `invalid value \`${text}\` for \`--${option}\``, {
    hint: `write it as NAME=VALUE, as in \`--${option}=key=value\``,
  });
}

function signal(text: string): string {
  if (isSignal(text)) return text;
  throw new MkbaseError('usage/bad-value', `invalid value \`${text}\` for \`--stop-signal\``, {
    hint: SIGNAL_HINT,
  });
}

function absolute(option: OptionName, path: string): string {
  if (path.startsWith('/')) return path;
  throw new MkbaseError('usage/bad-value', `invalid value \`${path}\` for \`--${option}\``, {
    hint: 'write an absolute path',
  });
}
