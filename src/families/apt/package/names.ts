/** Names that dpkg would refuse: they become names of files, of packages and of their triggers. */
import { MkbaseError, quoted } from '../../../errors.ts';

/** `pkg_name_is_illegal` of dpkg's lib/dpkg/parsehelp.c. */
const PACKAGE = /^[A-Za-z0-9][A-Za-z0-9+._-]*$/;
/** `dpkg_arch_name_is_illegal` of its lib/dpkg/arch.c. */
const ARCHITECTURE = /^[A-Za-z0-9][A-Za-z0-9-]*$/;
const SHAPES: ReadonlyMap<string, RegExp> = new Map([
  ['package', PACKAGE],
  ['architecture', ARCHITECTURE],
]);
/** Bytes: with the longest ending of a file of dpkg's database they fit into a name of the file system. */
const LONGEST = 200;
/** dpkg's own files beside those of the triggers. */
const TAKEN = ['File', 'Lock', 'Unincorp'];

/** @throws MkbaseError `package/bad-name` */
export function checkNames(fields: readonly { readonly name: string; readonly value: string }[]): void {
  for (const { name, value } of fields) {
    const shape = SHAPES.get(name.toLowerCase());
    if (shape !== undefined && value !== '' && !isName(value, shape)) throw badName(name, value);
  }
}

/**
 * A path, or the name of an explicit trigger (`trig_classify_byname` of dpkg's lib/dpkg/triglib.c).
 *
 * @throws MkbaseError `package/bad-name`
 */
export function checkTrigger(trigger: string): void {
  const isSound = trigger.startsWith('/')
    ? /^[!-~]+$/.test(trigger)
    : isName(trigger, PACKAGE) && !trigger.includes('_') && !TAKEN.includes(trigger);
  if (!isSound) throw badName('trigger', trigger);
}

function isName(text: string, shape: RegExp): boolean {
  return text.length <= LONGEST && shape.test(text);
}

function badName(what: string, name: string): MkbaseError {
  return new MkbaseError('package/bad-name', `the control archive has the ${what} ${quoted(name)}`, {
    hint: 'the package is broken or hostile: dpkg would refuse the name',
  });
}
