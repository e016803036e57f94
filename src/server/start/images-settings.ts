/** Where images come from, who may fetch them, and when unused ones are removed (docs/operate/images.md). */
import { type Static, Type } from 'typebox'
import { parseImageReference } from '../../model/image-reference.ts'
import { type ImageRewrites, problemOfRewrite, realImage } from '../../model/image-rewrite.ts'
import { limits } from '../../model/limits.ts'

const strict = { additionalProperties: false, default: {} } as const

export const ImagesSchema = Type.Object(
  {
    rewrite: Type.Record(Type.String(), Type.String(), {
      description:
        'registries, or paths on them, and where their images are pulled from instead: `"*.dkr.ecr.*.amazonaws.com": registry.example.com:5000`, see images.md',
      maxProperties: limits.imageRewrites,
      default: {},
    }),
    registries: Type.Record(
      Type.String(),
      Type.Object({ secret: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
      {
        description:
          'by registry, the secret with the credentials that images of all jobs are pulled with: `quay.io: { secret: lab/quay }`, see images.md',
        maxProperties: limits.imageRegistries,
        default: {},
      },
    ),
    cleanup: Type.Object(
      {
        enabled: Type.Boolean({
          description:
            'whether unused images that openbatch pulled are removed. ECS_DISABLE_IMAGE_CLEANUP of ECS: enabled',
          default: false,
        }),
        intervalMinutes: Type.Number({
          description: 'minutes between two looks. ECS_IMAGE_CLEANUP_INTERVAL: 30',
          minimum: 1,
          default: 30,
        }),
        minimumAgeMinutes: Type.Number({
          description:
            'minutes since an image was pulled, and since a job last used it, before it may be removed. ECS_IMAGE_MINIMUM_CLEANUP_AGE: 60',
          minimum: 0,
          default: 60,
        }),
        imagesPerCycle: Type.Integer({
          description: 'images removed at one look. ECS_NUM_IMAGES_DELETE_PER_CYCLE: 5',
          minimum: 1,
          maximum: limits.imagesRemovedAtOnce,
          default: 5,
        }),
        freeGib: Type.Optional(
          Type.Number({
            description:
              'images are removed only while less than this many GiB are free on the disk of the images; whatever is free if unset. ECS has none',
            exclusiveMinimum: 0,
          }),
        ),
        untracked: Type.Boolean({
          description:
            'whether images that openbatch did not pull are removed too. ECS_ENABLE_UNTRACKED_IMAGE_CLEANUP: no',
          default: false,
        }),
        exclude: Type.Array(Type.String(), {
          description: 'images that are never removed, by name. ECS_EXCLUDE_UNTRACKED_IMAGE',
          default: [],
        }),
      },
      strict,
    ),
  },
  strict,
)
export type ImagesSettings = Static<typeof ImagesSchema>

/** What the schema cannot say. */
export function problemsOfImages({ rewrite, registries, cleanup }: ImagesSettings): string[] {
  const ofRewrites = rewritesFrom(rewrite).flatMap((entry) => {
    const problem = problemOfRewrite(entry)
    return problem === undefined ? [] : [`images.rewrite: ${problem}`]
  })
  const ofRegistries = Object.keys(registries)
    .filter((registry) => parseImageReference(`${registry}/x/x`)?.registry !== registry)
    .map((registry) => `images.registries: ${JSON.stringify(registry)} is not the name of a registry`)
  const ofExclude = cleanup.exclude
    .filter((image) => !parseImageReference(image))
    .map((image) => `images.cleanup.exclude: ${JSON.stringify(image)} is not the name of an image`)
  return [...ofRewrites, ...ofRegistries, ...ofExclude]
}

/** Images that stay: by the name that jobs and definitions give, and by the one under which they are pulled. */
export function excludedFrom({ cleanup, rewrite }: Pick<ImagesSettings, 'cleanup' | 'rewrite'>): readonly string[] {
  const rewrites = rewritesFrom(rewrite)
  return [...new Set(cleanup.exclude.flatMap((image) => [image, realImage(image, rewrites)]))]
}

export function rewritesFrom(rewrite: ImagesSettings['rewrite']): ImageRewrites {
  return Object.entries(rewrite).map(([from, to]) => ({ from, to }))
}
