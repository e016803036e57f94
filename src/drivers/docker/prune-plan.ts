/** Decides which images may be removed, and in which order. */
import { canonicalImage, parseImageReference } from '../../model/image-reference.ts'
import type { ListedImage, PruneWish } from '../driver-images.ts'

/**
 * The least recently used first. An image in use, or wanted by a job that is being started, is never
 * among them, nor one that others pulled or built unless the wish asks for these too.
 */
export function removable(
  images: readonly ListedImage[],
  { minimumAgeMs, untracked, exclude }: Pick<PruneWish, 'minimumAgeMs' | 'untracked' | 'exclude'>,
  nowMs: number,
): readonly ListedImage[] {
  const excluded = new Set(exclude.map(inFull))
  const isOld = (image: ListedImage) => nowMs - lastMattered(image) >= minimumAgeMs
  return images
    .filter(({ containers, isWanted }) => containers === 0 && !isWanted)
    .filter(({ pulledHere }) => pulledHere || untracked)
    .filter(({ names, digests = [] }) => ![...names, ...digests].some((name) => excluded.has(name)))
    .filter(isOld)
    .sort((a, b) => lastMattered(a) - lastMattered(b))
}

/** For an image that no job used and this driver did not pull: when it was built. */
function lastMattered({ pulledAtMs, lastUsedAtMs, createdAtMs }: ListedImage): number {
  const known = Math.max(pulledAtMs ?? 0, lastUsedAtMs ?? 0)
  return known > 0 ? known : createdAtMs
}

function inFull(name: string): string {
  const reference = parseImageReference(name)
  return reference ? canonicalImage(reference) : name
}
