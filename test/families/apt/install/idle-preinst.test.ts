import { expect, it } from 'vitest';
import { isIdle } from '../../../../src/families/apt/install/idle-preinst.ts';

const HELPER = 'dpkg-maintscript-helper rm_conffile /etc/cron.daily/a 1:4.7-2\\~ -- "$@"';

it.each([
  ['calls for an older version', `#!/bin/sh\nset -e\n# Automatically added\n${HELPER}\n# End\n`],
  ['nothing', '#! /bin/bash -e\n\nexit 0\n'],
])('a preinst of %s has nothing to do', (_, script) => {
  expect(isIdle(script)).toBe(true);
});

it.each([
  ['something else', `#!/bin/sh\n${HELPER}\ngroupadd x\n`],
  ['something after the call', `#!/bin/sh\n${HELPER}; groupadd x\n`],
  ['something inside the call', '#!/bin/sh\ndpkg-maintscript-helper rm_conffile $(groupadd x) 1 -- "$@"\n'],
  [
    'a call that goes on in the next line',
    '#!/bin/sh\ndpkg-maintscript-helper rm_conffile \\\n /a -- "$@"\n',
  ],
  ['another command of the helper', '#!/bin/sh\ndpkg-maintscript-helper supports rm_conffile -- "$@"\n'],
  ['another interpreter', `#!/usr/bin/perl\n${HELPER}\n`],
  ['no interpreter', `${HELPER}\n`],
])('a preinst with %s runs', (_, script) => {
  expect(isIdle(script)).toBe(false);
});
