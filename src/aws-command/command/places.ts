/** Where things come from and go to: `s3://bucket/key`, paths, and how one follows from the other. Pure. */
import { basename, join, relative, resolve } from 'node:path'
import { wrongUsage } from './failure.ts'
import type { Place } from './s3-client.ts'

export type Kind = 's3' | 'local'

/** One end of a transfer. */
export interface End {
  readonly kind: Kind
  /** `bucket/key` or an absolute path. Ends with a slash if what goes there keeps its own name. */
  readonly path: string
}

export const isS3 = (word: string) => word.startsWith('s3://')

/** `bucket/key` in its two parts. */
export function placeOf(path: string): Place {
  const at = path.indexOf('/')
  return at < 0 ? { bucket: path, key: '' } : { bucket: path.slice(0, at), key: path.slice(at + 1) }
}

export const s3Url = (path: string) => `s3://${path}`

/** A word of the command line. `isDirectory`: a local path is an existing directory. */
export function endOf(word: string, everything: boolean, isDirectory: boolean, cwd: string): End {
  if (isS3(word)) {
    const path = word.slice('s3://'.length)
    const bare = !path.includes('/')
    return { kind: 's3', path: (everything || bare) && !path.endsWith('/') ? `${path}/` : path }
  }
  const path = resolve(cwd, word)
  const slashed = everything || isDirectory || word.endsWith('/')
  return { kind: 'local', path: slashed && path !== '/' ? `${path}/` : path }
}

/**
 * The path at the destination of what was found at `found`, and the path by which both sides are
 * compared.
 */
export function destinationOf(from: End, to: End, everything: boolean, found: string): { path: string; key: string } {
  const key = everything ? found.slice(from.path.length) : found.slice(found.lastIndexOf('/') + 1)
  return { path: to.path.endsWith('/') ? `${to.path}${key}` : to.path, key }
}

/** As the CLI tells a local path: from the working directory, `./name` in it. */
export function shownPath(path: string, cwd: string): string {
  if (path.endsWith('/')) return `${relative(cwd, path)}/`
  const directory = relative(cwd, join(path, '..'))
  return `${directory === '' ? '.' : directory}/${basename(path)}`
}

/** A key such as `../x` may not leave the directory of a download. */
export function staysInside(directory: string, path: string): boolean {
  return resolve(path).startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}

/** Says which of the allowed pairs this is. */
export function pathTypes(words: readonly string[], allowed: readonly string[], usage: string): string {
  const types = words.map((word) => (isS3(word) ? 's3' : 'local')).join('')
  if (!allowed.includes(types)) throw wrongUsage(`${usage}\nError: Invalid argument type`)
  return types
}

/** In the order of S3's listings: by the bytes of UTF-8. */
export function inKeyOrder(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
