/**
 * Where images really come from: the operator maps a registry, or a path on one, to another. So a
 * definition may go on naming an image of ECR.
 */
import { type ImageReference, parseImageReference } from './image-reference.ts'

export interface ImageRewrite {
  /** `public.ecr.aws`, `*.dkr.ecr.*.amazonaws.com`, `quay.io/biocontainers`. */
  readonly from: string
  /** `registry.example.com:5000/ecr`. It takes the place of what `from` matched. */
  readonly to: string
}

export type ImageRewrites = readonly ImageRewrite[]

/** A `*` stands for characters of the registry's name, and for nothing in a path. */
const registryForm = /^[A-Za-z0-9*](?:[A-Za-z0-9.*-]*[A-Za-z0-9*])?(?::[0-9]+)?$/

/** Says what is wrong with an entry, or returns undefined. */
export function problemOfRewrite({ from, to }: ImageRewrite): string | undefined {
  const { registry, path } = divided(from)
  if (!registryForm.test(registry) || !(registry.includes('.') || registry.includes(':') || registry === 'localhost'))
    return `${JSON.stringify(from)} must begin with the name of a registry, as in quay.io or quay.io/lab`
  if (path.includes('*')) return `${JSON.stringify(from)} has a * in its path; it may only be in the registry`
  if (path !== '' && !parseImageReference(`x.y/${path}`))
    return `${JSON.stringify(from)} is not the beginning of an image's name`
  const target = parseImageReference(`${to}/x`)
  if (!target || to.includes('@') || target.path === 'library/x' || !isNamed(target, to))
    return `${JSON.stringify(to)} must be a registry, or a path on one, as in registry.example.com:5000/mirror`
  return undefined
}

/** Whether the text begins with its registry. Without one it would silently mean Docker Hub. */
function isNamed({ registry }: ImageReference, text: string): boolean {
  return text === registry || text.startsWith(`${registry}/`)
}

/**
 * The name under which the image is pulled. The entry that says most counts, and it counts once: its
 * result is not mapped again. A text that is not an image's name stays as it is.
 */
export function realImage(image: string, rewrites: ImageRewrites): string {
  if (rewrites.length === 0) return image
  const reference = parseImageReference(image)
  if (!reference) return image
  let best: { readonly rewrite: ImageRewrite; readonly rest: string; readonly weight: number } | undefined
  for (const rewrite of rewrites) {
    const rest = restAfter(rewrite.from, reference)
    const weight = weightOf(rewrite.from)
    if (rest !== undefined && (best === undefined || weight > best.weight)) best = { rewrite, rest, weight }
  }
  if (!best) return image
  const { tag, digest } = reference
  const name = best.rest === '' ? best.rewrite.to : `${best.rewrite.to}/${best.rest}`
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** The part of the image's path that the entry leaves, or undefined if it is about other images. */
function restAfter(from: string, { registry, path }: ImageReference): string | undefined {
  const wanted = divided(from)
  if (!matches(wanted.registry, registry)) return undefined
  if (wanted.path === '') return path
  if (path === wanted.path) return ''
  return path.startsWith(`${wanted.path}/`) ? path.slice(wanted.path.length + 1) : undefined
}

/** Compared part by part, so that a name with many stars costs no more than its length. */
function matches(pattern: string, registry: string): boolean {
  const [first = '', ...others] = pattern.split('*')
  if (others.length === 0) return registry === pattern
  if (!registry.startsWith(first)) return false
  let at = first.length
  for (const [index, part] of others.entries()) {
    const isLast = index === others.length - 1
    // A star stands for one character at least.
    const found = isLast ? registry.length - part.length : registry.indexOf(part, at + 1)
    if (found < at + 1 || !registry.startsWith(part, found)) return false
    at = found + part.length
  }
  return true
}

/** Parts of the path count more than characters of the registry. */
function weightOf(from: string): number {
  const { registry, path } = divided(from)
  return path.length * 1000 + registry.replaceAll('*', '').length
}

function divided(from: string): { readonly registry: string; readonly path: string } {
  const slash = from.indexOf('/')
  return slash < 0 ? { registry: from, path: '' } : { registry: from.slice(0, slash), path: from.slice(slash + 1) }
}
