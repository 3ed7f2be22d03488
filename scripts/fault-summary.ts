import type { Fault, FaultTable } from './fault-tables.ts';

/** The parts of a report by vitest's JSON reporter that count here. */
export interface TestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export interface Summary {
  readonly lines: readonly string[];
  /** Whether each fault has a test, and all that was tried is as promised. */
  readonly good: boolean;
}

type Verdict = 'as promised' | 'broken' | 'not tried here' | 'without a test';

/** The results of each fault in the reports: the sums of the tables, between them those that are not as promised. */
export function summaryOf(tables: readonly FaultTable[], reports: readonly TestReport[]): Summary {
  const all = tables.flatMap(({ of, faults }) =>
    faults.map((fault) => ({ of, what: fault[0], verdict: verdictOf(fault, reports) })),
  );
  const sum = (of: string, faults: typeof all) => {
    const count = (verdict: Verdict) => faults.filter((one) => one.verdict === verdict).length;
    const promised = count('as promised');
    return `${of}: ${promised + count('broken')} tried, ${promised} as promised`;
  };
  const lines = tables.flatMap(({ of }) => {
    const faults = all.filter((one) => one.of === of);
    const others = faults.filter(({ verdict }) => verdict !== 'as promised');
    return [sum(of, faults), ...others.map(({ what, verdict }) => `  ${verdict}: ${what}`)];
  });
  const good = all.every(({ verdict }) => verdict === 'as promised' || verdict === 'not tried here');
  return { lines: [...lines, sum('all faults', all)], good };
}

function verdictOf([, file, names]: Fault, reports: readonly TestReport[]): Verdict {
  const statuses = reports
    .flatMap(({ testResults }) => testResults)
    .filter(({ name }) => name.endsWith(`/test/${file}.test.ts`))
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName }) => fullName.includes(names))
    .map(({ status }) => status);
  if (statuses.includes('failed')) return 'broken';
  if (statuses.includes('passed')) return 'as promised';
  return statuses.length > 0 ? 'not tried here' : 'without a test';
}
