/** Where the image of a container is pulled from, and with which credentials. */
import type { AttemptSpec } from '../../drivers/driver.ts'
import { parseImageReference } from '../../model/image-reference.ts'
import { type ImageRewrites, realImage } from '../../model/image-rewrite.ts'
import { type FindSecret, resolveRegistryAuth } from '../../secrets/value-from.ts'

export interface ImageSource {
  /** The name under which the image is pulled. */
  readonly image: string
  readonly registryAuth?: NonNullable<AttemptSpec['registryAuth']>
}

export interface ImageSourceSettings {
  readonly rewrites: ImageRewrites
  /** By registry, the name of the secret with its credentials. */
  readonly registries: Readonly<Record<string, { readonly secret: string }>>
}

/**
 * `problem` says what is missing, and never holds a value. `own` are the credentials that the job
 * definition names. They are for the registry that the definition names, and no other gets them.
 */
export type FindImageSource = (
  image: string,
  own?: ImageSource['registryAuth'],
) => ImageSource | { readonly problem: string }

/** `find` may throw when the secrets cannot be read. */
export function imageSources({ rewrites, registries }: ImageSourceSettings, find: FindSecret): FindImageSource {
  return (requested, own) => {
    const image = realImage(requested, rewrites)
    const registry = registryOf(image)
    if (own && registry === registryOf(requested)) return { image, registryAuth: own }
    if (registry === undefined || !Object.hasOwn(registries, registry)) return { image }
    const { secret } = registries[registry]!
    const found = resolveRegistryAuth(secret, find)
    return 'problem' in found
      ? { problem: `images.registries of ${registry}: ${found.problem}` }
      : { image, registryAuth: found }
  }
}

function registryOf(image: string): string | undefined {
  return parseImageReference(image)?.registry
}
