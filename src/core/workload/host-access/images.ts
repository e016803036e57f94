/** Holds the images of ordinary users' jobs against the operator's list. */
import type { HostAccess } from '../../../model/host-access.ts'
import { type ImageReference, parseImageReference } from '../../../model/image-reference.ts'
import { realImage } from '../../../model/image-rewrite.ts'
import type { HostRefusal } from './refusal.ts'

/**
 * `at` is the container. Refuses an image outside the list, and a text that is not an image's name.
 * An image that is pulled under another name has to be on the list by both: the requested name is
 * what the user may ask for, and the real one is what runs.
 */
export function imageRefusals(
  image: string | undefined,
  at: string,
  { images, imagesByDigest, imageRewrites = [] }: Pick<HostAccess, 'images' | 'imagesByDigest' | 'imageRewrites'>,
): HostRefusal[] {
  const any = images.includes('*')
  if (any && !imagesByDigest) return []
  const reference = parseImageReference(image ?? '')
  const refused = (why: string) => [
    { member: `${at}.image`, why: `${JSON.stringify((image ?? '').slice(0, 300))} ${why}` },
  ]
  if (!reference) return refused('is not the name of an image')
  if (!any && !images.some((allowed) => isAllowed(reference, allowed)))
    return refused('is not among the images that are allowed')
  const realName = any ? undefined : realImage(image ?? '', imageRewrites)
  const real = realName === undefined ? undefined : parseImageReference(realName)
  if (real && !images.some((allowed) => isAllowed(real, allowed)))
    return refused(`is pulled as ${realName}, which is not among the images that are allowed`)
  if (imagesByDigest && reference.digest === undefined) return refused('must be named by its digest (NAME@sha256:…)')
  return []
}

/** Whether this can be an entry of the list. */
export function isImagePattern(text: string): boolean {
  return text === '*' || folderOf(text) !== undefined || parseImageReference(text) !== undefined
}

/**
 * An entry is an image, with a tag or a digest if only that one is meant, or a registry or a path
 * of one followed by `/*`. Both are compared in full, so that `ubuntu` is the image of Docker Hub
 * and `ubuntu.example.com/x` is not.
 */
function isAllowed(image: ImageReference, allowed: string): boolean {
  const name = `${image.registry}/${image.path}`
  const folder = folderOf(allowed)
  if (folder !== undefined) return name.startsWith(folder)
  const only = parseImageReference(allowed)
  if (!only || name !== `${only.registry}/${only.path}`) return false
  if (only.digest !== undefined) return image.digest === only.digest
  // An engine that is given a digest ignores the tag beside it.
  return !hasTag(allowed) || (image.digest === undefined && image.tag === only.tag)
}

function hasTag(name: string): boolean {
  return name.lastIndexOf(':') > name.lastIndexOf('/')
}

/** `quay.io/lab/` of `quay.io/lab/*`. */
function folderOf(allowed: string): string | undefined {
  if (!allowed.endsWith('/*')) return undefined
  // Two more parts, because a name of one part has Docker Hub's `library/` put before it.
  const below = parseImageReference(`${allowed.slice(0, -1)}x/x`)
  return below && `${below.registry}/${below.path.slice(0, -'x/x'.length)}`
}
