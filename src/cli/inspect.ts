import type { JsonObject } from '../image/read-json.ts';
import type { InspectedImage, Inspection } from '../inspect/inspect.ts';
import { openImage, parseImageSource } from '../targets/image-source.ts';
import { bytesText, columns, counted, jsonText, linesText } from '../text.ts';
import type { Arguments } from './arguments.ts';
import { checkOperands } from './operands.ts';
import { registrySettings } from './registry-settings.ts';
import { type World, write } from './world.ts';

/** `mkbase inspect IMAGE` */
export async function inspect(args: Arguments, world: World): Promise<void> {
  checkOperands(args, { names: ['IMAGE'], needed: 1 });
  const { flags, operands } = args;
  const { env, signal, cwd } = world;
  const source = await parseImageSource(operands[0]!, cwd);
  const { image, close } = await openImage(source, { env, signal, registry: registrySettings(flags, cwd) });
  try {
    const { inspectImage } = await import('../inspect/inspect.ts');
    const inspection = await inspectImage(image);
    await write(world.stdout, flags.json ? jsonText(inspection) : inspectionText(inspection));
  } finally {
    await close();
  }
}

/** For a person: settings that are not set are left out. */
export function inspectionText({ digest, mediaType, annotations, images }: Inspection): string {
  const [first] = images;
  const isIndex = first?.digest !== digest;
  const head = isIndex
    ? [`index ${digest}`, ...rows([['type', mediaType], ...pairs('annotation', annotations)]), '']
    : [];
  return linesText([
    ...head,
    ...images.flatMap((image, index) => [...(index > 0 ? [''] : []), ...imageLines(image)]),
  ]);
}

function imageLines(image: InspectedImage): string[] {
  const { platform, unpacked, layers, history, packages } = image;
  return [
    `image ${image.digest}`,
    ...rows([
      ['id', image.id],
      ['platform', [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/')],
      ['system', image.system],
      ['created', image.created],
      ['author', image.author],
      ['size', `${bytesText(image.size)} in ${counted(layers.length, 'layer')}`],
      ['unpacked', `${bytesText(unpacked.size)} in ${unpacked.entries} entries`],
      ...settingRows(image.config),
      ...pairs('annotation', image.annotations),
    ]),
    'layers',
    ...layers.map(({ digest, size, mediaType }) => `  ${digest}  ${bytesText(size)}  ${mediaType}`),
    'history',
    ...history.map(({ created, by, isEmpty }) => {
      return `  ${[created ?? '-', by, ...(isEmpty ? ['(no layer)'] : [])].join('  ')}`;
    }),
    counted(packages.length, 'package'),
    ...columns(packages.map(({ name, version, arch }) => [name, version, arch])).map((line) => `  ${line}`),
  ];
}

type Row = readonly [label: string, value: string | null];

function rows(entries: readonly Row[]): string[] {
  const shown = entries.filter((row): row is readonly [string, string] => row[1] !== null && row[1] !== '');
  return columns(shown.map((row) => [...row])).map((line) => `  ${line}`);
}

function pairs(label: string, values: Readonly<Record<string, string>>): Row[] {
  return Object.entries(values).map(([name, value]) => [label, `${name}=${value}`]);
}

/** docker's names in the configuration, and as `mkbase` calls them. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ['User', 'user'],
  ['ExposedPorts', 'expose'],
  ['Env', 'env'],
  ['Entrypoint', 'entrypoint'],
  ['Cmd', 'cmd'],
  ['Healthcheck', 'healthcheck'],
  ['Volumes', 'volume'],
  ['WorkingDir', 'workdir'],
  ['OnBuild', 'onbuild'],
  ['Labels', 'label'],
  ['StopSignal', 'stop-signal'],
];

function settingRows(config: JsonObject): Row[] {
  return SETTINGS.flatMap(([name, label]): Row[] => {
    const value = config[name];
    if (value === undefined || value === null) return [];
    if (typeof value === 'string') return [[label, value]];
    if (label === 'env' && Array.isArray(value)) return value.map((one) => [label, String(one)]);
    if (label === 'label') return pairs(label, value as Record<string, string>);
    if (label === 'expose' || label === 'volume') return [[label, Object.keys(value).join(' ')]];
    return [[label, JSON.stringify(value)]];
  });
}
