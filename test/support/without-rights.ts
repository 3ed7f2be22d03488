import koffi from 'koffi';

/** setresuid(2) and setresgid(2): access(2) asks for the real user, and the saved one may come back. */
const libc = koffi.load(null);
const setUsers = libc.func('int setresuid(unsigned int real, unsigned int effective, unsigned int saved)');
const setGroups = libc.func('int setresgid(unsigned int real, unsigned int effective, unsigned int saved)');

const NOBODY = 65_534;

/**
 * Runs `work` as who may not pass over permissions: where root runs the tests, as nobody. What `work` looks
 * at must be in a folder that everybody may enter.
 */
export async function withoutRights<Result>(work: () => Promise<Result>): Promise<Result> {
  if (process.getuid?.() !== 0) return work();
  setGroups(NOBODY, NOBODY, 0);
  setUsers(NOBODY, NOBODY, 0);
  try {
    return await work();
  } finally {
    setUsers(0, 0, 0);
    setGroups(0, 0, 0);
  }
}
