import type { Reference } from '../image/reference.ts';
import type { Job } from '../job.ts';
import { isPlain, type Template, type TemplateValues } from './template.ts';

/** An image to keep fresh; it can be sent to another process. */
export interface RefreshImage {
  readonly name: string;
  /** The same but for their architecture. */
  readonly jobs: readonly Job[];
  readonly repositories: readonly Reference[];
  readonly tags: readonly Template[];
  readonly values: Omit<TemplateValues, 'versionOf'>;
  /** Whether the moving tags stay where they are; null holds those that somebody has set back. */
  readonly hold: boolean | null;
}

/** The moving tag that shows the current state: the last that is moved. */
export function stateTag({ tags }: Pick<RefreshImage, 'tags'>): Template {
  return tags.find(isPlain)!;
}
