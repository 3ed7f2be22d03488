/** A process or thread of mkbase that has compiled code. */
import type { EntryName } from '../entries.ts';
import { launch } from './launch.ts';

/** Set where this is bundled (scripts/bundle.ts). */
declare const ENTRY: EntryName;

launch(ENTRY);
