import { type Diagnosis, wouldStart } from '../doctor/diagnosis.ts';
import { examine } from '../doctor/doctor.ts';
import { MkbaseError } from '../errors.ts';
import { jsonText, linesText } from '../text.ts';
import type { Arguments } from './arguments.ts';
import { checkOperands } from './operands.ts';
import { registrySettings } from './registry-settings.ts';
import { type World, write } from './world.ts';

/** `mkbase doctor BINARY|IMAGE` */
export async function doctor(args: Arguments, world: World): Promise<void> {
  checkOperands(args, { names: ['BINARY or IMAGE'], needed: 1 });
  const { flags, operands } = args;
  const { env, cwd, signal } = world;
  const registry = registrySettings(flags, cwd);
  const diagnoses = await examine(operands[0]!, { cwd, env, signal, registry });
  const text = flags.json ? diagnoses.map(diagnosisJson) : diagnoses.map(diagnosisText);
  if (!flags.quiet) await write(world.stdout, text.join(''));
  const ill = diagnoses.find((one) => !wouldStart(one));
  if (ill === undefined) return;
  throw new MkbaseError('binary/would-not-start', `\`${ill.subject}\` would not start`, {
    hint: 'see the errors above',
  });
}

export function diagnosisText(diagnosis: Diagnosis): string {
  const { subject, arch, summary, findings } = diagnosis;
  const lines = findings.flatMap(({ level, message, hint }) => [
    `  ${level.padEnd(7)}  ${message}`,
    ...(hint === undefined ? [] : [`           ${hint}`]),
  ]);
  const verdict = wouldStart(diagnosis) ? 'would start' : 'would not start';
  return linesText([`\`${subject}\` (${arch}) ${verdict}: ${summary}`, ...lines]);
}

export function diagnosisJson(diagnosis: Diagnosis): string {
  return jsonText({ type: 'diagnosis', starts: wouldStart(diagnosis), ...diagnosis });
}
