/** The kernel's MAX_ARG_STRLEN: every argument and every `NAME=VALUE` must be shorter. */
const longestWordBytes = 131_072

/**
 * Why no program can start with these words and this environment, or undefined if one can. A
 * program receives lines of `NAME=VALUE`. A name with `=` in it would become another name with
 * another value, and no driver passes that on in silence.
 */
export function whyNotPassable(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): string | undefined {
  const entries = Object.entries(environment)
  const wrong = entries.find(([name]) => name === '' || name.includes('='))
  if (wrong !== undefined) return `an environment variable cannot be named ${shown(wrong[0])}`
  if ([...words, ...entries.flat()].some((text) => text.includes('\0'))) return 'a NUL character cannot be passed'
  const long = entries.find((entry) => Buffer.byteLength(entry.join('=')) >= longestWordBytes)
  if (long !== undefined) return `the environment variable ${shown(long[0])} is too long`
  return words.some((word) => Buffer.byteLength(word) >= longestWordBytes) ? 'argument list too long' : undefined
}

/** Shortens the name for a reason, because a name may be anything. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 64))
}
