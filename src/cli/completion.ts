import { basename } from 'node:path';
import { MkbaseError } from '../errors.ts';
import { BUILT_IN } from '../recipe/built-in.ts';
import type { Arguments } from './arguments.ts';
import { NAMED_COMMANDS } from './commands.ts';
import { checkOperands } from './operands.ts';
import type { Option } from './options/option.ts';
import { OPTIONS } from './options.ts';
import { type World, write } from './world.ts';

const SHELLS: ReadonlyMap<string, (suites: readonly string[]) => string> = new Map([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
]);

/** `mkbase completion [bash|zsh]`; without a name, for the user's login shell. */
export async function completion(args: Arguments, world: World): Promise<void> {
  checkOperands(args, { names: ['SHELL'], needed: 0 });
  const shell = args.operands[0] ?? basename(world.env.SHELL ?? '');
  const print = SHELLS.get(shell);
  if (print === undefined) {
    throw new MkbaseError('usage/bad-value', `there is no completion for the shell \`${shell}\``, {
      hint: 'there is `mkbase completion bash` and `mkbase completion zsh`',
    });
  }
  await write(
    world.stdout,
    print([...new Set(BUILT_IN.flatMap(({ suite, aliases }) => [suite, ...aliases]))]),
  );
}

/** Put it where bash-completion looks, or `eval` it in ~/.bashrc. */
export function bashCompletion(suites: readonly string[]): string {
  const options: readonly Option[] = OPTIONS;
  const cases = options
    .filter(({ kind }) => kind !== 'flag')
    .map((option) => `    ${spellings(option).join('|')}) ${bashValues(option)} ;;`);
  const commands = NAMED_COMMANDS.map(({ name }) => name);
  return `# bash completion of mkbase
_mkbase() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  # Bash splits --option=value at the equals sign.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  case $prev in
${cases.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W '${options.flatMap(spellings).join(' ')}' -- "$cur"))
  elif [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W '${[...commands, ...suites].join(' ')}' -- "$cur"))
  elif [[ \${COMP_WORDS[1]} == completion ]]; then
    COMPREPLY=($(compgen -W '${[...SHELLS.keys()].join(' ')}' -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o filenames -F _mkbase mkbase
`;
}

function bashValues({ allowed, value }: Option): string {
  if (allowed !== undefined) return `COMPREPLY=($(compgen -W '${allowed.join(' ')}' -- "$cur")); return`;
  if (value === 'FILE') return 'COMPREPLY=($(compgen -f -- "$cur")); return';
  if (value === 'DIR') return 'COMPREPLY=($(compgen -d -- "$cur")); return';
  return 'return';
}

/** Put it in a folder of $fpath under the name `_mkbase`, or `eval` it after compinit. */
export function zshCompletion(suites: readonly string[]): string {
  const options: readonly Option[] = OPTIONS;
  const commands = NAMED_COMMANDS.map(({ name, summary }) => `${name}:${summary}`);
  const first = [...commands, ...suites.map((suite) => `${suite}:suite`)].map(zshQuoted);
  return `#compdef mkbase
_mkbase_first() {
  local -a first=(${first.join(' ')})
  _describe 'suite or command' first
}
_mkbase() {
  _arguments -s -S \\
${options.map((option) => `    ${zshOption(option)} \\\n`).join('')}    '1:suite or command:_mkbase_first' \\
    '*:target:_files'
}
if [[ $funcstack[1] == _mkbase ]]; then _mkbase "$@"; else compdef _mkbase mkbase; fi
`;
}

/** `'(--jobs -j)'{--jobs=,-j+}'[unpacking workers]:N:'`, after zshcompsys(1), _arguments. */
function zshOption(option: Option): string {
  const names = spellings(option);
  const summary = option.summary.replace(/[[\]\\:]/g, '\\$&');
  if (option.kind === 'flag') return zshSpec(names, names, `[${summary}]`);
  const values = option.allowed === undefined ? zshFiles(option) : `(${option.allowed.join(' ')})`;
  const taking = names.map((name) => (name.startsWith('--') ? `${name}=` : `${name}+`));
  const spec = zshSpec(names, taking, `[${summary}]:${option.value}:${values}`);
  return option.kind === 'value' ? spec : zshSpec(['*'], taking, `[${summary}]:${option.value}:${values}`);
}

function zshSpec(excluded: readonly string[], names: readonly string[], rest: string): string {
  const guard = excluded[0] === '*' ? '*' : `(${excluded.join(' ')})`;
  const [only, ...others] = names;
  if (others.length === 0) return zshQuoted(`${guard}${only}${rest}`);
  return `${zshQuoted(guard)}{${names.join(',')}}${zshQuoted(rest)}`;
}

function zshFiles({ value }: Option): string {
  if (value === 'FILE') return '_files';
  return value === 'DIR' ? '_files -/' : '';
}

function zshQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function spellings({ name, short, also = [] }: Option): string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`]), ...also.map((other) => `--${other}`)];
}
