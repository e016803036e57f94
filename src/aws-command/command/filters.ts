/** `--exclude` and `--include`: shell patterns on whole paths, of which the last that fits decides. Pure. */
import { dirname, join } from 'node:path'
import type { Options } from './arguments.ts'
import type { End } from './places.ts'

export type Filter = (path: string) => boolean

export function filterOf(options: Options, ends: readonly End[], everything: boolean): Filter {
  const patterns = options.inOrder
    .filter(({ name }) => name === 'exclude' || name === 'include')
    .flatMap(({ name, value }) =>
      // A path is tried at either end, as `sync --delete` filters what is at the destination.
      ends.map((end) => ({ takes: name === 'include', pattern: patternOf(join(rootOf(end, everything), value)) })),
    )
  return (path) => patterns.reduce((taken, { takes, pattern }) => (pattern.test(path) ? takes : taken), true)
}

function rootOf({ path }: End, everything: boolean): string {
  return everything || path.endsWith('/') ? path : dirname(path)
}

/** `*`, `?`, `[abc]` and `[!abc]`, as Python's fnmatch has them: a star crosses slashes. */
export function patternOf(pattern: string): RegExp {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!
    if (char === '*') source += '[^]*'
    else if (char === '?') source += '[^]'
    else if (char === '[') {
      const first = pattern[at + 1] === '!' ? at + 2 : at + 1
      const end = pattern.indexOf(']', first + 1)
      if (end < 0) source += '\\['
      else {
        const set = pattern.slice(first, end).replace(/[\\\]^[]/g, '\\$&')
        source += `[${pattern[at + 1] === '!' ? '^' : ''}${set}]`
        at = end
      }
    } else source += char.replace(/[\\^$.|+(){}\]/]/g, '\\$&')
  }
  return new RegExp(`^${source}$`, 'u')
}
