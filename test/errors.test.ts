import { expect, test } from 'vitest';
import { MkbaseError, mostTelling, restated } from '../src/errors.ts';

const bad = new MkbaseError('signature/malformed', 'the text is cut', {
  hint: 'try another',
  data: { line: 3 },
});
const absent = new MkbaseError('network/not-found', 'it is not there');
const down = new MkbaseError('network/dns', 'the host is unknown');

test('a failure told anew keeps its class and what is not said anew', () => {
  const told = restated(bad, { message: 'cannot read `x`: the text is cut' });
  expect(told).toMatchObject({
    code: 'signature/malformed',
    message: 'cannot read `x`: the text is cut',
    hint: 'try another',
    data: { line: 3 },
    cause: bad,
  });
  expect(restated(bad, { hint: 'wait' })).toMatchObject({ message: 'the text is cut', hint: 'wait' });
});

test('of several failures the one first in order is told, the others below it', () => {
  const told = mostTelling([down, absent, bad], { order: ['signature/', 'network/not-found'] });
  expect(told).toMatchObject({ code: 'signature/malformed', hint: 'try another' });
  expect(told?.details).toEqual(['it is not there', 'the host is unknown']);
});

test('one failure stays as it is, and none gives null', () => {
  expect(mostTelling([down], { order: ['package/'] })).toBe(down);
  expect(mostTelling([], { order: ['package/'] })).toBeNull();
});

test('the failure that is told can be put in other words', () => {
  const retell = (first: MkbaseError) => restated(first, { message: 'no mirror has it' });
  const told = mostTelling([down, absent], { order: ['network/not-found'], retell });
  expect(told).toMatchObject({ message: 'no mirror has it', details: ['the host is unknown'] });
});
