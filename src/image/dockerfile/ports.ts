import { badChange, type Instruction } from './instruction.ts';

/** Port of a container, `80`, `443/tcp`, `8000-8003/udp` or after one of the host's: `8080:80`. */
const FORM = /^(?:[^/]*:)?(\d{1,5})(?:-(\d{1,5}))?(?:\/([A-Za-z]+))?$/;

/** The ports of a word of EXPOSE: `80/tcp`; a range gives each port. */
export function portsOf(spec: string, { line }: Pick<Instruction, 'line'>): string[] {
  const [, first, last = first, protocol = 'tcp'] = FORM.exec(spec) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === undefined || from > to || to > 65_535) {
    throw badChange(line, `\`${spec}\` is not a port`, 'write ports as in `80`, `53/udp` or `8000-8010`');
  }
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) {
    throw badChange(line, `\`${protocol}\` is not a protocol`, 'it is tcp, udp or sctp');
  }
  return Array.from({ length: to - from + 1 }, (_, n) => `${from + n}/${protocol.toLowerCase()}`);
}
