/**
 * Changes to the settings of an image, written as Dockerfile instructions, as `docker import --change`
 * takes them (moby, builder/dockerfile: dispatchers.go), and STOPSIGNAL.
 */
import { posix } from 'node:path';
import type { ImageSettings } from '../settings.ts';
import { readHealthcheck } from './healthcheck.ts';
import { badChange, type Instruction, jsonForm, pairsOf, readInstructions } from './instruction.ts';
import { portsOf } from './ports.ts';
import { isSignal, SIGNAL_HINT } from './signal.ts';
import { type Environment, expandWord, expandWords } from './words.ts';

type Change = (settings: ImageSettings, instruction: Instruction, env: Environment) => ImageSettings;

const SHELL = ['/bin/sh', '-c'];

const CHANGES: Readonly<Record<string, Change>> = {
  CMD: (settings, instruction) => ({ ...settings, cmd: commandOf(instruction) }),
  ENTRYPOINT: (settings, instruction) => ({
    ...settings,
    entrypoint: instruction.rest === '' ? [] : commandOf(instruction),
  }),
  ENV(settings, instruction, env) {
    const set = new Map(environmentOf(settings));
    for (const [name, value] of expandedPairs(instruction, env)) set.set(name, value);
    return { ...settings, env: [...set].map(([name, value]) => `${name}=${value}`) };
  },
  LABEL: (settings, instruction, env) => ({
    ...settings,
    labels: { ...settings.labels, ...Object.fromEntries(expandedPairs(instruction, env)) },
  }),
  EXPOSE(settings, instruction, env) {
    const specs = expandWords(argument(instruction), env);
    const ports = specs.flatMap((spec) => portsOf(spec, instruction));
    return { ...settings, exposedPorts: union(settings.exposedPorts, ports) };
  },
  VOLUME(settings, instruction, env) {
    const paths = jsonForm(instruction) ?? argument(instruction).split(/\s+/);
    const volumes = paths.map((path) => expandWord(path, env).trim());
    if (volumes.length === 0 || volumes.includes('')) {
      throw badChange(instruction.line, 'a volume is empty', 'name each by its path');
    }
    return { ...settings, volumes: union(settings.volumes, volumes) };
  },
  USER: (settings, instruction, env) => ({ ...settings, user: expandWord(argument(instruction), env) }),
  WORKDIR(settings, instruction, env) {
    const path = expandWord(argument(instruction), env);
    return { ...settings, workdir: posix.resolve('/', settings.workdir ?? '/', path) };
  },
  STOPSIGNAL(settings, instruction, env) {
    const stopSignal = expandWord(argument(instruction), env);
    if (isSignal(stopSignal)) return { ...settings, stopSignal };
    throw badChange(instruction.line, `\`${stopSignal}\` is not a signal`, SIGNAL_HINT);
  },
  HEALTHCHECK: (settings, instruction) => ({ ...settings, healthcheck: readHealthcheck(instruction) }),
  ONBUILD(settings, instruction) {
    const trigger = argument(instruction);
    const [, name = ''] = /^(\S+)/.exec(trigger) ?? [];
    if (['ONBUILD', 'FROM', 'MAINTAINER'].includes(name.toUpperCase())) {
      throw badChange(
        instruction.line,
        `\`${name}\` cannot be a trigger`,
        'name an instruction that a build may run',
      );
    }
    return {
      ...settings,
      onBuild: [...(settings.onBuild ?? []), trigger.replace(name, name.toUpperCase())],
    };
  },
};

/**
 * The settings after the changes, in order. Variables expand to values that ENV has set before.
 *
 * @throws MkbaseError `usage/bad-change`
 */
export function applyChanges(settings: ImageSettings, changes: readonly string[]): ImageSettings {
  return changes.reduce((before, text) => {
    const instructions = readInstructions(text);
    if (instructions.length === 0) {
      throw badChange(text, 'there is no instruction in it', `write one of ${known()}`);
    }
    return instructions.reduce(applyInstruction, before);
  }, settings);
}

function applyInstruction(settings: ImageSettings, instruction: Instruction): ImageSettings {
  const change = CHANGES[instruction.name];
  if (change === undefined) {
    throw badChange(instruction.line, `\`${instruction.name}\` cannot be changed`, `write one of ${known()}`);
  }
  return change(settings, instruction, environmentOf(settings));
}

function known(): string {
  return Object.keys(CHANGES).join(', ');
}

/** A command as an array, or as a line for the shell. */
function commandOf(instruction: Instruction): readonly string[] {
  const { rest } = instruction;
  return jsonForm(instruction) ?? (rest === '' ? SHELL : [...SHELL, rest]);
}

function expandedPairs(instruction: Instruction, env: Environment): [string, string][] {
  return pairsOf(instruction).map(([name, value]) => [expandWord(name, env), expandWord(value, env)]);
}

function argument({ name, rest, line }: Instruction): string {
  if (rest === '') throw badChange(line, `\`${name}\` needs a value`, `write \`${name} VALUE\``);
  return rest;
}

function environmentOf({ env = [] }: ImageSettings): Environment {
  return new Map(
    env.map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    }),
  );
}

function union(before: readonly string[] = [], more: readonly string[]): string[] {
  return [...new Set([...before, ...more])];
}
