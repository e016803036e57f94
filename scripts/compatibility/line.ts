/**
 * What openbatch does with one member of one of AWS's structures. The tables in `lines/` are
 * written by hand, and `compatibility.test.ts` compares them with the shapes both ways.
 */
export const statuses = {
  full: 'it does what AWS says it does',
  partial: 'it does so in part; the note says what part',
  stored: 'it is checked, kept and given back; nothing acts on it',
  ignored: 'it is accepted, and neither kept nor acted on',
  refused: 'the request is refused; the note has the gist of the text',
  absent: 'answers never have it, or have it only as an empty list',
} as const

export type Status = keyof typeof statuses
export type Line = Status | `${Status}: ${string}`

/** Lines by structure and member. */
export type Lines = Readonly<Record<string, Readonly<Record<string, Line>>>>

export interface ParsedLine {
  readonly status: Status
  readonly note: string
}

export function parseLine(line: Line): ParsedLine {
  const colon = line.indexOf(': ')
  const status = colon < 0 ? line : line.slice(0, colon)
  return { status: status as Status, note: colon < 0 ? '' : line.slice(colon + 2) }
}

/** The members below such a member share its fate, and have no lines of their own. */
export function coversAllBelow(status: Status): boolean {
  return status === 'stored' || status === 'ignored' || status === 'refused' || status === 'absent'
}
