import { expect, test } from 'vitest';
import { imageConfig } from '../../src/image/config.ts';
import type { ImageSettings } from '../../src/image/settings.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;

function config(settings: ImageSettings, labels: Record<string, string> = {}): string {
  return JSON.stringify(
    imageConfig({
      platform: { architecture: 'arm64', os: 'linux', variant: 'v8' },
      settings,
      labels,
      created: '2023-11-14T22:13:20Z',
      diffIds: [DIGEST],
      history: ['mkbase'],
    }),
  );
}

test('nothing that is not set is written', () => {
  expect(config({})).toBe(
    `{"architecture":"arm64","variant":"v8","config":{},"created":"2023-11-14T22:13:20Z","history":[{"created":"2023-11-14T22:13:20Z","created_by":"mkbase"}],"os":"linux","rootfs":{"type":"layers","diff_ids":["${DIGEST}"]}}`,
  );
});

test("all settings are written in docker's order, sets and labels sorted", () => {
  const settings: ImageSettings = {
    author: 'a@b',
    labels: { b: '2', a: '1' },
    stopSignal: 'SIGINT',
    onBuild: ['RUN true'],
    workdir: '/w',
    volumes: ['/v2', '/v1'],
    healthcheck: {
      test: ['CMD', 'true'],
      interval: 1e9,
      timeout: 2e9,
      startPeriod: 3e9,
      startInterval: 5e8,
      retries: 4,
    },
    cmd: ['sh'],
    entrypoint: ['/e'],
    env: ['B=1', 'A=2'],
    exposedPorts: ['80/tcp', '53/udp'],
    user: 'u',
  };
  const { config: container, author } = JSON.parse(config(settings, { c: '3' }));
  expect(author).toBe('a@b');
  expect(JSON.stringify(container)).toBe(
    '{"User":"u","ExposedPorts":{"53/udp":{},"80/tcp":{}},"Env":["B=1","A=2"],"Entrypoint":["/e"],"Cmd":["sh"],"Healthcheck":{"Test":["CMD","true"],"Interval":1000000000,"Timeout":2000000000,"StartPeriod":3000000000,"StartInterval":500000000,"Retries":4},"Volumes":{"/v1":{},"/v2":{}},"WorkingDir":"/w","OnBuild":["RUN true"],"Labels":{"a":"1","b":"2","c":"3"},"StopSignal":"SIGINT"}',
  );
});

test("a label of the user wins over mkbase's own", () => {
  expect(config({ labels: { a: 'user' } }, { a: 'own' })).toContain('"Labels":{"a":"user"}');
});

test('a name like a property of every object is a label like all others', () => {
  expect(config({ labels: { ['__proto__']: 'x' } as Record<string, string> })).toContain('"__proto__":"x"');
});
