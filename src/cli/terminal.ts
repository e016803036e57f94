/** What a command has to do with the world: what it writes and reads. Given to it, so that tests can look on. */
export interface Terminal {
  /** To standard output. */
  readonly write: (text: string) => void
  /** To standard error. */
  readonly warn: (text: string) => void
  /** Standard input: `isTTY` if somebody types there. */
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}

/** A command that failed for a reason the user can do something about: the message is all they need. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
}

/** Names, and what engines say, come from others: nothing of it shall reach the terminal but text. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ')
}
