/**
 * The requests that each operation under test is tried with, and where its answer shows what was
 * sent.
 */
import type { Client } from '../clients/client.ts'
import type { MemberPath } from './member-paths.ts'

type Structure = Readonly<Record<string, unknown>>

export interface Subject {
  /** The structure of its request. */
  readonly input: string
  /** Values that only this test run knows. */
  readonly meanings?: Readonly<Record<string, readonly unknown[]>>
  /**
   * Valid requests. A member is tried in each request that it fits into. It is enough if one of
   * them shows it.
   */
  readonly requests: readonly Example[]
  /**
   * Sends the request and looks up the result, in one or several places. Removes what was made if
   * there is a limit.
   */
  readonly send: (client: Client, request: Structure) => Promise<readonly Shown[]>
}

export interface Example {
  readonly request: Structure
  readonly fits: (path: MemberPath) => boolean
}

/** One answer, or the refusal in its place. */
export type Shown =
  | {
      readonly in: string
      readonly answer: unknown
      readonly members: (path: MemberPath) => readonly string[] | undefined
    }
  | { readonly in: string; readonly refused: string }

/** For a request whose answer has the same members at the same places. */
export function sameMembers(path: MemberPath): readonly string[] {
  return path.steps.map(({ member }) => member)
}

export function startsWith(...prefixes: string[]): Example['fits'] {
  return ({ text }) => prefixes.some((prefix) => text.startsWith(prefix))
}

/** Returns the refusal of a call. Other errors are thrown again. */
export async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ClientException') return error.message
    throw error
  }
}
