/** How a recipe of this family is read, merged and written. */
import type { RecipeForm } from '../../recipe/form.ts';
import type { ApkSource } from './recipe.ts';
import { SCHEMA } from './recipe-schema.ts';

const ENV = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

const DEFAULTS: ApkSource = {
  signsWithSha1: false,
  image: { settings: { env: ENV, cmd: ['/bin/sh'] }, rootPassword: '*', releaseFiles: null, apkTools: 3 },
};

export const recipeForm: RecipeForm = {
  schema: SCHEMA,
  defaults: DEFAULTS,
  joined: [['worlds']],
  renamed: ({ suite: before, branch }: ApkSource, suite) => {
    return branch === undefined ? {} : { branch: branch === before ? suite : branch };
  },
  completed: ({ suite = '', branch = suite }: ApkSource) => ({ branch }),
  keyLists: ({ keys = {} }: ApkSource) => Object.keys(keys).map((arch) => ['keys', arch]),
  async fingerprints({ bytes }) {
    // sha256 of the key in DER form, as a keyring's readme states it.
    const { createHash, createPublicKey } = await import('node:crypto');
    const der = createPublicKey(bytes).export({ type: 'spki', format: 'der' });
    return [createHash('sha256').update(der).digest('hex')];
  },
  keyHint: 'give a public RSA key in PEM',
  keyText: async ({ name, bytes }) => ({ name, text: bytes.toString() }),
  // Branches of Alpine are numbers.
  namesAlone: false,
};
