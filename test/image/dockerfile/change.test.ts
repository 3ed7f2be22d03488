import { describe, expect, it } from 'vitest';
import { applyChanges } from '../../../src/image/dockerfile/change.ts';
import type { ImageSettings } from '../../../src/image/settings.ts';

/** Each was given to `docker import --change` of docker 20.10, whose answer stands beside it. */
const TAKEN: readonly (readonly [readonly string[], ImageSettings])[] = [
  [['CMD ["/x"]'], { cmd: ['/x'] }],
  [['cmd /bin/x  a   b'], { cmd: ['/bin/sh', '-c', '/bin/x  a   b'] }],
  [["CMD ['x']"], { cmd: ['/bin/sh', '-c', "['x']"] }],
  [['CMD []'], { cmd: [] }],
  [['CMD'], { cmd: ['/bin/sh', '-c'] }],
  [['CMD ["a"] b'], { cmd: ['a'] }],
  [['CMD $D'], { cmd: ['/bin/sh', '-c', '$D'] }],
  [['ENTRYPOINT ["/a","b"]', 'CMD c'], { entrypoint: ['/a', 'b'], cmd: ['/bin/sh', '-c', 'c'] }],
  [['ENTRYPOINT'], { entrypoint: [] }],
  [['ENTRYPOINT []'], { entrypoint: [] }],
  [['ENV A=1 B="x y" C=z\\ w'], { env: ['A=1', 'B=x y', 'C=z w'] }],
  [['ENV A hello  world '], { env: ['A=hello  world'] }],
  [['ENV A=1', 'ENV B=$A-${A}-${Z:-d}-${A:+q}'], { env: ['A=1', 'B=1-1-d-q'] }],
  [['ENV A=$UNSET'], { env: ['A='] }],
  [['ENV A="\\$B"'], { env: ['A=$B'] }],
  [["ENV A='$B'"], { env: ['A=$B'] }],
  [['ENV A=a\\nb'], { env: ['A=anb'] }],
  [['ENV A="a\\nb"'], { env: ['A=a\\nb'] }],
  [['ENV A=1', 'ENV A=2 C=$A'], { env: ['A=2', 'C=1'] }],
  [['ENV A=1 C=$A'], { env: ['A=1', 'C='] }],
  [['ENV PATH=/x:$PATH'], { env: ['PATH=/x:'] }],
  [
    ['EXPOSE 80 443/tcp 53/udp 8000-8003'],
    { exposedPorts: ['80/tcp', '443/tcp', '53/udp', '8000/tcp', '8001/tcp', '8002/tcp', '8003/tcp'] },
  ],
  [['EXPOSE 8080:80'], { exposedPorts: ['80/tcp'] }],
  [['EXPOSE ${P:-80}'], { exposedPorts: ['80/tcp'] }],
  [['HEALTHCHECK NONE'], { healthcheck: { test: ['NONE'] } }],
  [['HEALTHCHECK CMD curl -f http://x'], { healthcheck: { test: ['CMD-SHELL', 'curl -f http://x'] } }],
  [
    ['HEALTHCHECK --interval=5s --timeout=1m --start-period=2s --retries=3 CMD ["a","b"]'],
    {
      healthcheck: { test: ['CMD', 'a', 'b'], interval: 5e9, timeout: 60e9, startPeriod: 2e9, retries: 3 },
    },
  ],
  [
    ['HEALTHCHECK --start-interval=500ms CMD a'],
    { healthcheck: { test: ['CMD-SHELL', 'a'], startInterval: 5e8 } },
  ],
  [['STOPSIGNAL sigquit'], { stopSignal: 'sigquit' }],
  [['STOPSIGNAL RTMIN+15'], { stopSignal: 'RTMIN+15' }],
  [['STOPSIGNAL 9'], { stopSignal: '9' }],
  [['LABEL a=b "c d"="e f" g=h\\\ni'], { labels: { a: 'b', 'c d': 'e f', g: 'hi' } }],
  [['LABEL a b c'], { labels: { a: 'b c' } }],
  [['ONBUILD RUN echo hi'], { onBuild: ['RUN echo hi'] }],
  [['onbuild run   echo   hi'], { onBuild: ['RUN   echo   hi'] }],
  [['USER 1000:1000'], { user: '1000:1000' }],
  [['USER a b'], { user: 'a b' }],
  [['VOLUME /a /b'], { volumes: ['/a', '/b'] }],
  [['VOLUME ["/a", "/b c"]'], { volumes: ['/a', '/b c'] }],
  [['WORKDIR /a', 'WORKDIR b/../c'], { workdir: '/a/c' }],
  [['WORKDIR rel'], { workdir: '/rel' }],
  [['WORKDIR /a b'], { workdir: '/a b' }],
  [['USER a\nCMD b'], { user: 'a', cmd: ['/bin/sh', '-c', 'b'] }],
  [
    ['ENV D=/x', 'WORKDIR $D/y', 'USER ${D}', 'VOLUME $D/v', 'LABEL d=$D'],
    { env: ['D=/x'], workdir: '/x/y', user: '/x', volumes: ['/x/v'], labels: { d: '/x' } },
  ],
];

const REFUSED: readonly (readonly [change: string, reason: string])[] = [
  ['CMD ["a",1]', 'only strings'],
  ['ENV A', 'needs a name and a value'],
  ['ENV A=1 B', '`B` has no `=`'],
  ['ENV =x', 'a name is empty'],
  ['ENV A="unterminated', 'ends before a double quote'],
  ["ENV A='unterminated", 'ends before a single quote'],
  ['ENV A=${unterminated', 'no known form'],
  ['ENV A=${}', 'no known form'],
  ['ENV A=${X:?err}', '`X` is not set: err'],
  ['ENV A=${X:-y', 'ends before a closing brace'],
  ['LABEL a', 'needs a name and a value'],
  ['EXPOSE 80/foo', '`foo` is not a protocol'],
  ['EXPOSE abc', '`abc` is not a port'],
  ['EXPOSE 99999', '`99999` is not a port'],
  ['EXPOSE', 'needs a value'],
  ['HEALTHCHECK --interval=1us CMD a', 'is not a duration'],
  ['HEALTHCHECK --foo=1 CMD a', 'there is no `--foo`'],
  ['HEALTHCHECK', 'is not a kind of check'],
  ['HEALTHCHECK RUN a', '`RUN` is not a kind of check'],
  ['HEALTHCHECK --retries=-1 CMD a', 'is not a count'],
  ['HEALTHCHECK CMD', 'the command is missing'],
  ['HEALTHCHECK NONE x', '`NONE` takes nothing'],
  ['ONBUILD ONBUILD RUN x', '`ONBUILD` cannot be a trigger'],
  ['ONBUILD FROM x', '`FROM` cannot be a trigger'],
  ['ONBUILD', 'needs a value'],
  ['STOPSIGNAL FOO', '`FOO` is not a signal'],
  ['STOPSIGNAL 0', '`0` is not a signal'],
  ['STOPSIGNAL RTMIN+16', 'is not a signal'],
  ['STOPSIGNAL SIGRTMAX-15', 'is not a signal'],
  ['HEALTHCHECK --constructor=1s CMD a', 'there is no `--constructor`'],
  ['USER', 'needs a value'],
  ['VOLUME', 'needs a value'],
  ['VOLUME [""]', 'a volume is empty'],
  ['WORKDIR', 'needs a value'],
  ['SHELL ["x"]', '`SHELL` cannot be changed'],
  ['RUN x', '`RUN` cannot be changed'],
  ['FOO x', '`FOO` cannot be changed'],
  ['# comment', 'no instruction'],
  ['', 'no instruction'],
];

describe('applyChanges', () => {
  it.each(TAKEN)('takes %j as docker import does', (changes, settings) => {
    expect(applyChanges({}, changes)).toEqual(settings);
  });

  it.each(REFUSED)('refuses %j: %s', (change, reason) => {
    expect(() => applyChanges({}, [change])).toThrow(
      expect.objectContaining({ code: 'usage/bad-change', message: expect.stringContaining(reason) }),
    );
  });

  it('takes STOPSIGNAL, which docker import does not', () => {
    expect(applyChanges({}, ['STOPSIGNAL SIGQUIT'])).toEqual({ stopSignal: 'SIGQUIT' });
  });

  it('adds to what is set already', () => {
    const before: ImageSettings = { env: ['PATH=/bin'], labels: { a: '1' }, exposedPorts: ['80/tcp'] };
    expect(applyChanges(before, ['ENV PATH=$PATH:/x', 'LABEL b=2', 'EXPOSE 80 81'])).toEqual({
      env: ['PATH=/bin:/x'],
      labels: { a: '1', b: '2' },
      exposedPorts: ['80/tcp', '81/tcp'],
    });
  });
});
