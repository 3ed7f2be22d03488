const LONGEST = 200;

/** A server's text for a message: one line of bounded length. */
export function printableText(text: string): string {
  const line = text
    .replace(/[^ -~]+/g, ' ')
    .replaceAll('`', "'")
    .trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

/** Whether a text may stand in `Authorization: Bearer`, RFC 6750, section 2.1. */
export function isToken(text: string): boolean {
  return /^[\w.~+/-]+=*$/.test(text);
}
