/**
 * A command's connection to the outside: what it writes and reads. It is a parameter, so that tests
 * can observe it.
 */
export interface Terminal {
  /** Writes to standard output. */
  readonly write: (text: string) => void
  /** Writes to standard error. */
  readonly warn: (text: string) => void
  /** Standard input. `isTTY` is set if a person types there. */
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  /** Characters of a line where a person reads the output; undefined where a program does. */
  readonly columns?: number | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}

/**
 * A command that failed for a reason that the user can do something about. The message is all they
 * need.
 */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
}

/** Others choose names and engines' texts, so only printable text reaches the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ')
}
