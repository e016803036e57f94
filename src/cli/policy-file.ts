/** Reads a policy document from a file that a person names. */
import { readFileSync } from 'node:fs'
import { CommandFailure } from './terminal.ts'

/** Throws `CommandFailure` if the file cannot be read. */
export function readDocument(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandFailure(`cannot read the policy document: ${(error as Error).message}`)
  }
}
