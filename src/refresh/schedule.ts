import { Cron } from 'croner';
import { MkbaseError, reasonOf } from '../errors.ts';

/**
 * A pattern as in crontab(5), in UTC whatever the machine's zone.
 *
 * @throws MkbaseError `config/bad-schedule`
 */
export function parseSchedule(text: string): Cron {
  try {
    return new Cron(text, { paused: true, timezone: 'UTC' });
  } catch (error) {
    throw new MkbaseError('config/bad-schedule', `\`${text}\` is not a schedule: ${reasonOf(error)}`, {
      hint: 'write it as in crontab(5): `30 4 * * *`',
    });
  }
}
