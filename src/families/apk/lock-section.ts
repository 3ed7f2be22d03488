/** The section of this family in a lock. */
import type { LockedFamily } from '../../lock/lock.ts';
import type { LockSection } from '../../lock/section.ts';
import type { ApkRecipe } from './recipe.ts';

export interface ApkImage {
  /** The password field of root in etc/shadow where the package leaves it empty: nobody can log in with it. */
  readonly rootPassword: '*' | '!';
  /** The package of which only files below /etc are unpacked, and that is not installed. */
  readonly releaseFiles: string | null;
  /** The version of apk-tools whose database it has; that of apk-tools 2 where it is not told. */
  readonly apkTools?: 3;
}

export interface ApkFamily extends LockedFamily {
  readonly options: object;
  readonly image: ApkImage;
}

/** The section of a lock of this family. */
export function apkFamily({ family }: { readonly family: LockedFamily | null }): ApkFamily {
  return family as ApkFamily;
}

export const section: LockSection = {
  schema: {
    options: { type: 'object', additionalProperties: false },
    image: {
      type: 'object',
      properties: {
        rootPassword: {
          description: "What stands for root's password where its package leaves it empty.",
          enum: ['*', '!'],
        },
        releaseFiles: {
          description:
            'Of the packages, the one of which only files below /etc are unpacked, and that is not installed.',
          type: ['string', 'null'],
        },
        apkTools: {
          description:
            'The version of apk-tools whose database it has; that of apk-tools 2 where it is not told.',
          const: 3,
        },
      },
      required: ['rootPassword', 'releaseFiles'],
      additionalProperties: false,
    },
  },
  inputs(family) {
    // Whether the package of the release is installed is known when packages are chosen, and not before.
    const { releaseFiles: _, ...image } = (family as ApkFamily).image;
    return { image };
  },
  result: ({ image }) => ({ image }),
  request: () => ({ pockets: [] }),
};

/** The mirrors of a component, by the recipe. */
export function officialMirror({ mirrors }: ApkRecipe, arch: string): string {
  return (mirrors[arch] ?? mirrors.default)[0]!;
}
