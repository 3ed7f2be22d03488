import type { ApkPackage } from '../package/apk-package.ts';
import { type Dependency, parseDependencies } from '../package/dependency.ts';
import { isVersion } from '../package/version.ts';

/**
 * The packages of the text of an APKINDEX, in its order. A stanza is lines `X:value`, an empty line ends
 * it. As in apk, lower-case fields that are not known mean nothing, and any other makes the package
 * unusable. A stanza without name, version or identity is left out: nothing could ask for it or check it.
 */
export function parseIndex(text: string): ApkPackage[] {
  const packages: ApkPackage[] = [];
  let stanza = emptyStanza();
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    if (end === start) {
      finish();
    } else {
      readField(stanza, text.charCodeAt(start), text.charCodeAt(start + 1), text.slice(start + 2, end));
    }
    start = end + 1;
  }
  finish();
  return packages;

  function finish(): void {
    if (stanza.name !== '' && stanza.version !== '' && stanza.identity !== '') packages.push(stanza);
    stanza = emptyStanza();
  }
}

type Stanza = { -readonly [Field in keyof ApkPackage]: ApkPackage[Field] };

const NONE: readonly Dependency[] = [];

function emptyStanza(): Stanza {
  return {
    name: '',
    version: '',
    arch: '',
    identity: '',
    size: 0,
    installedSize: 0,
    description: '',
    url: '',
    license: '',
    origin: '',
    maintainer: '',
    buildTime: 0,
    commit: '',
    providerPriority: 0,
    depends: NONE,
    provides: NONE,
    installIf: NONE,
    unusable: null,
  };
}

const COLON = 0x3a;
/** The names that abuild accepts: they become part of paths and addresses. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;
const IDENTITY = /^Q1[A-Za-z0-9+/]{27}=$/;

function readField(stanza: Stanza, letter: number, separator: number, value: string): void {
  const field = String.fromCharCode(letter);
  if (separator !== COLON) {
    stanza.unusable ??= 'a line of the index is not a field';
    return;
  }
  switch (field) {
    case 'P':
      stanza.name = value;
      if (!NAME.test(value)) stanza.unusable ??= 'its name is malformed';
      break;
    case 'V':
      stanza.version = value;
      if (!isVersion(value)) stanza.unusable ??= 'its version is malformed';
      break;
    case 'A':
      stanza.arch = value;
      break;
    case 'C':
      stanza.identity = value;
      if (!IDENTITY.test(value)) stanza.unusable ??= 'its identity is of an unknown kind';
      break;
    case 'S':
      stanza.size = readNumber(value);
      break;
    case 'I':
      stanza.installedSize = readNumber(value);
      break;
    case 'T':
      stanza.description = value;
      break;
    case 'U':
      stanza.url = value;
      break;
    case 'L':
      stanza.license = value;
      break;
    case 'o':
      stanza.origin = value;
      break;
    case 'm':
      stanza.maintainer = value;
      break;
    case 't':
      stanza.buildTime = readNumber(value);
      break;
    case 'c':
      stanza.commit = value;
      break;
    case 'k':
      stanza.providerPriority = readNumber(value);
      break;
    case 'D': {
      const depends = parseDependencies(value);
      if (depends === null) stanza.unusable ??= 'its dependencies are malformed';
      stanza.depends = depends ?? NONE;
      break;
    }
    case 'p':
      stanza.provides = parseDependencies(value) ?? NONE;
      break;
    case 'i':
      stanza.installIf = parseDependencies(value) ?? NONE;
      break;
    default:
      if (!/[a-z]/.test(field)) stanza.unusable ??= `the field \`${field}:\` is not known`;
  }
}

/** 0 where there are no leading digits; at most the largest number that a double holds exactly. */
function readNumber(value: string): number {
  return Math.min(Math.max(Number.parseInt(value, 10) || 0, 0), Number.MAX_SAFE_INTEGER);
}
