/** Diversions and ownership that scripts have set with dpkg: they apply to packages placed later. */
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { type Ids, readIds } from '../../ids.ts';
import { type BroughtAccounts, broughtAccounts } from './brought-accounts.ts';
import { type Diversions, parseDiversions } from './diversions.ts';
import { DPKG_DIR } from './dpkg-database.ts';
import { parseStatOverrides, type StatOverrides } from './stat-overrides.ts';

export interface Redirections {
  readonly diversions: Diversions;
  readonly overrides: StatOverrides;
  /** The accounts of the rootfs itself. */
  readonly ids: Ids;
}

/**
 * Before any script has run in the rootfs at `root`, with the diversions that the recipe asks for, in dpkg's own
 * format.
 */
export function initialRedirections(
  root: string,
  diversions = '',
): Redirections & { readonly accounts: BroughtAccounts } {
  const accounts = broughtAccounts(root);
  return {
    diversions: parseDiversions(diversions),
    overrides: parseStatOverrides('', '', ''),
    ids: accounts.ids,
    accounts,
  };
}

export async function readRedirections(sandbox: Sandbox): Promise<Redirections> {
  const paths = [`/${DPKG_DIR}/diversions`, `/${DPKG_DIR}/statoverride`, '/etc/passwd', '/etc/group'];
  const files = await Promise.all(paths.map((path) => sandbox.read(path)));
  const [diversions = '', overrides = '', passwd = '', group = ''] = files.map((file) =>
    file?.toString('latin1'),
  );
  return {
    diversions: parseDiversions(diversions),
    overrides: parseStatOverrides(overrides, passwd, group),
    ids: readIds(passwd, group),
  };
}
