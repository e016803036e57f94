/**
 * An image's name, by the grammar of the distribution project (reference.go):
 * `[registry/]path[:tag][@digest]`, with Docker's defaults: registry docker.io, `library/` before a
 * single name there, tag `latest` unless a digest is given.
 */
export interface ImageReference {
  /** `docker.io`, `localhost:5000`, … */
  readonly registry: string
  /** `library/busybox` */
  readonly path: string
  readonly tag?: string
  /** `sha256:…` */
  readonly digest?: string
}

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const pathPattern = new RegExp(`^${component}(?:/${component})*$`)
const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
const registryPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`)
const tagPattern = /^\w[\w.-]{0,127}$/
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/

/** `undefined` if the text is not an image's name. */
export function parseImageReference(text: string): ImageReference | undefined {
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const named = at < 0 ? text : text.slice(0, at)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const tag = hasTag ? named.slice(colon + 1) : digest === undefined ? 'latest' : undefined
  const name = hasTag ? named.slice(0, colon) : named

  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  // The first part is a registry if it looks like a host; otherwise it is part of a path on
  // docker.io.
  const isRegistry = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  const registry = isRegistry ? (first === 'index.docker.io' ? 'docker.io' : first) : 'docker.io'
  const rest = isRegistry ? name.slice(slash + 1) : name
  const path = registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest

  if (!registryPattern.test(registry) || !pathPattern.test(path) || `${registry}/${path}`.length > 255) return undefined
  if (tag !== undefined && !tagPattern.test(tag)) return undefined
  if (digest !== undefined && !digestPattern.test(digest)) return undefined
  return { registry, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
}

/** The same text for the same image, however it was written, so that it is pulled once. */
export function canonicalImage(reference: ImageReference): string {
  const { registry, path, tag, digest } = reference
  return digest === undefined ? `${registry}/${path}:${tag}` : `${registry}/${path}@${digest}`
}
