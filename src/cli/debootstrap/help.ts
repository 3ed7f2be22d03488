import { programVersion } from '../../version.ts';
import { DEBOOTSTRAP_OPTIONS, type DebootstrapOption } from './options.ts';

/** The version of debootstrap whose command line this is. */
const LIKE = '1.0.145';

export function debootstrapVersion(): string {
  return `debootstrap ${LIKE} (mkbase ${programVersion()})\n`;
}

export function debootstrapHelp(): string {
  const rows = DEBOOTSTRAP_OPTIONS.map((option: DebootstrapOption) => {
    const spelling = `--${option.name}${option.value === undefined ? '' : `=${option.value}`}`;
    return `  ${spelling.padEnd(24)}${option.summary}`;
  });
  return [
    'Usage: debootstrap [OPTION]... SUITE TARGET [MIRROR [SCRIPT]]',
    'Makes a base in TARGET, in the place of debootstrap.',
    '',
    ...rows,
    '',
    'SCRIPT names a suite like SUITE where that is unknown; it is not run.',
    '',
  ].join('\n');
}
