/**
 * Decides by its text alone whether a job may have a path of the host. A driver decides again by the
 * real path when it starts the job, because a link can change in between.
 */

export interface AllowedHostPath {
  readonly path: string
  readonly readOnly: boolean
}

/**
 * Each of these gives away the whole host: its kernel, its devices, its engine, the engine's
 * containers. An entry of the allow-list must name a path inside them to allow it. An entry that
 * merely contains them does not.
 */
const guardedPaths: readonly string[] = [
  ...['/proc', '/sys', '/dev', '/run', '/var/run'],
  ...['/var/lib/docker', '/var/lib/containerd', '/var/lib/containers', '/var/lib/kubelet'],
]

const longestPath = 4096

/** A path in its shortest form, or why the text is none. */
export type ReadPath = { readonly path: string } | { readonly why: string }

/** Removes `.`, `//` and a final `/`. Refuses `..`, which may lead anywhere because of links. */
export function readHostPath(text: string): ReadPath {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(text)) return { why: 'has a control character in it' }
  if (!text.startsWith('/')) return { why: 'is not an absolute path' }
  if (Buffer.byteLength(text) > longestPath) return { why: `is longer than ${longestPath} bytes` }
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) return { why: 'has .. in it' }
  return { path: `/${segments.join('/')}` }
}

/** `path` in its shortest form. Returns the entry of the allow-list that covers it, or why none does. */
export function findAllowed(path: string, allowed: readonly AllowedHostPath[]): AllowedHostPath | { why: string } {
  const entries = allowed.filter((entry) => isWithin(path, entry.path))
  const guarded = guardedPaths.find((it) => isWithin(path, it) || isWithin(it, path))
  const fitting = guarded === undefined ? entries : entries.filter((entry) => isWithin(entry.path, guarded))
  // The closest entry says most about the path: all of /data read-only, and /data/scratch not.
  const closest = fitting.toSorted((one, other) => other.path.length - one.path.length)[0]
  if (closest) return closest
  if (guarded === undefined || (entries.length === 0 && !isWithin(path, guarded)))
    return { why: 'is not among the host paths that are allowed' }
  return { why: isWithin(path, guarded) ? `lies in ${guarded}, which gives the host away` : `contains ${guarded}` }
}

/** Both in their shortest form. */
export function isWithin(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`)
}
